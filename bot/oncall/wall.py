"""Between the wall clock of a zone and the instants it shows. Pure."""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo


def wall(at: datetime, zone: ZoneInfo) -> datetime:
    """What the wall clock of `zone` shows at `at`, without an offset."""
    return at.astimezone(zone).replace(tzinfo=None)


def instant(local: datetime, zone: ZoneInfo) -> datetime:
    """The first instant, UTC, at which the wall clock of `zone` shows `local` or a later time.

    Of a time that comes twice that is the first; of a time that the clocks skip, the moment they skip it. So what
    comes later on the clock never comes earlier in fact.
    """
    first = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if wall(first, zone) == local:
        return first
    # Skipped: with the offset from before it lies behind the change, with the one from after in front of it (PEP 495).
    # Clocks change at whole seconds.
    before = local.replace(tzinfo=zone, fold=1).astimezone(UTC).replace(microsecond=0)
    seconds = range((first - before) // timedelta(seconds=1) + 1)
    return before + timedelta(
        seconds=bisect_left(seconds, local, key=lambda passed: wall(before + timedelta(seconds=passed), zone))
    )
