"""The time. The only module of the adapters that asks for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class SystemClock:
    """The machine's clock, made safe: it follows every step forward and never goes back.

    Should the machine's clock be set back, time goes on from where it was at the pace of the monotonic clock, so
    that no lease and no escalation waits for the hours to pass a second time.
    """

    def __init__(
        self, wall: Callable[[], datetime] = lambda: datetime.now(UTC), ticks: Callable[[], float] = time.monotonic
    ) -> None:
        """`wall` is what the machine says it is, `ticks` are seconds that only ever pass."""
        self._wall = wall
        self._ticks = ticks
        self._anchor = wall()
        self._anchored = ticks()

    def now(self) -> datetime:
        elapsed = self._anchor + timedelta(seconds=self._ticks() - self._anchored)
        wall = self._wall()
        if wall > elapsed:
            self._anchor, self._anchored = wall, self._ticks()
            return wall
        return elapsed
