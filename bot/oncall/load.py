"""How the pages were spread over a rotation: by the hours they came in and by turn, and never by person. Pure.

That a turn was hard says something about the systems; who had it does not.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.incident.hours import Hours, hours_of
from bot.oncall.schedules import Schedule, shifts


@dataclass(frozen=True, slots=True)
class Paged:
    """Somebody was paged, by what the step named (`schedule:platform`)."""

    at: datetime
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Load:
    """The pages of one schedule between two instants: how many in which hours, how many in each turn that fell into the time
    (the oldest first, those with nobody on call left out)."""

    schedule: str
    hours: dict[Hours, int]
    turns: tuple[int, ...]

    @property
    def pages(self) -> int:
        return sum(self.hours.values())


def load(
    schedule: Schedule, paged: Sequence[Paged], start: datetime, end: datetime, off: Set[date] = frozenset()
) -> Load:
    """Of what was `paged` between two instants; on the days `off` nobody works. The turns are those of the schedule as it is known now."""
    target = f"schedule:{schedule.name}"
    times = [one.at for one in paged if target in one.targets and start <= one.at < end]
    hours = dict.fromkeys(Hours, 0)
    for at in times:
        hours[hours_of(at, schedule.zone, off)] += 1
    turns = [turn for turn in shifts(schedule, start, end) if turn.people and turn.end - turn.start > timedelta()]
    counts = tuple(sum(turn.start <= at < turn.end for at in times) for turn in turns)
    return Load(schedule.name, hours, counts)
