"""What hours of the day mean to people: the same in a load report, in a digest and in a postmortem."""

from __future__ import annotations

from datetime import datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo


class Hours(StrEnum):
    """On the wall clock of a zone: business is Monday to Friday from 9 to 18, sleep is from 23 to 7 on any day."""

    BUSINESS = "business"
    OFF = "off"
    SLEEP = "sleep"


BUSINESS = (time(9), time(18))
SLEEP = (time(23), time(7))


def hours_of(at: datetime, zone: ZoneInfo) -> Hours:
    local = at.astimezone(zone)
    if local.time() >= SLEEP[0] or local.time() < SLEEP[1]:
        return Hours.SLEEP
    working = local.weekday() < 5 and BUSINESS[0] <= local.time() < BUSINESS[1]
    return Hours.BUSINESS if working else Hours.OFF
