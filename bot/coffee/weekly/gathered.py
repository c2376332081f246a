"""What is known of a week: what the digest is made of. Nothing of it is private: who gathers leaves that out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.coffee.board import Board, Coffee
from bot.incident.events import Recorded
from bot.incident.model import Incident, Source
from bot.oncall.load import Paged

MEASURED = timedelta(weeks=14)
"""A week and the thirteen before it, a quarter: how far back durations are looked at."""

NOWHERE = Source("")
"""The source of each event here: a digest does not tell where one came from, and tens of thousands of them are not looked up."""


@dataclass(frozen=True, slots=True)
class Fired:
    """The alerts of one rule (`name`) in one incident: how many, the labels and annotations of the first, and `link` to where it is
    defined (may be empty). `lasted` is how long the one of them fired that fired longest, each the last time, `over` when the last was over; None: not known,
    or one of them fires still. `again` counts alerts of the incident that fired once more while it was open."""

    incident: int
    name: str
    source: str
    count: int
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    link: str = ""
    lasted: timedelta | None = None
    over: datetime | None = None
    again: int = 0


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was recorded from `start` until just before `end` (UTC).

    `incidents` has, by number, every one that `events` are of, that is open, or that waits for its review (resolved or in review).
    `events` are those of `TOLD` kinds recorded in between, by incident and in their order; what was retracted or removed in between
    is still among them, beside the event that says so; all of them come from `NOWHERE`. `owing` are those with open follow-ups, whatever their age. `measured` are
    the real ones that opened in the `MEASURED` before `end`, for durations. `noise` are the alerts of those that nobody worked on: declined in
    between, or in triage with no alert firing any more since then. `paged` is as `bot.lookups.Lookups.paged`. `board` has, besides what is on
    it, what was talked about at the coffees that were `held`."""

    start: datetime
    end: datetime
    incidents: Mapping[int, Incident] = field(default_factory=dict)
    events: Mapping[int, tuple[Recorded, ...]] = field(default_factory=dict)
    owing: tuple[Incident, ...] = ()
    measured: tuple[Incident, ...] = ()
    noise: tuple[Fired, ...] = ()
    paged: tuple[Paged, ...] = ()
    board: Board = field(default_factory=Board)

    def held(self) -> tuple[Coffee, ...]:
        """The coffees that ended in the period, of the newest few, in their order."""
        return ended(self.board, self.start, self.end)


def ended(board: Board, start: datetime, end: datetime) -> tuple[Coffee, ...]:
    """Of the coffees that `board` looks back at, those that ended from `start` until just before `end`."""
    return tuple(one for _, one in sorted(board.past.items()) if one.ended is not None and start <= one.ended < end)
