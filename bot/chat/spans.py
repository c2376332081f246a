"""Stretches of time as people type them: `18:00-22:00`, `tomorrow 18:00-22:00`, `until 22:00`, `4h`, `friday`,
`24.12. 18:00 to 26.12. 09:00`. They lie ahead: a time of day is the next one."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.chat import times
from bot.chat.context import Context
from bot.chat.line import shown
from bot.incident.model import Refused

Span = tuple[datetime, datetime]

_CLOCK = r"[0-9]{1,2}[:.]?[0-9]{2}"
_HOURS = re.compile(rf"(?:(?P<day>.*\S)\s+)?(?P<first>{_CLOCK})\s*-\s*(?P<last>{_CLOCK})")
_UNTIL = re.compile(r"(?:until|till|to|bis)\s+(.+)")
_BETWEEN = re.compile(r"(?:from\s+|von\s+)?(.+?)(?:\s+(?:until|till|to|bis|-)\s+)(.+)")
_DAYS = re.compile(r"(\S+\.)\s*-\s*(\S+\.)")
_DAY_AND_CLOCK = re.compile(rf"(\S+),?\s+({_CLOCK})")
_DASHES = str.maketrans("−–—", "---")
DAY = timedelta(days=1)


def span(text: str, context: Context) -> Span:
    """From when until when (UTC) `text` means to somebody in `context.zone`. Raises Refused for what is none."""
    low = " ".join(text.lower().translate(_DASHES).replace(" uhr", "").split())
    try:
        return _hours(low, context) or _between(low, context) or _whole(low, context)
    except (ValueError, OverflowError) as error:
        raise Refused(
            f"`{shown(text)}` is no time from when until when.",
            "For example: `18:00-22:00`, `friday 18:00-22:00`, `until 22:00`, `4h`, `24.12. 18:00 to 26.12. 09:00`",
        ) from error


def day(text: str, context: Context) -> Span | None:
    """A whole day by its name or date; None for anything else."""
    try:
        return _whole(text.strip().lower(), context) if not times.is_duration(text) else None
    except (ValueError, OverflowError):
        return None


def _hours(low: str, context: Context) -> Span | None:
    found = _HOURS.fullmatch(low)
    if found is None:
        return None
    first, last = _clock(found["first"]), _clock(found["last"])
    if found["day"]:
        return _on(_day(found["day"], context), first, last, context)
    today = context.at.astimezone(ZoneInfo(context.zone)).date()
    # What began yesterday evening may still be going on.
    days = (today - DAY, today, today + DAY)
    return next(ahead for one in days if (ahead := _on(one, first, last, context))[1] > context.at)


def _on(day: date, first: timedelta, last: timedelta, context: Context) -> Span:
    start = _at(day, first, context)
    return start, _at(day if last > first else day + DAY, last, context)


def _between(low: str, context: Context) -> Span | None:
    if times.is_duration(low):
        return context.at, context.at + times.duration(low)
    if until := _UNTIL.fullmatch(low):
        return context.at, _moment(until[1], context)
    if days := _DAYS.fullmatch(low):
        first, last = _day(days[1], context), _day(days[2], context)
        return _at(first, timedelta(), context), _at(last, DAY, context)
    if between := _BETWEEN.fullmatch(low):
        start = _moment(between[1], context)
        clock = re.fullmatch(_CLOCK, between[2])
        if clock is None:
            return start, _moment(between[2], context, ends=True)
        # A time of day behind another time is the first one after that.
        day = start.astimezone(ZoneInfo(context.zone)).date()
        ends = _at(day, _clock(clock[0]), context)
        return start, ends if ends > start else _at(day + DAY, _clock(clock[0]), context)
    return None


def _whole(low: str, context: Context) -> Span:
    day = _day(low, context)
    return _at(day, timedelta(), context), _at(day, DAY, context)


def _moment(low: str, context: Context, *, ends: bool = False) -> datetime:
    """One end of a stretch; a day is its beginning, or its end."""
    if both := _DAY_AND_CLOCK.fullmatch(low):
        return _at(_day(both[1], context), _clock(both[2]), context)
    try:
        return _at(times.day_ahead(low, _today(context)), DAY if ends else timedelta(), context)
    except ValueError:
        return times.instant(low, context, ahead=timedelta(0))


def _day(low: str, context: Context) -> date:
    return times.day_ahead(low, _today(context))


def _today(context: Context) -> date:
    return context.at.astimezone(ZoneInfo(context.zone)).date()


def _clock(text: str) -> timedelta:
    digits = text.replace(":", "").replace(".", "").rjust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if minutes > 59 or timedelta(hours=hours, minutes=minutes) > DAY:
        raise ValueError("no time of day")
    return timedelta(hours=hours, minutes=minutes)


def _at(day: date, clock: timedelta, context: Context) -> datetime:
    """On the wall clock of the zone."""
    return (datetime.combine(day, time()) + clock).replace(tzinfo=ZoneInfo(context.zone)).astimezone(UTC)
