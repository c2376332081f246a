"""The time. The only module of the adapters that asks for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def passed() -> float:
    """Seconds that only ever pass, also while the machine is suspended: Linux leaves those out of its monotonic clock
    (https://man7.org/linux/man-pages/man2/clock_getres.2.html)."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class SystemClock:
    """The machine's clock, made safe: it follows every step forward and never goes back, whichever thread asks.

    Should the machine's clock be set back, time goes on from where it was at the pace of the seconds that pass, so
    that no lease and no escalation waits for the hours to pass a second time.
    """

    def __init__(
        self, wall: Callable[[], datetime] = lambda: datetime.now(UTC), ticks: Callable[[], float] = passed
    ) -> None:
        """`wall` is what the machine says it is, `ticks` are seconds that only ever pass."""
        self._wall = wall
        self._ticks = ticks
        self._lock = threading.Lock()
        self._anchor = wall()
        self._anchored = ticks()

    def now(self) -> datetime:
        # Both halves of the anchor belong together: half of a new one and half of an old one is a time that never was.
        with self._lock:
            ticks = self._ticks()
            elapsed = self._anchor + timedelta(seconds=ticks - self._anchored)
            wall = self._wall()
            if wall > elapsed:
                self._anchor, self._anchored = wall, ticks
                return wall
            return elapsed
