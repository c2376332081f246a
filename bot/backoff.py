"""How long to wait before what failed is tried again."""

from __future__ import annotations

from datetime import timedelta
from zlib import crc32

from bot.incident.terms import Severity

FIRST = 1.0
MOST = 300.0
"""Seconds."""

SHORTEST = timedelta(seconds=1)
"""Between two tries, whatever a provider says."""

STEP = timedelta(seconds=0.2)
"""Between two severities that were told to come back at the same moment."""


def backoff(key: str, attempt: int, most: float = MOST) -> timedelta:
    """How long to wait after try `attempt`: doubling from a second to `most` seconds, spread by half so that what
    failed together does not return together. The spread comes from the key: with the same one the wait is the same."""
    longest = min(most, FIRST * 2 ** min(attempt - 1, 16))
    spread = crc32(f"{key}:{attempt}".encode()) / 0xFFFFFFFF
    return timedelta(seconds=longest * (0.5 + spread / 2))


def later(asked: timedelta, severity: Severity | None) -> timedelta:
    """How long to wait where a provider said how long. It says the same to all who wait, and may take only one of them then: so what is
    less urgent comes a little later. Without a severity it does not."""
    behind = [*Severity].index(severity) if severity else 0
    return max(asked + behind * STEP, SHORTEST)
