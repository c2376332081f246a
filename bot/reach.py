"""Whether people can be reached by the ways that are configured for them: known before anybody has to be woken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.incident.model import Person
from bot.offered import Addressed
from bot.ports import Pager, Rejected


def lacking(person: Person, pagers: Mapping[str, Pager]) -> list[str]:
    """Why some of their ways do not reach `person`, a reason each that names what is missing in the configuration."""
    found = []
    for way in person.ways:
        pager: object = pagers.get(way)
        if isinstance(pager, Addressed):
            try:
                pager.address(person)
            except Rejected as error:
                found.append(error.reason)
    return found


def unreachable(people: Iterable[Person], pagers: Mapping[str, Pager]) -> list[str]:
    """The same of everybody, a sentence each."""
    return [f"A page would not go out: {reason}." for person in people for reason in lacking(person, pagers)]
