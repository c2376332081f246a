"""Slack's own marks in a text: whom it rings, and what a person reads."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

MARK = re.compile(r"<([^<>\n]+)>")
_RINGING = re.compile(r"(!channel|!here|!everyone|!subteam\^\w+|@[UW]\w+)(?:\|.*)?")
_AT = re.compile(r"(?<!\w)@(channel|here|everyone)\b")
_ADDRESS = re.compile(r"https?://[^\s<>|]+")
_REAL = re.compile(r"<(?:[@#][UWC]\w+|![a-z]\w*[^<>]*|https?://[^<>\s]+)>")


def escaped(text: str) -> str:
    """As https://docs.slack.dev/messaging/formatting-message-text asks for the three characters."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def typed(text: str, who: dict[str, str]) -> str:
    """What Slack makes of what a person types: `@name` of somebody in `who` becomes a mention, an address a link, marks that
    are there already stay, all else is escaped."""
    pieces = []
    last = 0
    for mark in _REAL.finditer(text):
        pieces += [_typed(text[last : mark.start()], who), mark[0]]
        last = mark.end()
    return "".join([*pieces, _typed(text[last:], who)])


def _typed(text: str, who: dict[str, str]) -> str:
    text = escaped(text)
    text = _ADDRESS.sub(lambda found: f"<{found[0]}>", text)
    text = _AT.sub(lambda found: f"<!{found[1]}>", text)
    return re.sub(r"(?<!\w)@([\w.-]*\w)", lambda found: f"<@{who[found[1]]}>" if found[1] in who else found[0], text)


def rung(text: str) -> list[str]:
    """Whom a text rings: ids of people, `!channel`, `!here`, `!everyone`, `!subteam^…`."""
    found = (_RINGING.fullmatch(mark) for mark in MARK.findall(text))
    return [mark[1].removeprefix("@") for mark in found if mark]


def rung_if_linked(text: str) -> list[str]:
    """Whom it rings besides when the client asks Slack to look for names."""
    return [f"!{name}" for name in _AT.findall(text)]


def rung_by_blocks(value: Any) -> list[str]:
    """The same for blocks and attachments: marks count where marks are read."""
    if isinstance(value, list):
        return [who for one in value for who in rung_by_blocks(one)]
    if not isinstance(value, dict):
        return []
    kind = value.get("type")
    if kind == "mrkdwn":
        return rung(value.get("text", ""))
    if kind == "user" and "user_id" in value:
        return [value["user_id"]]
    if kind == "broadcast":
        return [f"!{value.get('range', '')}"]
    if kind == "usergroup":
        return [f"!subteam^{value.get('usergroup_id', '')}"]
    read = [value.get(name) for name in ("pretext", "text")] if kind in (None, "markdown") else []
    own = [who for one in read if isinstance(one, str) for who in rung(one)]
    return own + [who for one in value.values() for who in rung_by_blocks(one)]


def shown(text: str, name_of: Callable[[str], str]) -> str:
    """What a person reads. `name_of` names the person, channel or group with an id."""

    def one(found: re.Match[str]) -> str:
        mark, _, label = found[1].partition("|")
        if mark.startswith(("@", "#")):
            return mark[0] + (label.removeprefix(mark[0]) or name_of(mark[1:]))
        if mark.startswith("!subteam^"):
            return label or "@" + name_of(mark.removeprefix("!subteam^"))
        if mark.startswith("!"):
            return label or "@" + mark[1:]
        return label or mark

    return unescaped(MARK.sub(one, text))


def shown_blocks(blocks: Any, name_of: Callable[[str], str]) -> str:
    return "\n".join(line for block in blocks for line in _lines(block, name_of) if line)


def _lines(value: Any, name_of: Callable[[str], str]) -> Iterator[str]:
    kind = value.get("type", "")
    if kind == "mrkdwn" or kind == "markdown":
        yield shown(value["text"], name_of)
    elif kind in ("plain_text", "raw_text"):
        # Slack keeps and shows these as it does a message's text: with entities.
        yield unescaped(value["text"])
    elif kind == "button":
        yield f"[{unescaped(value['text']['text'])}]"
    elif kind.startswith("rich_text_"):
        yield "".join(_rich(value, name_of))
    elif kind == "image":
        yield value.get("alt_text", "")
    else:
        for name in ("text", "title", "label", "fields", "elements", "accessory"):
            for part in value.get(name, []) if isinstance(value.get(name), list) else [value.get(name)]:
                if isinstance(part, dict):
                    yield from _lines(part, name_of)


def _rich(value: dict[str, Any], name_of: Callable[[str], str]) -> Iterator[str]:
    for number, part in enumerate(value.get("elements", [])):
        kind = part["type"]
        if kind.startswith("rich_text_"):
            yield ("\n" if number else "") + "".join(_rich(part, name_of))
        elif kind == "text":
            yield part["text"]
        elif kind == "link":
            yield part.get("text") or part["url"]
        elif kind == "user":
            yield "@" + name_of(part["user_id"])
        elif kind == "channel":
            yield "#" + name_of(part["channel_id"])
        elif kind == "usergroup":
            yield "@" + name_of(part["usergroup_id"])
        elif kind == "broadcast":
            yield "@" + part["range"]
        elif kind == "emoji":
            yield f":{part['name']}:"
        elif kind == "date":
            yield part.get("fallback") or part["format"]
