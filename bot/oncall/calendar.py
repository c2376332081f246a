"""Shifts as a calendar has them, and whose they are: the people there are called by their mail address, a name or an id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.incident.model import Person
from bot.oncall.schedules import Shift

Called = tuple[str, ...]
"""What one person is called at the source, the surest first: the first one that is somebody's says who it is."""


@dataclass(frozen=True, slots=True)
class NamedShift:
    """`people` are on call from `start` until just before `end`, both UTC; when none of them is known, those of `instead` are."""

    people: tuple[Called, ...]
    start: datetime
    end: datetime
    instead: tuple[Called, ...] = ()


@dataclass(frozen=True, slots=True)
class Understood:
    """`unknown` are the names in the shifts that are nobody's, each once, in order of first use; nobody is woken by them."""

    shifts: tuple[Shift, ...]
    unknown: tuple[str, ...] = ()


def names_of(people: Mapping[str, Person], kind: str) -> dict[str, str]:
    """Whose id each name means to a calendar of that kind, without regard to case: an id under `people.ID.KIND`, a mail address, an
    id of ours, a name. The earlier kind of name counts more; what two people are called alike is nobody's."""
    found: dict[str, str] = {}
    for nth in range(4):
        same: dict[str, set[str]] = {}
        for person in people.values():
            name = (person.options.get(kind), person.email, person.id, person.name)[nth]
            if isinstance(name, str) and name.strip():
                same.setdefault(_plain(name), set()).add(person.id)
        found = {name: min(ids) for name, ids in same.items() if len(ids) == 1} | found
    return found


def understood(shifts: Iterable[NamedShift], names: Mapping[str, str]) -> Understood:
    """The shifts with the ids of those who are known (`names` as `names_of` makes them), in order; those of nobody are left out."""
    found: list[Shift] = []
    unknown: dict[str, None] = {}
    for shift in shifts:
        people, missed = _known(shift.people, names)
        if not people:
            people, missing = _known(shift.instead, names)
            missed = missing if people else missed or missing
        unknown |= dict.fromkeys(missed)
        if people:
            found.append(Shift(people, shift.start, shift.end))
    return Understood(tuple(sorted(found, key=lambda shift: (shift.start, shift.end, shift.people))), tuple(unknown))


def _known(people: Iterable[Called], names: Mapping[str, str]) -> tuple[tuple[str, ...], list[str]]:
    """The ids of these people, each once; and what those are called first who have none."""
    ids: dict[str, None] = {}
    missed: list[str] = []
    for called in people:
        id = next((names[_plain(name)] for name in called if _plain(name) in names), None)
        if id is None:
            missed += called[:1]
        else:
            ids[id] = None
    return tuple(ids), missed


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())
