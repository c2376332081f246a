"""What a status page is made of, and what it remembers: what customers were told, and nothing of what lies behind it.

The page Klatsch serves itself is walled off: it is handed each public post, keeps its own copy, and reads no incident
and no event.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.incident.model import ComponentState, PublicPost, PublicStatus

UPDATES_KEPT = 200
"""How many updates of one incident are shown; older ones stay stored. One every twenty minutes makes almost three days."""


@dataclass(frozen=True, slots=True)
class Component:
    """A part of the service that customers know. `id` is what people type (`compute-az1`), `group` its heading."""

    id: str
    name: str
    group: str = ""


class Impact(StrEnum):
    """How bad (https://developer.statuspage.io, incident `impact` and page `indicator`); `CRITICAL` is the worst."""

    NONE = "none"
    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class PublicUpdate:
    """One post as customers read it. `number` counts from 1 in its incident; `components` are those it names."""

    number: int
    at: datetime
    status: PublicStatus
    text: str
    components: Mapping[str, ComponentState] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PublicIncident:
    """What customers were told of one incident. `updates` are newest first; `resolved_at` None: not over."""

    ref: str
    title: str
    status: PublicStatus
    impact: Impact
    created_at: datetime
    updated_at: datetime
    resolved_at: datetime | None
    updates: tuple[PublicUpdate, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of one component, and when something was last posted about it."""

    state: ComponentState
    at: datetime


class PublicPages(Protocol):
    """The pages' own memory. Every method may raise `StoreUnavailable` (bot.store): try again later.

    `page` is the name of a block under `status:`; pages share nothing.
    """

    def add(self, page: str, ref: str, number: int, at: datetime, post: PublicPost) -> None:
        """Keep post `number` of `ref`, published at `at`; it is shown with the time it carries, if it carries one, and in
        the order of the numbers. The same (page, ref, number) again does nothing."""
        ...

    def incidents(
        self,
        page: str,
        *,
        limit: int,
        before: PublicIncident | None = None,
        unresolved_only: bool = False,
    ) -> Sequence[PublicIncident]:
        """At most `limit` incidents, the newest first: those that began before `before` did.

        Each has its newest `UPDATES_KEPT` updates.
        """
        ...

    def incident(self, page: str, ref: str) -> PublicIncident | None:
        """That incident; None when nothing was ever posted about it here."""
        ...

    def states(self, page: str) -> Mapping[str, Standing]:
        """Every component that was ever named, by id.

        It is as the post that was published last on it says, whatever its incident and the time it carries; but never better than what an
        unresolved incident last said of it: customers who read "major outage" there see no green component.
        """
        ...

    def began(self, page: str, at: datetime) -> datetime:
        """When the page was first shown or posted to: `at`, unless that was before."""
        ...
