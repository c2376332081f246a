"""Words of people in a document that names nobody: roles instead of names, and text that cannot become markup."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace

from bot.incident import events as e
from bot.incident.model import Person, Role
from bot.incident.text import unhidden

QUOTE_LIMIT = 4000
"""Characters of one quoted text; what people type is shorter, what an alert says may not be."""

NOBODY = "somebody"
ON_CALL = "on-call engineer"
RESPONDER = "responder"
COLLEAGUE = "colleague"
ROLES = {
    Role.LEAD: "lead",
    Role.COMMS: "communications lead",
    Role.SCRIBE: "scribe",
    Role.OPS: "operations engineer",
}
_ORDINALS = (
    "",
    *(f"{word} " for word in ("second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")),
)

_MARKUP = re.compile(r"([\\`*_\[\]<>|~#&])")
_LIST = re.compile(r"^(\d*)([-+=.)])")
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_HANDLE = re.compile(r"<@\w+(?:\|[^>]*)?>|(?<!\w)@[\w.=/+-]+:[\w.-]+\w")
_EDGE, _END = r"(?<![^\W_])", r"(?![^\W_])"


def clean(text: str) -> str:
    """`text` as it looks, without control and surrogate characters; its line breaks stay."""
    text = unhidden(text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " "))
    return "".join(c for c in text if c == "\n" or unicodedata.category(c) not in ("Cc", "Cs"))


def tidy(text: str) -> str:
    """`clean`, in one line, and not longer than a quotation may be."""
    text = " ".join(clean(text).split())
    return text if len(text) <= QUOTE_LIMIT else f"{text[: QUOTE_LIMIT - 1]}…"


def escape(text: str) -> str:
    """`text` as literal Markdown in one line: no heading, list, link, table cell, HTML or entity can begin in it."""
    return _LIST.sub(r"\1\\\2", _MARKUP.sub(r"\\\1", tidy(text)))


def upper_first(text: str) -> str:
    return text[:1].upper() + text[1:]


@dataclass(frozen=True, slots=True)
class Cast:
    """Who is called what, the same all through the document: a role each, and no two people share one.

    `known` are the words that give somebody away, in small letters. The patterns find them where they are names: full
    names, handles and addresses as they stand (`written`); ids only behind `@` or `person:` (`addressed`), since somebody
    may be called `nodes`; a part of a name with its capital (`parts`), of somebody who took no part only inside a sentence,
    since "Mark the host as down" names nobody.
    """

    roles: Mapping[str, str]
    known: Mapping[str, str]
    written: re.Pattern[str]
    addressed: re.Pattern[str]
    parts: re.Pattern[str]

    def name(self, person: str) -> str:
        """The role of `person`."""
        if not person:
            return NOBODY
        return self.roles.get(self.known.get(person.casefold(), person), f"a {COLLEAGUE}")

    def mask(self, text: str) -> str:
        """`text`, in one line, with people's names, ids, addresses and handles replaced by their roles."""

        def instead(found: re.Match[str]) -> str:
            return self.name(self.known.get(found["who"].casefold(), ""))

        text = self.addressed.sub(instead, self.written.sub(instead, tidy(text)))
        text = _ADDRESS.sub("an e-mail address", _HANDLE.sub(NOBODY, text))
        return self.parts.sub(instead, text)

    def named_in(self, text: str) -> Iterator[str]:
        """The people whom `text` names."""
        for pattern in (self.written, self.addressed, self.parts):
            for found in pattern.finditer(tidy(text)):
                if person := self.known.get(found["who"].casefold()):
                    yield person


def cast(history: Sequence[e.Recorded], people: Mapping[str, Person]) -> Cast:
    """The people of `history`, and the words that would give them (or anybody in `people`) away."""
    names, handles, ids, known = _words(people)
    parts = {part: key for full, key in names.items() for part in full.split() if len(part) > 2 and part[0].isupper()}
    acted: dict[str, None] = {}
    for recorded in history:
        for person in filter(None, _people(recorded, people)):
            acted[known.setdefault(tidy(person).casefold(), person)] = None
            user = person.partition(":")[2]
            (handles if user else ids).append(person)
            if user:
                (handles if _telling(user) else ids).append(user)
                known.setdefault(tidy(user).casefold(), person)
    whole = [name for name in names if " " in name]
    known |= {part.casefold(): key for part, key in parts.items() if part.casefold() not in known}
    nameless = Cast({}, known, _pattern([*whole, *handles]), _addressed(ids), _parts(parts, acted))
    return replace(nameless, roles=_roles(history, acted, nameless))


def _words(people: Mapping[str, Person]) -> tuple[dict[str, str], list[str], list[str], dict[str, str]]:
    """Of the configured people: their full names, what is theirs wherever it stands, what is so behind an `@`; and whose
    each of these words is."""
    names = {tidy(person.name): key for key, person in people.items() if person.name}
    handles: list[str] = []
    ids: list[str] = []
    known: dict[str, str] = {}
    for key, person in people.items():
        own = [handle for platform, id_ in person.handles.items() for handle in (id_, f"{platform}:{id_}")]
        for word in filter(None, (key, person.id, person.email, *own, person.name)):
            known[tidy(word).casefold()] = key
        ids += [key, person.id, *(word for word in own if word.isalpha())]
        handles += [person.email, *(word for word in own if not word.isalpha())]
    return names, handles, ids, known


def _roles(history: Sequence[e.Recorded], acted: Mapping[str, None], cast: Cast) -> dict[str, str]:
    """A role for everybody: what they led by, else what they were woken as, else what they did; those whom only a text
    names come last."""
    held: dict[Role, dict[str, None]] = {role: {} for role in Role}
    paged: dict[str, None] = {}
    mentioned: dict[str, None] = {}

    def whose(person: str) -> str:
        return cast.known.get(person.casefold(), person)

    for recorded in history:
        match recorded.event:
            case e.RoleAssigned(role=role, person=person) if person:
                held[role][whose(person)] = None
            case e.PeoplePaged(people=people):
                paged |= dict.fromkeys(map(whose, people))
            case _:
                pass
        for text in _texts(recorded.event):
            mentioned |= dict.fromkeys(cast.named_in(text))
    named: dict[str, str] = {}
    groups = [(ROLES[role], held[role]) for role in Role]
    for noun, group in (*groups, (ON_CALL, paged), (RESPONDER, acted), (COLLEAGUE, mentioned)):
        for place, person in enumerate([person for person in group if person not in named]):
            named[person] = f"the {_ORDINALS[place]}{noun}" if place < len(_ORDINALS) else f"the {place + 1}th {noun}"
    return named


def _texts(value: object) -> Iterator[str]:
    """All that is written anywhere in an event."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for one in value:
            yield from _texts(one)
    elif is_dataclass(value):
        for field in fields(value):
            yield from _texts(getattr(value, field.name))


def _people(recorded: e.Recorded, people: Collection[str]) -> tuple[str, ...]:
    """Every person an event names. Parts of the machine act too, and are no secret."""
    actor = recorded.by if ":" in recorded.by or recorded.by in people else ""
    match recorded.event:
        case e.RoleAssigned(person=person, previous=previous) | e.PostmortemAssigned(person=person, previous=previous):
            return (actor, person, previous)
        case e.Noted(author=person) | e.TaskAdded(owner=person) | e.TaskChanged(owner=person):
            return (actor, person)
        case e.FollowUpAdded(owner=person) | e.PageSent(person=person) | e.PageFailed(person=person):
            return (actor, person)
        case e.PageAcknowledged(person=person):
            return (actor, person)
        case e.FollowUpChanged(owner=owner):
            return (actor, owner or "")
        case e.PeoplePaged(people=people) | e.PageTakenBack(people=people):
            return (actor, *people)
        case _:
            return (actor,)


def _telling(user: str) -> bool:
    """Whether a platform's own id says who it is without the platform: `U0ANA`, `@ana:example.org`; `root` is a word."""
    return user.startswith("@") or any(c.isdigit() for c in user)


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    """Whole words only, with the marks of a mention around them."""
    return re.compile(rf"{_EDGE}(?:<@|@|person:)??(?P<who>{_either(words)}){_END}>?", re.IGNORECASE)


def _addressed(words: Iterable[str]) -> re.Pattern[str]:
    """`@ana`, `<@ana>`, `person:ana`; not the beginning of `@ana:example.org`."""
    return re.compile(rf"(?<![\w.])(?:<@|@|person:)(?P<who>{_either(words)}){_END}(?!:\w)>?", re.IGNORECASE)


def _parts(parts: Mapping[str, str], acted: Collection[str]) -> re.Pattern[str]:
    """Parts of names in their own letters; of those who did not act only behind another word."""
    ours = [part for part, person in parts.items() if person in acted]
    theirs = [part for part, person in parts.items() if person not in acted]
    return re.compile(rf"{_EDGE}@?(?P<who>{_either(ours)}|(?<=[\w,;:] )(?:{_either(theirs)})){_END}")


def _either(words: Iterable[str]) -> str:
    """The longest first; a word of one letter is everywhere and says nothing."""
    tidied = {tidy(word) for word in words}
    alternatives = [re.escape(word) for word in sorted(tidied, key=lambda w: (-len(w), w)) if len(word) > 1]
    return "|".join(alternatives) or r"(?!)"
