"""Which time somebody means who asks for the digest of a week."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.chat.line import shown
from bot.incident.model import Refused
from bot.oncall.wall import instant, wall

WEEK = timedelta(weeks=1)
FIRST_YEAR = 2000
"""Nothing was recorded before then."""

_WEEK = re.compile(r"(?:([0-9]{4})-?)?W?([0-9]{1,2})", re.IGNORECASE)
_EXAMPLE = "Write it like `week=2026-W47`, or leave it out for the last seven days."


def period(week: str, now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From when until just before when (UTC) `week` is: an ISO week in `zone`, of which the one that runs ends now; empty: the seven
    days until now. Without a year it is the last one that has begun. Raises Refused."""
    if not week:
        return now - WEEK, now
    monday = _monday(week, wall(now, zone).date())
    start, end = (instant(datetime.combine(day, datetime.min.time()), zone) for day in (monday, monday + WEEK))
    if start >= now:
        raise Refused(f"Week {monday:%G-W%V} is yet to come.", _EXAMPLE)
    return start, min(end, now)


def _monday(week: str, today: date) -> date:
    found = _WEEK.fullmatch(week.strip())
    if found is None:
        raise Refused(f"`{shown(week)}` is no week.", _EXAMPLE)
    year, number = int(found[1] or today.isocalendar().year), int(found[2])
    if not FIRST_YEAR <= year <= today.year + 1:
        raise Refused(f"Nothing is known of {year}.", _EXAMPLE)
    mondays = (_first_day(one, number) for one in ([year] if found[1] else [year, year - 1]))
    monday = next((day for day in mondays if day and (found[1] or day <= today)), None)
    if monday is None:
        raise Refused(f"{year} has no week {number}.", _EXAMPLE)
    return monday


def _first_day(year: int, number: int) -> date | None:
    """None: the year has no such week. Only some have a 53rd."""
    try:
        return date.fromisocalendar(year, number, 1)
    except ValueError:
        return None
