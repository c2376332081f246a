"""People take turns, and hand over at the same time of day whatever summer time does. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.oncall.hours import Hours
from bot.oncall.wall import instant

DAY = timedelta(days=1)

NEVER = datetime.max.replace(tzinfo=UTC)
"""When something ends that does not."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """`people` take turns, each an id or several that have the turn together, from `start`: a time on the wall clock of the
    schedule's zone, without one.

    `every` in whole days counts days of the calendar (`1w` hands over at the same time of day, also across a change
    of the clocks); any other length counts the time that passes.
    """

    people: tuple[str | tuple[str, ...], ...]
    every: timedelta
    start: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is not None:
            raise ValueError("a rotation starts at a local time, without an offset")
        if self.every <= timedelta():
            raise ValueError("a turn is longer than zero")

    def turn(self, number: int) -> tuple[str, ...]:
        """Who has turn `number`, counted from 0; each once, in the order of their ids."""
        people = self.people[number % len(self.people)]
        return (people,) if isinstance(people, str) else tuple(sorted(set(people)))


@dataclass(frozen=True, slots=True)
class Layer:
    """A rotation that holds in `hours` only; None: always."""

    rotation: Rotation
    hours: Hours | None = None
    name: str = ""


def standing(layer: Layer, zone: ZoneInfo, at: datetime) -> tuple[tuple[str, ...], datetime]:
    """Whom the layer has at `at` (UTC), and until when that is sure: nobody before its rotation starts and outside its
    hours. Behind that instant it may be the same people again."""
    until = NEVER
    if layer.hours is not None:
        holds, until = layer.hours.stretch(at, zone)
        if not holds:
            return (), until
    people, turned = _turned(layer.rotation, zone, at)
    return people, min(until, turned)


def _turned(rotation: Rotation, zone: ZoneInfo, at: datetime) -> tuple[tuple[str, ...], datetime]:
    every, start = rotation.every, instant(rotation.start, zone)
    if at < start:
        return (), start
    if len(set(rotation.people)) < 2:
        return rotation.turn(0) if rotation.people else (), NEVER
    number = (at - start) // every
    if every % DAY:
        return rotation.turn(number), start + (number + 1) * every
    # A guess, put right by the days that were shorter or longer.
    while (ends := instant(rotation.start + (number + 1) * every, zone)) <= at:
        number += 1
    while instant(rotation.start + number * every, zone) > at:
        number, ends = number - 1, instant(rotation.start + number * every, zone)
    return rotation.turn(number), ends
