"""When something comes round: by a cron expression or every so long, in somebody's own time, and not on days off.

APScheduler's trigger says when (https://apscheduler.readthedocs.io/en/3.x/modules/triggers/cron.html); nothing else of it is used.
The library is imported by the first who asks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from bot.crons import Cron, weekdays
from bot.oncall.wall import instant, wall

if TYPE_CHECKING:
    from apscheduler.triggers.cron import CronTrigger

IsOff = Callable[[date], bool]
"""Whether nobody works on that day, apart from weekends. May raise `bot.ports.Unavailable`, and take a second."""

LONGEST_BREAK = 31
"""Days that follow one another and are off; what would move farther falls out."""

MOST_SKIPPED = 1000
"""Occurrences on days off that follow one another; behind them nothing is looked for."""

DAY, INSTANT = timedelta(days=1), timedelta(microseconds=1)
WEEKEND = frozenset({5, 6})


class Occurrences(Protocol):
    """What comes round. May take a second, and raise Unavailable or Rejected (`bot.ports`) and, where a calendar says it,
    `bot.store.StoreUnavailable`."""

    def after(self, at: datetime) -> datetime | None:
        """The first one after `at`, both UTC; None: it never comes again."""
        ...


class ByCron:
    """What `cron` says, on the clocks of `zone`: a time that they show twice is one occurrence, the first time; one that they skip
    comes when they skip it."""

    def __init__(self, cron: Cron, zone: ZoneInfo) -> None:
        self._cron = cron
        self._zone = zone

    @cached_property
    def _trigger(self) -> CronTrigger:
        from apscheduler.triggers.cron import CronTrigger

        cron = self._cron
        return CronTrigger(
            minute=cron.minute,
            hour=cron.hour,
            day=cron.day,
            month=cron.month,
            day_of_week=cron.weekday,
            timezone=self._zone,
        )

    def after(self, at: datetime) -> datetime | None:
        while True:
            fires: datetime | None = self._trigger.get_next_fire_time(None, at + INSTANT)
            if fires is None:
                return None
            if not fires.fold:
                return instant(fires.replace(tzinfo=None), self._zone)
            at = fires.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Every:
    """From `start` on, which is local, every so long on the clocks of `zone`."""

    every: timedelta
    start: datetime
    zone: ZoneInfo

    def after(self, at: datetime) -> datetime | None:
        turn = max((wall(at, self.zone) - self.start) // self.every + 1, 0)
        # What the clocks show later may have come already, where they were set back in between.
        while (comes := instant(self.start + turn * self.every, self.zone)) <= at:
            turn += 1
        return comes


@dataclass(frozen=True, slots=True)
class Moved:
    """What would come on a day off comes on the next working day, at the same local time. `working` are the weekdays on which people work
    (Monday is 0)."""

    planned: Occurrences
    zone: ZoneInfo
    is_off: IsOff
    working: frozenset[int]

    def after(self, at: datetime) -> datetime | None:
        found: datetime | None = None
        for planned in self._planned_from(self._earliest(at)):
            if found is not None and planned >= found:
                break
            comes = self._moved(planned)
            if comes is not None and comes > at and (found is None or comes < found):
                found = comes
        return found

    def _planned_from(self, at: datetime) -> Iterator[datetime]:
        before = at - INSTANT
        while (planned := self.planned.after(before)) is not None:
            yield planned
            before = planned

    def _earliest(self, at: datetime) -> datetime:
        """What was planned before then cannot come after `at`: there was a working day in between."""
        day = wall(at, self.zone).date()
        for _ in range(LONGEST_BREAK):
            if self._works(day - DAY):
                break
            day -= DAY
        return instant(datetime.combine(day, datetime.min.time()), self.zone)

    def _moved(self, planned: datetime) -> datetime | None:
        local = wall(planned, self.zone)
        if not self.is_off(local.date()):
            return planned
        for days in range(1, LONGEST_BREAK + 1):
            if self._works(local.date() + days * DAY):
                return instant(local + days * DAY, self.zone)
        return None

    def _works(self, day: date) -> bool:
        return day.weekday() in self.working and not self.is_off(day)


@dataclass(frozen=True, slots=True)
class Skipped:
    """What would come on a day off falls out."""

    planned: Occurrences
    zone: ZoneInfo
    is_off: IsOff

    def after(self, at: datetime) -> datetime | None:
        for _ in range(MOST_SKIPPED):
            planned = self.planned.after(at)
            if planned is None or not self.is_off(wall(planned, self.zone).date()):
                return planned
            at = planned
        return None


def working_days(cron: Cron) -> frozenset[int]:
    """Monday to Friday, and the days that `cron` names."""
    named = frozenset[int]() if cron.weekday == "*" else weekdays(cron.weekday)
    return frozenset(range(7)) - WEEKEND | named


def between(occurrences: Occurrences, after: datetime, until: datetime) -> Iterator[datetime]:
    """Those after `after` and not after `until`, in their order."""
    while (comes := occurrences.after(after)) is not None and comes <= until:
        yield comes
        after = comes


def latest(occurrences: Occurrences, after: datetime, until: datetime) -> datetime | None:
    """The last of those `between`."""
    found = deque(between(occurrences, after, until), maxlen=1)
    return found[0] if found else None
