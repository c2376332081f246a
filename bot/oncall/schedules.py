"""Who is on call at an instant: layers of rotations, above them a calendar, above that what people said in chat.

At each instant there is one answer. A layer has the say where it has somebody, over those below it; so has the calendar
over the layers; an override has it in any case.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

from bot.oncall.overrides import Override
from bot.oncall.rotations import NEVER, Layer, Rotation, standing

FAR = timedelta(days=366)
"""How far a shift is looked for, to each side of an instant: no turn is longer. One that goes on is cut there."""

T = TypeVar("T")
S = TypeVar("S", "Shift", Override)


@dataclass(frozen=True, slots=True)
class Shift:
    """`people` are on call from `start` until just before `end`, both UTC."""

    people: tuple[str, ...]
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Schedule:
    """What has a name and an answer, in a zone: a `rotation`, and `layers` above it, the later above the earlier ones.
    `calendar` are the shifts that came from a calendar, in any order, and they may overlap; `overrides` what people said."""

    name: str
    zone: ZoneInfo
    rotation: Rotation | None = None
    calendar: tuple[Shift, ...] = ()
    overrides: tuple[Override, ...] = ()
    layers: tuple[Layer, ...] = ()

    @property
    def members(self) -> frozenset[str]:
        """Everybody who has a turn in one of its layers, or a shift in its calendar."""
        turns = (layer.rotation.turn(number) for layer in self.stack for number in range(len(layer.rotation.people)))
        return frozenset(person for people in (*turns, *(one.people for one in self.calendar)) for person in people)

    @property
    def stack(self) -> tuple[Layer, ...]:
        """All layers, from the lowest to the highest."""
        return (Layer(self.rotation), *self.layers) if self.rotation else self.layers


def on_call(schedule: Schedule, at: datetime) -> tuple[str, ...]:
    """The ids of who is on call at `at` (UTC), each once, in the order of their ids; empty: nobody.

    The people of all shifts of the calendar that hold are on call together. Of several overrides for everybody the one with
    the highest id holds; those that are for somebody `instead` take that person's place in what is the answer then, in
    the order of their ids.
    """
    return _Answers(schedule, at, at + timedelta.resolution).at(at)[0]


def shift(schedule: Schedule, at: datetime) -> Shift:
    """The longest stretch around `at` (UTC) in which the same people are on call, or nobody. Not looked for farther than FAR to
    either side: a stretch that begins or ends that far away goes on there."""
    now = at.astimezone(UTC)
    # Most shifts are short, so most of what is far away is never looked at.
    ahead = timedelta(days=1)
    while (current := next(_stretches(schedule, now, now + ahead))).end == now + ahead < now + FAR:
        ahead = min(4 * ahead, FAR)
    back = timedelta(days=1)
    while True:
        *_, last = _stretches(schedule, now - back, now + timedelta.resolution)
        if last.start > now - back or back == FAR:
            return replace(current, start=last.start)
        back = min(4 * back, FAR)


def next_shift(schedule: Schedule, at: datetime) -> Shift:
    """The shift after the one `at` lies in."""
    return shift(schedule, shift(schedule, at).end)


def shifts(schedule: Schedule, start: datetime, end: datetime) -> list[Shift]:
    """All that is between two instants (UTC), cut at both: each begins where the one before ends, also when nobody is on call
    in it, and no two neighbours have the same people."""
    return list(_stretches(schedule, start.astimezone(UTC), end.astimezone(UTC)))


def _stretches(schedule: Schedule, start: datetime, end: datetime) -> Iterator[Shift]:
    answers = _Answers(schedule, start, end)
    found: Shift | None = None
    at = start
    while at < end:
        people, sure = answers.at(at)
        until = min(sure, end)
        if found is None or found.people != people:
            if found is not None:
                yield found
            found = Shift(people, at, until)
        else:
            found = replace(found, end=until)
        at = until
    if found is not None:
        yield found


@dataclass(frozen=True, slots=True)
class _Line(Generic[T]):
    """What holds from each moment on, until the next one."""

    moments: list[datetime]
    values: list[T]

    def at(self, at: datetime) -> tuple[T, datetime]:
        """What holds at `at`, which is not before the first moment, and until when."""
        place = bisect_right(self.moments, at)
        return self.values[place - 1], self.moments[place] if place < len(self.moments) else NEVER


class _Answers:
    """Who is on call between two instants, asked for one instant after the other, never back."""

    def __init__(self, schedule: Schedule, start: datetime, end: datetime) -> None:
        self._zone = schedule.zone
        self._layers = tuple(reversed(schedule.stack))
        self._known: list[tuple[tuple[str, ...], datetime]] = [((), start)] * len(self._layers)
        self._calendar = _calendar(schedule.calendar, start, end)
        self._overrides = _overrides(schedule.overrides, start, end)

    def at(self, at: datetime) -> tuple[tuple[str, ...], datetime]:
        """Who is on call at `at`, and until when that is sure."""
        overrides, until = self._overrides.at(at)
        everybody = [one for one in overrides if not one.instead]
        if everybody:
            people: tuple[str, ...] = (everybody[-1].person,)
        else:
            people, planned = self._planned(at)
            until = min(until, planned)
        for one in overrides:
            if one.instead in people:
                people = tuple(sorted({*people} - {one.instead} | {one.person}))
        return people, until

    def _planned(self, at: datetime) -> tuple[tuple[str, ...], datetime]:
        people, until = self._calendar.at(at)
        for place in range(len(self._layers)):
            if people:
                break
            if at >= self._known[place][1]:
                self._known[place] = standing(self._layers[place], self._zone, at)
            people, sure = self._known[place]
            until = min(until, sure)
        return people, until


def _calendar(shifts: Iterable[Shift], start: datetime, end: datetime) -> _Line[tuple[str, ...]]:
    """Who is in the shifts of a calendar between `start` and `end`."""
    changes = _changes(shifts, start, end)
    # A count each, so that a change costs the same however many shifts overlap.
    holding: Counter[str] = Counter()
    values = []
    for moment in changes:
        for step, one in changes[moment]:
            for person in one.people:
                holding[person] += step
        values.append(tuple(sorted(+holding)))
    return _Line(list(changes), values)


def _overrides(overrides: Iterable[Override], start: datetime, end: datetime) -> _Line[list[Override]]:
    """The overrides that hold between `start` and `end`, in the order of their ids."""
    changes = _changes(overrides, start, end)
    holding: dict[int, Override] = {}
    values = []
    for moment in changes:
        for step, one in changes[moment]:
            if step > 0:
                holding[one.id] = one
            else:
                del holding[one.id]
        values.append([holding[id] for id in sorted(holding)])
    return _Line(list(changes), values)


def _changes(spans: Iterable[S], start: datetime, end: datetime) -> dict[datetime, list[tuple[int, S]]]:
    """What begins (1) and ends (-1) at each moment, from `start` on, of all that holds between it and `end`; in order."""
    found: dict[datetime, list[tuple[int, S]]] = {start: []}
    for span in spans:
        if span.start < span.end and span.start < end and span.end > start:
            found.setdefault(max(span.start, start), []).append((1, span))
            found.setdefault(span.end, []).append((-1, span))
    return dict(sorted(found.items(), key=lambda change: change[0]))
