"""Who is on call at an instant: people take turns, and hand over at the same time of day whatever summer time does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.oncall.overrides import Override

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Rotation:
    """`people` take turns, one at a time, from `start`: a time on the wall clock of the schedule's zone, without one.

    `every` in whole days counts days of the calendar (`1w` hands over at the same time of day, also across a change
    of the clocks); any other length counts the time that passes.
    """

    people: tuple[str, ...]
    every: timedelta
    start: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is not None:
            raise ValueError("a rotation starts at a local time, without an offset")
        if self.every <= timedelta():
            raise ValueError("a turn is longer than zero")


@dataclass(frozen=True, slots=True)
class Shift:
    """`people` are on call from `start` until just before `end`, both UTC."""

    people: tuple[str, ...]
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Schedule:
    """A rotation with a name, in a zone. `calendar` are the shifts that came from a calendar, `overrides` what people said."""

    name: str
    zone: ZoneInfo
    rotation: Rotation
    calendar: tuple[Shift, ...] = ()
    overrides: tuple[Override, ...] = ()


def on_call(schedule: Schedule, at: datetime) -> tuple[str, ...]:
    """The ids of who is on call at `at` (UTC); nobody before the rotation starts."""
    return shift(schedule, at).people


def shift(schedule: Schedule, at: datetime) -> Shift:
    """The shift `at` (UTC) lies in. Before the rotation starts: nobody, from `at` until it does."""
    first = _handover(schedule, 0)
    if at < first:
        return Shift((), at.astimezone(UTC), first)
    turn = _turn(schedule, at)
    people = schedule.rotation.people
    return Shift(
        people=(people[turn % len(people)],) if people else (),
        start=_handover(schedule, turn),
        end=_handover(schedule, turn + 1),
    )


def next_shift(schedule: Schedule, at: datetime) -> Shift:
    """The shift after the one `at` lies in."""
    return shift(schedule, shift(schedule, at).end)


def _handover(schedule: Schedule, turn: int) -> datetime:
    """When turn number `turn` begins, UTC.

    A local time that the clocks skip is taken with the offset from before, so it comes as much later as they skipped;
    of a local time that comes twice, the first counts.
    """
    rotation = schedule.rotation
    if rotation.every % DAY:
        return rotation.start.replace(tzinfo=schedule.zone).astimezone(UTC) + turn * rotation.every
    return (rotation.start + turn * rotation.every).replace(tzinfo=schedule.zone).astimezone(UTC)


def _turn(schedule: Schedule, at: datetime) -> int:
    """The last turn that has begun at `at`: a guess by length, put right by the days that were shorter or longer."""
    turn = (at - _handover(schedule, 0)) // schedule.rotation.every
    while _handover(schedule, turn + 1) <= at:
        turn += 1
    while _handover(schedule, turn) > at:
        turn -= 1
    return turn
