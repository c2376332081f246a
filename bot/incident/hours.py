"""What hours of the day mean to people: the same in a load report, in a digest and in a postmortem. Only a digest knows which days are off."""

from __future__ import annotations

from collections.abc import Set
from datetime import date, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo


class Hours(StrEnum):
    """On the wall clock of a zone: business is Monday to Friday from 9 to 18, sleep is from 23 to 7 on any day."""

    BUSINESS = "business"
    OFF = "off"
    SLEEP = "sleep"


BUSINESS = (time(9), time(18))
SLEEP = (time(23), time(7))


def hours_of(at: datetime, zone: ZoneInfo, off: Set[date] = frozenset()) -> Hours:
    """On the days `off` nobody works, as on a weekend."""
    local = at.astimezone(zone)
    if local.time() >= SLEEP[0] or local.time() < SLEEP[1]:
        return Hours.SLEEP
    working = works(local.date(), off) and BUSINESS[0] <= local.time() < BUSINESS[1]
    return Hours.BUSINESS if working else Hours.OFF


def works(day: date, off: Set[date] = frozenset()) -> bool:
    """Whether it is one of Monday to Friday, and none of the days `off`."""
    return day.weekday() < 5 and day not in off
