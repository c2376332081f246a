"""How long to wait before what failed is tried again."""

from __future__ import annotations

from datetime import timedelta
from zlib import crc32

FIRST = 1.0
MOST = 300.0
"""Seconds."""


def backoff(key: str, attempt: int, most: float = MOST) -> timedelta:
    """How long to wait after try `attempt`: doubling from a second to `most` seconds, spread by half so that what
    failed together does not return together. The spread comes from the key: with the same one the wait is the same."""
    longest = min(most, FIRST * 2 ** min(attempt - 1, 16))
    spread = crc32(f"{key}:{attempt}".encode()) / 0xFFFFFFFF
    return timedelta(seconds=longest * (0.5 + spread / 2))
