"""The weekly digest and the lean coffee, put together: who makes the one, how the other is held, and what keeps an eye on when they are due."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from bot.calendars import MeetingSource
from bot.coffee.house import House
from bot.coffee.invitation import Invitation
from bot.coffee.weekly.edition import Edition
from bot.config import CoffeeSection, Config
from bot.digests import Digests, NextCoffee, WeeklyWords
from bot.duty import Duty
from bot.handle import Rules
from bot.inbox import Writer
from bot.learning.invited import invitation
from bot.learning.meeting_calendar import MeetingCalendar
from bot.learning.occasions import Occasions, covers
from bot.learning.occurrences import IsOff, between
from bot.learning.planned import before_coffee, coffee, next_of, occasions, typed, weeklies, when
from bot.learning.rescheduled import Rescheduled
from bot.lookups import Lookups
from bot.ports import Clock, DeliveryError, Memory
from bot.store import StoreUnavailable, Unreadable
from storage.calendars import SqlCalendars
from storage.engine import Database
from storage.lookups import SqlLookups
from storage.weeks import SqlWeeks

PAST, MOST_PAST = timedelta(weeks=26), 30
"""How far back a page goes, and how many editions it leads to."""


class Learning:
    """`source` tells when people meet for coffee, where a calendar does; `calendar` answers the address of ours. `memory` is that of the occasions, `when` is when the digest of
    each team comes round. Nothing is asked of the database, and no library imported, before a digest is asked for or may be due."""

    def __init__(
        self,
        config: Config,
        ruled: Rules,
        database: Database,
        clock: Clock,
        words: WeeklyWords,
        duty: Duty,
        writer: Writer,
        memory: Memory,
        source: MeetingSource | None = None,
        *,
        calendar: Callable[[], str] = lambda: "",
    ) -> None:
        known = cache(_days_off)

        def days_off(names: Sequence[str]) -> IsOff:
            return known(tuple(names))

        planned = weeklies(config)
        self.when = {team: when(config, team, days_off) for team in planned}
        self._config, self._clock = config, clock
        block: Mapping[str, object] = (config.coffee.calendar if config.coffee else None) or {}
        copies, match = SqlCalendars(database), str(block.get("match", ""))
        self.calendar = MeetingCalendar(source, copies, clock, match) if source else None
        self.coffee = met = coffee(config, days_off, self.calendar)
        link = config.coffee.link if config.coffee else ""
        self.digests = Digests(
            SqlWeeks(database),
            clock,
            words,
            planned,
            people=config.people,
            duty=duty,
            coffee=NextCoffee(met.after, link, self._there) if met else None,
            days_off=days_off,
            typed=typed(config),
            by_itself=config.digest is not None,
        )
        section = config.coffee or CoffeeSection()
        self.house = House(
            ruled.manner,
            section.language,
            str(section.zone or config.zone),
            config.people,
            next=next_of(met),
            calendar=calendar,
            planned=met is not None,
            there=self._there_then,
            voter=ruled.voter,
        )
        cups = before_coffee(met, section, clock) if met else []
        self._writer, self._lookups = writer, SqlLookups(database)
        self.occasions = Occasions([*occasions(config, planned, self.when), *cups], writer, memory, clock)

    def running(self) -> list[Coroutine[object, object, None]]:
        """What runs while we serve."""
        if self.calendar is None:
            return [self.occasions.run()]
        moved = Rescheduled(self.calendar, self._lookups, self._writer, self._clock)
        return [self.occasions.run(), self.calendar.run(moved.look)]

    def invitation(self) -> Invitation | None:
        """To the lean coffee; None: nobody says when that is. May take a second, and raise as `Occurrences.after`."""
        now = self._clock.now()
        link = self._config.coffee.link if self._config.coffee else ""
        return invitation(self._config, self.coffee, link or self._there(now), now)

    def _there_then(self, at: datetime) -> str:
        """Where the coffee of that time is; empty where nobody can tell."""
        try:
            return self._there(at - timedelta(microseconds=1))
        except (DeliveryError, StoreUnavailable):
            return ""

    def _there(self, at: datetime) -> str:
        """Where the next coffee is, as its own calendar says."""
        found = self.calendar.following(at) if self.calendar else None
        return found.link if found else ""


class Shelf:
    """`adapters.web.digests.Editions`: what is shown of the weeks before."""

    def __init__(self, learning: Learning, lookups: Lookups) -> None:
        self._digests = learning.digests
        self._when = learning.when
        self._lookups = lookups

    def past(self, team: str, now: datetime) -> Sequence[tuple[datetime, datetime]]:
        """By the calendar, for what is shown is made anew; none of before the first incident."""
        begins = self._begins()
        if team not in self._when or begins is None:
            return []
        found: deque[tuple[datetime, datetime]] = deque(maxlen=MOST_PAST)
        occurrences, since = self._when[team], None
        for end in between(occurrences, max(begins, now - PAST), now):
            found.appendleft((covers(occurrences, end, since), end))
            since = end
        return found

    def _begins(self) -> datetime | None:
        """When the first incident was opened; None: there was none."""
        try:
            first = self._lookups.incident(1)
        except Unreadable:
            return datetime.min.replace(tzinfo=UTC)
        return first.opened_at if first else None

    def language(self, team: str) -> str:
        return self._digests.weeklies[team].language if team in self._digests.weeklies else "en"

    def zone(self, team: str) -> ZoneInfo:
        return self._digests.weeklies[team].zone if team in self._digests.weeklies else ZoneInfo("UTC")

    def edition(self, team: str, start: datetime, end: datetime, language: str = "") -> Edition:
        return self._digests.edition(team, start, end, language)


def _days_off(names: Sequence[str]) -> IsOff:
    if not names:
        return lambda day: False
    from adapters.holidays import holidays

    return holidays(names).is_off


def unknown_holidays(names: Sequence[str], year: int) -> list[str]:
    """What is wrong with the names under `holidays:`, a sentence each. Takes a second; raises Unavailable."""
    from adapters.holidays import as_date, public, told

    regions = [name for name in names if as_date(name) is None]
    return [told(one) for one in public(regions, year).unknown] if regions else []
