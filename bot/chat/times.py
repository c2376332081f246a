"""Times as people type them: `14:05`, `-10m`, `2026-03-01T14:05Z`, `14d`, `friday`."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from bot.chat.context import Context
from bot.chat.line import shown
from bot.incident.model import Refused

LONGEST = timedelta(days=3660)
"""Ten years: nobody means more, and the calendar ends somewhere."""

_FIRST_YEAR, _LAST_YEAR = 1990, 2200
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_PART = re.compile(r"([0-9]{1,7}) ?(s|m|min|h|d|w)")
_DURATION = re.compile(rf"(?:{_PART.pattern} ?)+")
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?(z?)")
_DASHES = str.maketrans("−–—", "---")
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def is_duration(text: str) -> bool:
    return bool(_DURATION.fullmatch(text.strip().lower()))


def is_ago(text: str) -> bool:
    """`-10m`, `-1h30m`, with whatever a phone makes of the dash."""
    return text[:1].translate(_DASHES) == "-" and is_duration(text[1:])


def duration(text: str) -> timedelta:
    """`90s`, `10m`, `2h`, `14d`, `1w`, `1h30m`. Raises Refused for anything else."""
    low = text.strip().lower()
    if not is_duration(low):
        raise Refused(f"`{shown(text)}` is not a length of time.", "For example: `90s`, `30m`, `1h30m`, `14d`, `1w`")
    total = timedelta(seconds=sum(int(count) * _UNITS[unit[0]] for count, unit in _PART.findall(low)))
    if total > LONGEST:
        raise Refused(f"`{shown(text)}` is longer than ten years.", "For example: `30m`, `14d`")
    return total


def instant(text: str, context: Context, *, ahead: timedelta | None = None) -> datetime:
    """The instant (UTC) that `text` means to somebody in `context.zone`.

    A time of day is today's, and yesterday's if today's is still to come. With `ahead` it is the next one instead,
    unless it was no longer ago than that.
    """
    low = text.strip().lower().translate(_DASHES)
    try:
        if low == "now":
            return context.at
        if low[:1] in ("-", "+"):
            length = duration(low[1:])
            return context.at - length if low[0] == "-" else context.at + length
        if clock := _CLOCK.fullmatch(low):
            return _clock(clock, context, ahead)
        # A zone or none: `fromisoformat` knows both, and the letters only in capitals.
        said = datetime.fromisoformat(low.upper())
        return _sane(_zoned(said, context).astimezone(UTC))
    except (ValueError, OverflowError) as error:
        raise Refused(
            f"`{shown(text)}` is not a time I understand.", "For example: `14:05`, `-10m`, `2026-03-01T14:05Z`"
        ) from error


def due(text: str, context: Context) -> datetime:
    """Until when: `14d`, `2026-12-01`, `tomorrow`, `friday` (the next one). A day means its end, in UTC, so that it
    is shown as the same date everywhere the timeline is."""
    low = text.strip().lower()
    today = context.at.astimezone(ZoneInfo(context.zone)).date()
    if is_duration(low):
        return context.at + duration(low)
    ahead = {"today": 0, "tomorrow": 1}.get(low)
    if ahead is None and len(low) >= 2:
        day = next((number for number, name in enumerate(_DAYS) if name == low or name[:3] == low), None)
        ahead = None if day is None else (day - today.weekday() - 1) % 7 + 1
    try:
        said = today + timedelta(days=ahead) if ahead is not None else date.fromisoformat(low)
        return _sane(datetime.combine(said, time(23, 59), tzinfo=UTC))
    except (ValueError, OverflowError) as error:
        raise Refused(
            f"`{shown(text)}` is not a date I understand.", "For example: `due=14d`, `due=friday`, `due=2026-12-01`"
        ) from error


def _clock(clock: re.Match[str], context: Context, ahead: timedelta | None) -> datetime:
    zone: tzinfo = UTC if clock[4] else ZoneInfo(context.zone)
    local = context.at.astimezone(zone)
    said = time(int(clock[1]), int(clock[2]), int(clock[3] or 0))
    day = local.date()
    if ahead is not None and _on(day, said, zone) < context.at - ahead:
        day += timedelta(days=1)
    if ahead is None and _on(day, said, zone) > context.at:
        day -= timedelta(days=1)
    return _on(day, said, zone)


def _on(day: date, said: time, zone: tzinfo) -> datetime:
    return datetime.combine(day, said, tzinfo=zone).astimezone(UTC)


def _sane(said: datetime) -> datetime:
    """The calendar has an end where adding a day fails, and no incident is that far away."""
    if not _FIRST_YEAR <= said.year <= _LAST_YEAR:
        raise ValueError(f"year {said.year}")
    return said


def _zoned(said: datetime, context: Context) -> datetime:
    return said if said.tzinfo else said.replace(tzinfo=ZoneInfo(context.zone))
