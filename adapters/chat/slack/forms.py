"""Forms as Slack's modals, and the way back: what somebody filled in as the line they could have typed.

The limits are those of https://docs.slack.dev/reference/views/modal-views and of the elements in
https://docs.slack.dev/reference/block-kit. Nothing a house is called makes a view that Slack refuses.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from bot.chat.document import clean
from bot.chat.form import Field, Form, Kind, Option, Place
from bot.chat.forms import FORMS
from bot.chat.line import shown
from bot.incident.model import Refused
from bot.incident.text import one_line

Choices = Mapping[str, Sequence[Option]]
"""What the house has of each source of a field (`bot.chat.wanting.choices`)."""

CALLBACK = "form:"
"""Begins the callback id of our modals; the form's key follows."""

TITLE, BUTTON, LABEL, HINT, PLACEHOLDER = 24, 24, 2000, 2000, 150
OPTIONS, OPTION_TEXT, OPTION_VALUE = 100, 75, 150
INPUT = 3000
METADATA = 3000
ERROR = 500
"""Characters of an error under a field: as many as somebody reads there. Slack names no limit."""

ANSWER = "answer"
"""The action id of each input; the block id is the field's name."""


@dataclass(frozen=True, slots=True)
class Where:
    """Where a form was asked for: the channel and its message (`ts`), the incident whose room that is, the incident that the
    line named, and the address of the message that a form was begun with. Empty or None for what there is not."""

    channel: str = ""
    message: str = ""
    room: int | None = None
    incident: int | None = None
    permalink: str = ""


_SHAPES = {
    "channel": re.compile(r"[A-Z0-9]{1,40}|"),
    "message": re.compile(r"[0-9]{1,20}\.[0-9]{1,10}|"),
    "permalink": re.compile(r"https?://[!-;=?-{}~]{1,1000}|"),
}
_LARGEST_NUMBER = 999_999_999


def modal(form: Form, values: Mapping[str, str], where: Where, choices: Choices) -> dict[str, Any]:
    """The view for `views.open`: `form` with `values` filled in as far as they fit."""
    return {
        "type": "modal",
        "callback_id": f"{CALLBACK}{form.key}",
        "title": _plain(form.title, TITLE),
        "submit": _plain(form.submit, BUTTON),
        "close": _plain("Cancel", BUTTON),
        "private_metadata": _metadata(where),
        "blocks": [
            block for field in form.fields if (block := _input(field, values.get(field.name, field.first), choices))
        ],
    }


def open_from_message(
    text: str, permalink: str, where: Where = Where(), choices: Choices | None = None
) -> dict[str, Any]:
    """The form that opens an incident, its title the first line of a message's `text` as Slack sends it."""
    lines = (one_line(line, FORMS["open"].fields[0].most) for line in readable(text).splitlines())
    first = next((line for line in lines if line), "")
    kept = Where(where.channel, where.message, where.room, where.incident, permalink)
    return modal(FORMS["open"], {"text": first}, kept, choices or {})


def line_of(view: Mapping[str, Any]) -> tuple[str, Where]:
    """The line that a submitted `view` makes, and where the form was asked for. Raises Refused, about a field by its label or
    about the whole."""
    form = _form(view)
    if form is None:
        raise Refused(
            f"There is no form `{shown(str(view.get('callback_id', '')))}`.", "Open it again, or type the line."
        )
    where = _where(view.get("private_metadata"))
    return form.line(_answers(form, view), where.incident), where


def errors(view: Mapping[str, Any], refused: str) -> dict[str, Any]:
    """The answer to a submission that keeps the form open and says `refused` under the field that it is about, or under the
    first one when nobody can tell. What is no form of ours (any more) is closed."""
    form = _form(view)
    if form is None:
        return {"response_action": "clear"}
    about = _about(form, _answers(form, view), refused, _shown(view))
    text = clean(refused).strip().removeprefix(f"{about.label}: ")
    return {"response_action": "errors", "errors": {about.name: _cut(text or "This cannot be done.", ERROR)}}


_ESCAPED = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")


def readable(text: str) -> str:
    """What somebody wrote, from the form in which Slack sends it: links as their words, mentions as names where Slack tells
    them (https://docs.slack.dev/messaging/formatting-message-text)."""
    said = _ESCAPED.sub(_unescaped, clean(text))
    return said.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _unescaped(found: re.Match[str]) -> str:
    target, label = found[1], found[2] or ""
    if target.startswith("@"):
        return f"@{label or target[1:]}"
    if target.startswith("#"):
        return f"#{label or target[1:]}"
    if target.startswith("!"):
        return label or f"@{target[1:].partition('^')[0]}"
    return label or target


def _form(view: Mapping[str, Any]) -> Form | None:
    called = str(view.get("callback_id", ""))
    return FORMS.get(called.removeprefix(CALLBACK)) if called.startswith(CALLBACK) else None


def _input(field: Field, value: str, choices: Choices) -> dict[str, Any] | None:
    """An input block; None for a choice that this house does not have."""
    options = _options((*field.options, *choices.get(field.source, ())))
    match field.kind:
        case Kind.CHOICE | Kind.SEVERAL if options:
            element = _select(field, value, options)
        case Kind.CHOICE | Kind.SEVERAL if not field.required and not choices.get(field.source):
            return None
        case Kind.YES:
            boxes = [_option(option) for option in field.options]
            element = {"type": "checkboxes", "options": boxes} | ({"initial_options": boxes} if value else {})
        case Kind.PERSON:
            element = {"type": "users_select"} | (
                {"initial_user": value} if _SHAPES["channel"].fullmatch(value or "-") else {}
            )
        case _:
            element = _typed(field, value)
    hint = {"hint": _plain(field.hint, HINT)} if field.hint else {}
    return {
        "type": "input",
        "block_id": field.name,
        "label": _plain(field.label, LABEL),
        "optional": not field.required,
        "element": {**element, "action_id": ANSWER},
        **hint,
    }


def _options(options: Sequence[Option]) -> list[Option]:
    """Those that Slack can show; none when they are more, and the field is typed into instead."""
    fit = [option for option in options if clean(option.text).strip() and 0 < len(option.value) <= OPTION_VALUE]
    return fit if len(fit) <= OPTIONS else []


def _select(field: Field, value: str, options: Sequence[Option]) -> dict[str, Any]:
    shown = [_option(option) for option in options]
    wanted = value.split(",") if field.kind is Kind.SEVERAL else [value]
    chosen = [option for option in shown if option["value"] in wanted]
    if field.kind is Kind.SEVERAL:
        return {"type": "multi_static_select", "options": shown} | ({"initial_options": chosen} if chosen else {})
    return {"type": "static_select", "options": shown} | ({"initial_option": chosen[0]} if chosen else {})


def _option(option: Option) -> dict[str, Any]:
    return {"text": _plain(option.text, OPTION_TEXT), "value": option.value}


def _typed(field: Field, value: str) -> dict[str, Any]:
    most = min(field.most, INPUT)
    text = _cut(clean(value) if field.kind is Kind.LONG else one_line(value, most), most)
    begun = {"initial_value": text} if text.strip() else {}
    return {"type": "plain_text_input", "multiline": field.kind is Kind.LONG, "max_length": most, **begun}


def _plain(text: str, most: int) -> dict[str, Any]:
    # Without `emoji` a colon stays a colon: `comp:8080:` is no picture.
    return {"type": "plain_text", "text": _cut(clean(text), most), "emoji": False}


def _cut(text: str, most: int) -> str:
    # Slack does not say what it counts. Many of its clients count units of UTF-16, of which an emoji has two.
    units = text.encode("utf-16-le")
    return text if len(units) <= 2 * most else f"{units[: 2 * most - 2].decode('utf-16-le', 'ignore')}…"


def _metadata(where: Where) -> str:
    kept = {name: value for name, value in asdict(where).items() if value not in ("", None) and _fits(name, value)}
    return json.dumps(kept, separators=(",", ":"))


def _where(given: object) -> Where:
    """Of what comes back only what we can have put there."""
    try:
        found = json.loads(given) if isinstance(given, str) and len(given) <= METADATA else {}
    except (ValueError, RecursionError):
        found = {}
    if not isinstance(found, dict):
        return Where()
    return Where(
        **{field.name: found[field.name] for field in fields(Where) if _fits(field.name, found.get(field.name))}
    )


def _fits(name: str, value: object) -> bool:
    if name in _SHAPES:
        return isinstance(value, str) and _SHAPES[name].fullmatch(value) is not None
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _LARGEST_NUMBER


def _answers(form: Form, view: Mapping[str, Any]) -> dict[str, str]:
    """What was filled in, by the names of the fields; what has another shape than Slack's counts as empty."""
    state = _dict(_dict(view.get("state")).get("values"))
    return {field.name: _answer(_dict(_dict(state.get(field.name)).get(ANSWER))) for field in form.fields}


def _answer(given: Mapping[str, Any]) -> str:
    match given.get("type"):
        case "plain_text_input":
            return _text(given.get("value"))
        case "static_select":
            return _text(_dict(given.get("selected_option")).get("value"))
        case "users_select":
            return _text(given.get("selected_user"))
        case "multi_static_select" | "checkboxes":
            chosen = given.get("selected_options")
            values = [_text(_dict(option).get("value")) for option in chosen] if isinstance(chosen, list) else []
            return ",".join(value for value in values[:OPTIONS] if value)
        case _:
            return ""


def _dict(given: object) -> Mapping[str, Any]:
    return given if isinstance(given, Mapping) else {}


def _text(given: object) -> str:
    return given if isinstance(given, str) else ""


def _shown(view: Mapping[str, Any]) -> set[str]:
    """The fields that the view has: an error under another one is refused by Slack."""
    blocks = view.get("blocks")
    return {str(_dict(block).get("block_id")) for block in blocks} if isinstance(blocks, list) else set()


def _about(form: Form, answers: Mapping[str, str], refused: str, there: set[str]) -> Field:
    """The field that a refusal names by its label, by its key, or by what was filled in."""
    known = [field for field in form.fields if field.name in there] or list(form.fields)
    for field in known:
        if refused.startswith(f"{field.label}: "):
            return field
    for field in known:
        if re.search(rf"(?<!\w){field.name}=", refused):
            return field
    for field in known:
        if field.place is not Place.TEXT and _repeated(answers[field.name].strip(), refused):
            return field
    return known[0]


def _repeated(answer: str, refused: str) -> bool:
    """Whether the refusal shows the answer as it was filled in, with backticks around it or without."""
    said = (shown(answer), shown(f"<@{answer}>"))
    return bool(answer) and any(re.search(rf"(?<!\w){re.escape(one)}(?!\w)", refused) for one in said)
