"""Times as people type them, also in German: `14:05`, `4.30 Uhr`, `-10m`, `26.11. 23:00`, `14d`, `friday`.

What could mean two things is asked about, with the line that says which: nobody at three in the morning notices that a
slip went to yesterday. `help times` (`bot.chat.manual`) tells people all of this.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from bot.chat.context import Context
from bot.chat.line import Typed, shown
from bot.incident.model import Refused

LONGEST = timedelta(days=3660)
"""Ten years: nobody means more, and the calendar ends somewhere."""

NEAR = timedelta(hours=12)
"""How long ago a time of day may be without its date: any further, and the other half of the day is as likely."""

_FIRST_YEAR, _LAST_YEAR = 1990, 2200
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_PART = re.compile(r"([0-9]{1,7}) ?(s|m|min|h|d|w)")
_DURATION = re.compile(rf"(?:{_PART.pattern} ?)+")
_CLOCK = re.compile(r"([0-9]{1,2})[:.]([0-9]{2})(?::([0-9]{2}))?(z?)")
_FOUR_DIGITS = re.compile(r"([0-9]{2})([0-9]{2})()()")
_DAY = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})?")
_DAY_AND_CLOCK = re.compile(r"([0-9.]+)(?:t|,? +)([0-9:.]+z?)")
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[t ].*)?")
_DASHES = str.maketrans("−–—", "---")
_NAMES = (("today", "heute"), ("tomorrow", "morgen"), ("übermorgen", "uebermorgen"))
_DAYS = (
    ("monday", "mon", "montag", "mo"),
    ("tuesday", "tue", "dienstag", "di"),
    ("wednesday", "wed", "mittwoch", "mi"),
    ("thursday", "thu", "donnerstag", "do"),
    ("friday", "fri", "freitag", "fr"),
    ("saturday", "sat", "samstag", "sa"),
    ("sunday", "sun", "sonntag", "so"),
)


def is_duration(text: str) -> bool:
    return bool(_DURATION.fullmatch(text.strip().lower()))


def is_ago(text: str) -> bool:
    """`-10m`, `-1h30m`, with whatever a phone makes of the dash."""
    return text[:1].translate(_DASHES) == "-" and is_duration(text[1:])


def is_time(text: str) -> bool:
    """Whether `text` is written like an instant, a length or a day, be there such a one or not."""
    low = text.strip().lower().translate(_DASHES).removesuffix("uhr").rstrip()
    named = {"now", *(name for names in (*_NAMES, *_DAYS) for name in names)}
    shapes = (_CLOCK, _FOUR_DIGITS, _DAY, _DAY_AND_CLOCK, _ISO)
    return low in named or is_duration(low.lstrip("+-")) or any(shape.fullmatch(low) for shape in shapes)


def duration(text: str) -> timedelta:
    """`90s`, `10m`, `2h`, `14d`, `1w`, `1h30m`. Raises Refused for anything else."""
    low = text.strip().lower()
    if not is_duration(low):
        raise Refused(f"`{shown(text)}` is not a length of time.", "For example: `90s`, `30m`, `1h30m`, `14d`, `1w`")
    total = timedelta(seconds=sum(int(count) * _UNITS[unit[0]] for count, unit in _PART.findall(low)))
    if total > LONGEST:
        raise Refused(f"`{shown(text)}` is longer than ten years.", "For example: `30m`, `14d`")
    return total


def given(typed: Typed, key: str, context: Context, *, ahead: timedelta | None = None) -> datetime | None:
    """The instant (UTC) of `key=`; None when it was not typed."""
    text = typed.get(key)
    return instant(text, context, ahead=ahead, key=key) if text else None


def instant(text: str, context: Context, *, ahead: timedelta | None = None, key: str = "at") -> datetime:
    """The instant (UTC) that `text` means to somebody in `context.zone` who typed it behind `key=`.

    A time of day is the nearest that has passed, and refused when that is more than 12 hours ago. With `ahead` it is the
    next one instead, unless it was no longer ago than that. A day without a year is the nearest one.
    """
    low = text.strip().lower().translate(_DASHES).removesuffix("uhr").rstrip()
    try:
        if low == "now":
            return context.at
        if low[:1] in ("-", "+"):
            length = duration(low[1:])
            return context.at - length if low[0] == "-" else context.at + length
        if is_duration(low):
            sign = "-" if ahead is None else "+"
            hint = f"Did you mean `{key}={sign}{low.replace(' ', '')}`?"
            raise Refused(f"`{shown(text)}` is a length of time.", hint)
        if clock := _CLOCK.fullmatch(low) or _FOUR_DIGITS.fullmatch(low):
            return _clock(clock, context, ahead, key)
        return _sane(_dated(low, context))
    except (ValueError, OverflowError) as error:
        raise Refused(
            f"`{shown(text)}` is not a time I understand.",
            "`help times` shows how they are written, for example `14:05`, `-10m`, `2026-03-01T14:05`",
        ) from error


def due(text: str, context: Context) -> datetime:
    """Until when: `14d`, `2026-12-01`, `1.12.`, `tomorrow`, `friday` (the next one). A day means its end, in UTC, so
    that it is shown as the same date everywhere the timeline is."""
    low = text.strip().lower()
    today = context.at.astimezone(ZoneInfo(context.zone)).date()
    if is_duration(low):
        return context.at + duration(low)
    try:
        return _sane(datetime.combine(day_ahead(low, today), time(23, 59), tzinfo=UTC))
    except (ValueError, OverflowError) as error:
        raise Refused(
            f"`{shown(text)}` is not a date I understand.",
            "`help times` shows how they are written, for example `due=14d`, `due=friday`, `due=2026-12-01`",
        ) from error


def day_ahead(low: str, today: date) -> date:
    """The next day of that name or date, in small letters; `tomorrow`, `friday`, `24.12.`, `2026-12-24`. Raises ValueError."""
    for ahead, names in enumerate(_NAMES):
        if low in names:
            return today + timedelta(days=ahead)
    for number, day_names in enumerate(_DAYS):
        if low in day_names:
            return today + timedelta(days=(number - today.weekday() - 1) % 7 + 1)
    if day := _DAY.fullmatch(low) or _DAY.fullmatch(f"{low}."):
        # Leap years are up to eight years apart.
        years = [int(day[3])] if day[3] else range(today.year, today.year + 9)
        return next(found for found in _days(day, years) if day[3] or found >= today)
    return date.fromisoformat(low)


def _days(day: re.Match[str], years: Iterable[int]) -> list[date]:
    """That day in each of the `years` that has it. Raises ValueError when none has."""
    found = []
    for year in years:
        try:
            found.append(date(year, int(day[2]), int(day[1])))
        except ValueError:
            continue
    if not found:
        raise ValueError("no such day")
    return found


def _dated(low: str, context: Context) -> datetime:
    """A date and a time of day: `26.11. 23:00`, or as ISO 8601 writes them."""
    parts = _DAY_AND_CLOCK.fullmatch(low)
    day, clock = (_DAY.fullmatch(parts[1]), _CLOCK.fullmatch(parts[2])) if parts else (None, None)
    if day is None or clock is None:
        # A zone or none: `fromisoformat` knows both, and the letters only in capitals.
        said = datetime.fromisoformat(low.upper())
        return (said if said.tzinfo else said.replace(tzinfo=ZoneInfo(context.zone))).astimezone(UTC)
    years = [int(day[3])] if day[3] else range(context.at.year - 1, context.at.year + 2)
    zone = _zone(clock, context)
    return min((_on(one, _time(clock), zone) for one in _days(day, years)), key=lambda one: abs(one - context.at))


def _clock(clock: re.Match[str], context: Context, ahead: timedelta | None, key: str) -> datetime:
    zone, said = _zone(clock, context), _time(clock)
    day = context.at.astimezone(zone).date()
    today = _on(day, said, zone)
    if ahead is not None:
        return today if today >= context.at - ahead else _on(day + timedelta(days=1), said, zone)
    before = day if today <= context.at else day - timedelta(days=1)
    if context.at - _on(before, said, zone) <= NEAR:
        return _on(before, said, zone)
    written = f"{said:%H:%M:%S}" if clock[3] else f"{said:%H:%M}"
    offer = f"`{key}={before}T{written}{'Z' if clock[4] else ''}`"
    named = f"{written} UTC" if clock[4] else written
    if before == day:
        raise Refused(f"{named} was more than 12 hours ago.", f"For today: {offer}")
    raise Refused(f"{named} is still to come today.", f"For yesterday: {offer}")


def _zone(clock: re.Match[str], context: Context) -> tzinfo:
    return UTC if clock[4] else ZoneInfo(context.zone)


def _time(clock: re.Match[str]) -> time:
    return time(int(clock[1]), int(clock[2]), int(clock[3] or 0))


def _on(day: date, said: time, zone: tzinfo) -> datetime:
    return datetime.combine(day, said, tzinfo=zone).astimezone(UTC)


def _sane(said: datetime) -> datetime:
    """The calendar has an end where adding a day fails, and no incident is that far away."""
    if not _FIRST_YEAR <= said.year <= _LAST_YEAR:
        raise ValueError(f"year {said.year}")
    return said
