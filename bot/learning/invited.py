"""What the configuration says of the lean coffee, as an invitation for calendars."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.coffee.invitation import Invitation, Series
from bot.config import Config
from bot.crons import WEEKDAYS, Cron, weekdays
from bot.learning.occurrences import ByCron, Occurrences, Skipped
from bot.oncall.wall import instant, wall

DATES = 12
"""So many of the next ones, where there is no rule that calendars know."""

AHEAD, BEFORE = timedelta(days=730), timedelta(days=60)
"""Days off that are left out of a series: those of the time around now. A calendar that is subscribed asks again."""

WEEK = timedelta(weeks=1)


def invitation(config: Config, comes: Occurrences | None, link: str, now: datetime) -> Invitation | None:
    """None: nobody says when people meet. `comes` is when they do, `link` where. May take a second, and raise as `comes`."""
    section = config.coffee
    if section is None or comes is None:
        return None
    zone: ZoneInfo = section.zone or config.zone
    planned = comes.planned if isinstance(comes, Skipped) else comes
    series: Series | None = None
    if section.cron is not None and _weekly(section.cron):
        named = sorted(weekdays(section.cron.weekday))
        # The same all year, so that a calendar keeps what people added to it.
        year = instant(datetime.combine(date(wall(now - BEFORE, zone).year, 1, 1), time()), zone)
        first = ByCron(section.cron, zone).after(year - timedelta(seconds=1))
        days = tuple(WEEKDAYS[day] for day in named)
        series = Series(wall(first, zone), 1, days) if first else None
    elif section.cron is None and section.every is not None and section.start is not None and not section.every % WEEK:
        series = Series(section.start, section.every // WEEK)
    if series is None:
        return Invitation(zone, section.length, link, None, _next(comes, now))
    left_out = _left_out(comes, planned, zone, now)
    return Invitation(zone, section.length, link, Series(series.start, series.weeks, series.weekdays, left_out))


def _weekly(cron: Cron) -> bool:
    """Once on each of the weekdays it names."""
    return (cron.day, cron.month) == ("*", "*") and cron.weekday != "*" and (cron.minute + cron.hour).isdecimal()


def _next(comes: Occurrences, now: datetime) -> tuple[datetime, ...]:
    found: list[datetime] = []
    at: datetime | None = now
    while at is not None and len(found) < DATES:
        at = comes.after(at)
        found += [at] if at else []
    return tuple(found)


def _left_out(comes: Occurrences, planned: Occurrences, zone: ZoneInfo, now: datetime) -> tuple[datetime, ...]:
    if not isinstance(comes, Skipped):
        return ()
    # Whole days, so that the calendar stays the same from minute to minute.
    at: datetime | None = now.replace(hour=0, minute=0, second=0, microsecond=0) - BEFORE
    until, found = now + AHEAD, list[datetime]()
    while at is not None and (at := planned.after(at)) is not None and at <= until:
        local = wall(at, zone)
        if comes.is_off(local.date()):
            found.append(local)
    return tuple(found)
