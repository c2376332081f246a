"""What a form is: fields that a platform shows, and the one line they make, which somebody could have typed.

A form knows no platform, and a line made here means to the parser what was filled in: a title that begins with `sev1`,
that holds `key=value`, quotes, line breaks or `INC-5` stays a title.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.chat.document import clean
from bot.chat.line import ref, shown
from bot.incident.model import Refused

TEXT_MOST = 3000
"""Characters of a text; two of them fit into a line."""

KEY_MOST = 200


class Kind(StrEnum):
    """What a field asks for. SEVERAL are values with commas between them; a PERSON is a handle on the platform; YES is `yes`
    or empty."""

    LINE = "line"
    LONG = "long"
    CHOICE = "choice"
    SEVERAL = "several"
    PERSON = "person"
    TIME = "time"
    YES = "yes"


class Place(StrEnum):
    """Where the answer stands in the line: as a word behind the verb, as the text behind those, as `key=`, or within
    another field's answer."""

    WORD = "word"
    TEXT = "text"
    KEY = "key"
    WITHIN = "within"


@dataclass(frozen=True, slots=True)
class Option:
    """`value` is what is typed, `text` what is shown."""

    value: str
    text: str


@dataclass(frozen=True, slots=True)
class Field:
    """`name` is its key in the values, and in the line where it is a key. `options` may be chosen, and those that the
    house has of `source` (`bot.chat.wanting.choices`). `state` names the field whose answer stands behind each of SEVERAL, after a
    colon, `needs` the one without whose answer this one means nothing. `empty` stands in the line where nothing was answered; `first` is what the form begins with. `most` is in characters."""

    name: str
    label: str
    kind: Kind
    place: Place
    hint: str = ""
    required: bool = False
    options: tuple[Option, ...] = ()
    source: str = ""
    state: str = ""
    needs: str = ""
    empty: str = ""
    first: str = ""
    most: int = KEY_MOST


@dataclass(frozen=True, slots=True)
class Form:
    """`fields` stand as they are shown. `word` follows the verb in the line, where the verb does several things. `asked` are the words behind the verb that alone ask for the form: empty when the verb
    does, None when no such words do (the verb alone shows something, or does it)."""

    verb: str
    title: str
    submit: str
    fields: tuple[Field, ...]
    asked: str | None = ""
    word: str = ""

    @property
    def key(self) -> str:
        """What begins its line, and is no other form's."""
        return f"{self.verb} {self.word}".strip()

    def line(self, values: Mapping[str, str], incident: int | None = None) -> str:
        """The line that the answers make, about `incident` where one is named. Of quotes of both kinds in one text the curly
        ones become straight: a line can hold only one kind for sure. Raises Refused, which begins with the label of the
        field that it is about."""
        said = {field.name: _said(field, values.get(field.name, "")) for field in self.fields}
        for field, other in ((one, each) for one in self.fields for each in self.fields if one.needs == each.name):
            if said[field.name] and not said[other.name]:
                raise wrong(field, f"only together with “{other.label}”.")
        words = [_part(field, said) for place in Place for field in self.fields if field.place is place]
        return " ".join(word for word in (f"INC-{incident}" if incident is not None else "", self.key, *words) if word)


# Letters and what stands in names, times and addresses.
_BARE = re.compile(r"[\w@<>:.,+/-]+")
_WORD = re.compile(r"""[^\s="“”„'`<>]+""")
_TARGETS = ("policy:", "schedule:", "person:", "@")
_HANDLE = re.compile(r"""[^\s="“”„'`<>|]+""")


def wrong(field: Field, what: str, hint: str = "") -> Refused:
    """The refusal of what stands in a field, which begins with its label."""
    return Refused(f"{field.label}: {what}", hint)


def _said(field: Field, given: str) -> str:
    text = clean(given).strip()
    if not text and field.required:
        raise wrong(field, "something is needed here.")
    if len(text) > field.most:
        raise wrong(field, f"{len(text)} characters are too many.", f"Up to {field.most}.")
    known = {option.value for option in field.options}
    if text and field.kind in (Kind.CHOICE, Kind.YES) and not field.source and text not in (known or {"yes"}):
        raise wrong(field, f"`{shown(text)}` is no choice.")
    return text


def _part(field: Field, said: Mapping[str, str]) -> str:
    text = said[field.name] or field.empty
    if field.kind is Kind.SEVERAL:
        text = _stated(field, text, said)
    if not text or field.place is Place.WITHIN:
        return ""
    if field.place is Place.TEXT:
        return _quoted(text)
    if field.kind is Kind.YES:
        return field.name
    if field.kind is Kind.PERSON and text != field.empty:
        text = _person(field, text)
    if field.place is Place.WORD:
        return text if field.kind is Kind.PERSON else _word(field, text)
    return f"{field.name}={text if _BARE.fullmatch(text) else _quoted(text)}"


def _stated(field: Field, text: str, said: Mapping[str, str]) -> str:
    """Each of several values with the state behind it, if there is one."""
    state = said.get(field.state, "")
    if state and not text:
        raise wrong(field, "say which, or give no state.")
    values = [value.strip() for value in text.split(",")]
    return ",".join(f"{value}:{state}" if state else value for value in values if value)


def _person(field: Field, handle: str) -> str:
    if not _HANDLE.fullmatch(handle):
        raise wrong(field, f"`{shown(handle)}` is nobody's handle.")
    return f"<@{handle}>"


def _word(field: Field, text: str) -> str:
    """A word that nothing else can be meant by."""
    if not _WORD.fullmatch(text):
        raise wrong(field, f"`{shown(text)}` is not one word.")
    if (ref(text) is not None) != (field.source in ("incidents", "past")):
        what = "is an incident." if ref(text) is not None else "names no incident."
        raise wrong(field, f"`{shown(text)}` {what}")
    if field.source == "targets" and not text.lower().startswith(_TARGETS):
        # Any other word might be the first of the text, and whoever is usually woken would be.
        raise wrong(field, f"`{shown(text)}` may be anybody.", "Write `policy:NAME`, `schedule:NAME` or `@NAME`.")
    return text


def _quoted(text: str) -> str:
    """`text` in quotes that are not in it: in them nothing is a key, a reference or a word that means something."""
    if '"' not in text:
        return f'"{text}"'
    return "“{}”".format(text.replace("“", '"').replace("”", '"'))
