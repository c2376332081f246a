"""Restricted hours: windows that come round each week on the wall clock, as people write them: `mon-fri 09:00-17:00`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.crons import weekdays
from bot.oncall.wall import instant, wall

DAY = timedelta(days=1)
WEEK = timedelta(weeks=1)

EVERY_DAY = frozenset(range(7))

_TIMES = re.compile(r"([0-9]{1,2}):([0-9]{2})-([0-9]{1,2}):([0-9]{2})")
_EXAMPLE = "write it like `mon-fri 09:00-17:00`, `sat,sun 00:00-24:00` or `daily 22:00-06:00`"


@dataclass(frozen=True, slots=True)
class Window:
    """On each of `days` (Monday is 0) from `start` until just before `end`: times after that day's midnight, on the wall clock.
    An `end` of more than 24 hours lies in the next day."""

    days: frozenset[int]
    start: timedelta
    end: timedelta

    def on(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """When the window of `day` begins and ends, UTC; both are the same when the clocks skip it."""
        midnight = datetime.combine(day, time())
        return instant(midnight + self.start, zone), instant(midnight + self.end, zone)


@dataclass(frozen=True, slots=True)
class Hours:
    """They hold while one of the windows does.

    On the days the clocks change a window begins and ends when the clock first shows its time, or skips it: it is as much
    shorter or longer as the day is, and one that lies wholly in what is skipped does not come.
    """

    windows: tuple[Window, ...]

    def holds(self, at: datetime, zone: ZoneInfo) -> bool:
        return self.stretch(at, zone)[0]

    def stretch(self, at: datetime, zone: ZoneInfo) -> tuple[bool, datetime]:
        """Whether they hold at `at`, and until when (UTC) that is sure: where a window ends, or the next one begins. Where
        another window holds there they go on to hold."""
        today = wall(at, zone).date()
        windows = sorted(self.windows, key=lambda window: window.start)
        # One day back, for a window may run into the next day; one week ahead, and one more, for a change of the clocks
        # may swallow a window that comes once in a week.
        for day in (today + ahead * DAY for ahead in range(-1, 15)):
            for window in windows:
                if day.weekday() in window.days:
                    begin, end = window.on(day, zone)
                    if begin <= at < end:
                        return True, end
                    if at < begin < end:
                        return False, begin
        return False, at + WEEK


def parse_hours(*texts: str) -> Hours:
    """The windows that the texts name, each one: days, then two times, of which the second may be on the next day.

    Raises ValueError with a sentence that says which part is wrong and shows an example.
    """
    return Hours(tuple(_window(text) for text in texts))


def _window(text: str) -> Window:
    fields = text.lower().split()
    if len(fields) != 2:
        raise ValueError(f"it has {len(fields)} parts instead of two; {_EXAMPLE}")
    times = _TIMES.fullmatch(fields[1])
    if times is None:
        raise ValueError(f"behind the days there are no two times; {_EXAMPLE}")
    start, end = _time(times[1], times[2]), _time(times[3], times[4])
    if start == end:
        raise ValueError("it ends when it begins; the whole day is `00:00-24:00`")
    if start == DAY:
        raise ValueError(f"no day begins at 24:00; {_EXAMPLE}")
    try:
        days = EVERY_DAY if fields[0] == "daily" else weekdays(fields[0])
    except ValueError as error:
        raise ValueError(f"{error}; {_EXAMPLE}") from None
    return Window(days, start, end if end > start else end + DAY)


def _time(hour: str, minute: str) -> timedelta:
    found = timedelta(hours=int(hour), minutes=int(minute))
    if int(minute) > 59 or found > DAY:
        raise ValueError(f"a time is not between 00:00 and 24:00; {_EXAMPLE}")
    return found
