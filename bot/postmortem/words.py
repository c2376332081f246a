"""Words of people in a document that names nobody: roles instead of names, and text that cannot become markup."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.incident import events as e
from bot.incident.model import Person, Role

QUOTE_LIMIT = 4000
"""Characters of one quoted text; what people type is shorter, what an alert says may not be."""

NOBODY = "somebody"
ON_CALL = "the on-call engineer"
RESPONDER = "a responder"
ROLES = {
    Role.LEAD: "the lead",
    Role.COMMS: "the communications lead",
    Role.SCRIBE: "the scribe",
    Role.OPS: "the operations engineer",
}

_JOINERS = "\u200c\u200d"  # they join letters and emoji; other format characters only hide what a text says
_MARKUP = re.compile(r"([\\`*_\[\]<>|~#&])")
_LIST = re.compile(r"^(\d*)([-+=.)])")
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_HANDLE = re.compile(r"<@\w+(?:\|[^>]*)?>|(?<!\w)@[\w.=/+-]+:[\w.-]+\w")
_EDGE, _END = r"(?<![^\W_])", r"(?![^\W_])"


def clean(text: str) -> str:
    """`text` without control, format and surrogate characters; its line breaks stay."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " "))
    return "".join(c for c in text if c == "\n" or c in _JOINERS or unicodedata.category(c) not in ("Cc", "Cf", "Cs"))


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
    """Who is called what. `holders` are the roles as they stood after each change, by the event that changed them."""

    changes: tuple[int, ...]
    holders: tuple[Mapping[Role, str], ...]
    paged: frozenset[str]
    known: Mapping[str, str]
    loose: re.Pattern[str]
    strict: re.Pattern[str]

    def name(self, person: str, seq: int | None = None) -> str:
        """The role `person` had when event `seq` had happened; without `seq`, the last one they had."""
        if not person:
            return NOBODY
        if seq is None:
            moments: Iterable[Mapping[Role, str]] = reversed(self.holders)
        else:
            at = bisect_right(self.changes, seq)
            moments = self.holders[at - 1 : at] if at else ()
        for held in moments:
            for role in Role:
                if held.get(role) == person:
                    return ROLES[role]
        return ON_CALL if person in self.paged else RESPONDER

    def mask(self, text: str, seq: int | None = None) -> str:
        """`text`, in one line, with people's names, ids, addresses and handles replaced by what they did."""

        def instead(found: re.Match[str]) -> str:
            return self.name(self.known.get(found["who"].casefold(), "?"), seq)

        text = self.loose.sub(instead, tidy(text))
        text = self.strict.sub(instead, text)
        text = _HANDLE.sub(RESPONDER, text)
        return _ADDRESS.sub("an e-mail address", text)


def cast(history: Sequence[e.Recorded], people: Mapping[str, Person]) -> Cast:
    """The people of `history`, and the words that would give them (or anybody in `people`) away."""
    changes: list[int] = []
    holders: list[Mapping[Role, str]] = []
    held: dict[Role, str] = {}
    paged: set[str] = set()
    known: dict[str, str] = {}
    for recorded in history:
        event = recorded.event
        if isinstance(event, e.RoleAssigned):
            held = {**held, event.role: event.person}
            changes.append(recorded.seq)
            holders.append(held)
        paged.update(event.people if isinstance(event, e.PeoplePaged) else ())
        for person in _people(recorded):
            for word in (person, _handle(person)):
                known.setdefault(tidy(word).casefold(), person)
    parts: dict[str, str] = {}
    for key, somebody in people.items():
        handles = [h for platform, handle in somebody.handles.items() for h in (handle, f"{platform}:{handle}")]
        for word in (key, somebody.id, somebody.name, somebody.email, *handles):
            known[tidy(word).casefold()] = key
        parts.update({part: key for part in tidy(somebody.name).split() if len(part) > 2 and part[0].isupper()})
    loose = _pattern(known, re.IGNORECASE)
    known |= {part.casefold(): key for part, key in parts.items() if part.casefold() not in known}
    return Cast(tuple(changes), tuple(holders), frozenset(paged), known, loose, _pattern(parts, 0))


def _people(recorded: e.Recorded) -> tuple[str, ...]:
    """Every person an event names. Parts of the machine act too, and are no secret."""
    actor = recorded.by if ":" in recorded.by else ""
    match recorded.event:
        case e.RoleAssigned(person=person, previous=previous) | e.PostmortemAssigned(person=person, previous=previous):
            return (actor, person, previous)
        case e.Noted(author=person) | e.TaskAdded(owner=person) | e.TaskChanged(owner=person):
            return (actor, person)
        case e.FollowUpAdded(owner=person) | e.PageSent(person=person) | e.PageFailed(person=person):
            return (actor, person)
        case e.PageAcknowledged(person=person):
            return (actor, person)
        case e.PeoplePaged(people=people) | e.PageTakenBack(people=people):
            return (actor, *people)
        case _:
            return (actor,)


def _handle(person: str) -> str:
    """The platform's own id in `slack:U0ANA` or `matrix:@ana:example.org`."""
    handle = person.partition(":")[2]
    return handle if handle.startswith("@") or any(c.isdigit() for c in handle) else ""


def _pattern(words: Iterable[str], flags: int) -> re.Pattern[str]:
    """Whole words only, longest first; a word of one letter is everywhere and says nothing."""
    alternatives = [re.escape(word) for word in sorted(words, key=lambda w: (-len(w), w)) if len(word) > 1]
    either = "|".join(alternatives) or r"(?!)"
    return re.compile(rf"{_EDGE}(?:<@|@)??(?P<who>{either}){_END}>?", flags)
