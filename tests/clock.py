"""A clock you push forward."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)


class FakeClock:
    def __init__(self, now: datetime = START) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def forward(self, **by: float) -> None:
        self._now += timedelta(**by)

    def back(self, **by: float) -> None:
        """What an operator's `date -s` may do; the real clock hides it from us, see adapters/clock.py."""
        self._now -= timedelta(**by)
