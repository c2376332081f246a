"""What follows from an event depends on what is configured: the providers, and who can be reached how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from bot.incident.model import Person, Severity

SERVICE = "pager:"
"""With the name of a block under `paging:` behind it: a service that is paged as a whole, and wakes people of its own."""


def is_service(person: str) -> bool:
    """Whether who is paged is no person of ours but a service."""
    return person.startswith(SERVICE)


@dataclass(frozen=True, slots=True)
class Way:
    """A block under `paging:` by its name, and how long after the page began it is used."""

    name: str
    after: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Policy:
    """Which providers there are, by the name of their block in the configuration, and who can be reached how.

    `own` are the publishers that keep what they get in the house, the only ones for what is private. `archive_after` is how
    long the rooms of an incident that is over stay open: long enough to take a mistake back. `copies`: of files in messages
    that are taken to the timeline copies are kept. An incident of a `quiet` severity pages by `pushes` only; `settling` are
    the ways that want to hear that somebody has it, and that it is over.
    """

    platforms: tuple[str, ...] = ()
    status_pages: tuple[str, ...] = ()
    publishers: tuple[str, ...] = ()
    people: Mapping[str, Person] = field(default_factory=dict)
    archive_after: timedelta = timedelta(0)
    own: tuple[str, ...] = ()
    copies: bool = False
    quiet: frozenset[Severity] = frozenset()
    pushes: frozenset[str] = frozenset()
    settling: frozenset[str] = frozenset()

    def ways(self, person: str, severity: Severity) -> tuple[Way, ...]:
        """How `person` is woken by an incident of `severity`, in order; nobody we know is woken in no way.

        For a quiet one only what lies on the phone until it is looked at; who has nothing of the kind is woken by their
        first way, rather than not at all. The first way that is left comes at once.
        """
        known = self.people.get(person)
        if known is None:
            return ()
        ways = tuple(Way(name, known.waits.get(name, timedelta())) for name in known.ways)
        if severity in self.quiet:
            ways = tuple(way for way in ways if way.name in self.pushes) or ways[:1]
        first = min((way.after for way in ways), default=timedelta())
        return tuple(Way(way.name, way.after - first) for way in ways)
