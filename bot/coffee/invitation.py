"""The lean coffee as something for a calendar: a series where there is a rule that calendars know, else its next dates. Data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Series:
    """From `start` on every so many `weeks`, on these `weekdays` (`mon`; empty: that of the start), but not at `left_out`. All on the wall
    clock, without an offset."""

    start: datetime
    weeks: int = 1
    weekdays: tuple[str, ...] = ()
    left_out: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class Invitation:
    """`series` None: only the `dates` (UTC) are known. `link` is where people meet, empty: nowhere that has an address."""

    zone: ZoneInfo
    length: timedelta
    link: str = ""
    series: Series | None = None
    dates: tuple[datetime, ...] = ()
