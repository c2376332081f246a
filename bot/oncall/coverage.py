"""What a team wants to know of its schedules before the night: when nobody is on call, and who has too much at once. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.oncall.rotations import Rotation
from bot.oncall.schedules import Schedule, Shift, shifts

AHEAD = timedelta(days=60)
"""How far ahead is looked."""


@dataclass(frozen=True, slots=True)
class Double:
    """`person` is on call in all of `schedules`, two or more, from `start` until just before `end` (UTC)."""

    person: str
    schedules: tuple[str, ...]
    start: datetime
    end: datetime


def gaps(schedule: Schedule, start: datetime, end: datetime) -> list[Shift]:
    """When nobody is on call between `start` and `end`, cut at both."""
    return [one for one in shifts(schedule, start, end) if not one.people]


def doubles(schedules: Iterable[Schedule], start: datetime, end: datetime) -> list[Double]:
    """Who is in two schedules or more at once between `start` and `end`, cut at both, in the order in which it begins."""
    changes: dict[str, dict[datetime, list[tuple[int, str]]]] = defaultdict(lambda: defaultdict(list))
    for schedule in schedules:
        for one in shifts(schedule, start, end):
            for person in one.people:
                changes[person][one.start].append((1, schedule.name))
                changes[person][one.end].append((-1, schedule.name))
    found = [double for person, theirs in changes.items() for double in _doubles(person, theirs)]
    return sorted(found, key=lambda double: (double.start, double.person))


def _doubles(person: str, changes: dict[datetime, list[tuple[int, str]]]) -> list[Double]:
    """The stretches in which somebody is in the same two schedules or more. `changes` are where they begin (1) and end (-1)."""
    found: list[Double] = []
    holding: Counter[str] = Counter()
    now: tuple[str, ...] = ()
    since: datetime | None = None
    for moment in sorted(changes):
        for step, name in changes[moment]:
            holding[name] += step
        then = tuple(sorted(+holding))
        if then != now:
            if since is not None and len(now) > 1:
                found.append(Double(person, now, since, moment))
            now, since = then, moment
    return found


def in_a_row(rotation: Rotation) -> list[tuple[str, int]]:
    """Who has two turns one after the other, also the last and then the first, each once, with the number of the earlier one.
    Whoever is in every turn hands over to nobody, and is not meant."""
    turns = [set(rotation.turn(number)) for number in range(len(rotation.people))]
    always = set.intersection(*turns) if turns else set()
    found: dict[str, int] = {}
    for number, turn in enumerate(turns):
        for person in sorted(turn & turns[(number + 1) % len(turns)] - always):
            found.setdefault(person, number)
    return list(found.items())
