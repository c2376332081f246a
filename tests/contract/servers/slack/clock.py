"""The time by which what Slack hands out gets old."""

from __future__ import annotations

import time


class Passing:
    """`time.monotonic`, and what a test lets pass in no time."""

    def __init__(self) -> None:
        self._skipped = 0.0
        self._stopped: float | None = None

    def now(self) -> float:
        return (time.monotonic() if self._stopped is None else self._stopped) + self._skipped

    def stop(self) -> None:
        """From now on nothing passes but what is skipped: what is good for three seconds is so on a busy machine, too."""
        self._stopped = time.monotonic()

    def skip(self, seconds: float) -> None:
        self._skipped += seconds
