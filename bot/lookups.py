"""Questions that change nothing: what the product may ask the database, and what it is answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot.alerts.heartbeat import Signal
from bot.coffee.board import Board, Coffee, Topic
from bot.coffee.weekly.gathered import Gathered
from bot.incident.effects import PageStands
from bot.incident.events import Recorded
from bot.incident.model import Incident
from bot.oncall.load import Paged
from bot.oncall.overrides import Override


@dataclass(frozen=True, slots=True)
class StoredAlert:
    """One alert of an incident, as the export shows it."""

    source: str
    fingerprint: str
    firing: bool
    starts_at: datetime
    ends_at: datetime | None
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    link: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Effects that are not done: how many of each kind, since when the oldest, and why the first one that failed so far did last."""

    kind: str
    count: int
    oldest: datetime
    reason: str = ""


class Lookups(Protocol):
    """Reads; every method may raise `bot.store.StoreUnavailable`. An incident that cannot be read is left out of every list;
    who asks for it alone gets `bot.store.Unreadable`."""

    def incident(self, number: int) -> Incident | None: ...

    def incidents(self, numbers: Sequence[int]) -> dict[int, Incident]:
        """Those of them that there are, at most a few hundred."""
        ...

    def open_incidents(self, limit: int = 50) -> list[Incident]:
        """In triage or active, the newest first."""
        ...

    def unclosed(self, limit: int = 50) -> list[Incident]:
        """Resolved or in review, the newest first; only among the newest few hundred incidents."""
        ...

    def recent(self, limit: int = 50) -> list[Incident]:
        """The newest first, whatever became of them."""
        ...

    def drills_of(self, number: int) -> list[Incident]:
        """Those in which its alerts came again, whatever became of them, by number."""
        ...

    def history(self, number: int, *, since: int = 0, upto: int | None = None, limit: int = 2000) -> list[Recorded]:
        """Events `since`..`upto` (both included), oldest first; of more than `limit` the last ones."""
        ...

    def alerts(self, number: int, limit: int = 20_000) -> list[StoredAlert]: ...

    def firing(self, number: int, limit: int = 4) -> list[str]:
        """The names of alerts of this incident that still fire, each once, at most `limit`."""
        ...

    def in_room(self, platform: str, room: str) -> int | None:
        """The incident whose room it is."""
        ...

    def captured(self, number: int, message: str) -> bool:
        """Whether a reaction ever made something of `message` (`platform:id`) in this incident."""
        ...

    def pages(self, number: int, limit: int = 50) -> list[PageStands]:
        """What became of the last page of this incident to each person by each way: of the `limit` oldest that wait, and
        the `limit` newest that were sent or failed. Those that wait come first."""
        ...

    def paged(self, since: datetime, until: datetime) -> list[Paged]:
        """Whom policies and people paged in between, the oldest first; the newest few thousand."""
        ...

    def signals(self) -> list[Signal]:
        """What is expected, by the routes' `heartbeat`."""
        ...

    def overrides(self, at: datetime) -> list[Override]:
        """Those that stand and have not ended at `at`, by id."""
        ...

    def turns(self) -> dict[str, int]:
        """How many turns were taken, by the step whose targets take turns."""
        ...

    def board(self) -> Board:
        """The board of the lean coffee."""
        ...

    def topics_of(self, message: str) -> list[Topic]:
        """Those that `message` (`platform:id`), outside of any incident, is, whatever became of them."""
        ...

    def coffee(self, number: int) -> tuple[Coffee, tuple[Topic, ...]] | None:
        """A coffee whatever became of it, and what was talked about there, in the order of its agenda; None: there is none."""
        ...

    def waiting(self) -> list[Waiting]:
        """What the outbox still has to do, timers left out."""
        ...


class Weeks(Protocol):
    """What a weekly digest is made of. Raises `bot.store.StoreUnavailable`."""

    def week(self, start: datetime, end: datetime) -> Gathered:
        """Everything that is told of what was recorded from `start` until just before `end`, and nothing of what is private."""
        ...
