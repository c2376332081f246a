"""How often a method may be called: https://docs.slack.dev/apis/web-api/rate-limits."""

from __future__ import annotations

import math
from collections import defaultdict, deque

from tests.contract.servers.slack.clock import Passing

PER_MINUTE = {1: 1, 2: 20, 3: 50, 4: 100}
"""Calls of one method, by its tier."""

POSTS_PER_MINUTE = 300
BURST = 5
MINUTE = 60.0


class Limits:
    """`pace`: the clock of the limits runs that many times as fast."""

    def __init__(self, passing: Passing, pace: float = 1.0) -> None:
        self._passing = passing
        self._pace = pace
        self._calls: dict[str, deque[float]] = defaultdict(deque)
        self._spent: dict[str, tuple[float, float]] = {}

    def ask(self, method: str, tier: int, channel: str = "") -> int:
        """0: go on; else the whole seconds after which to come again. What is refused does not count."""
        now = self._passing.now() * self._pace
        most = POSTS_PER_MINUTE if method == "chat.postMessage" else PER_MINUTE.get(tier, 0)
        calls = self._calls[method]
        while calls and calls[0] <= now - MINUTE:
            calls.popleft()
        if most and len(calls) >= most:
            return self._seconds(calls[0] + MINUTE - now)
        if method == "chat.postMessage":
            used, at = self._spent.get(channel, (0.0, now))
            used = max(0.0, used - (now - at))
            if used > BURST - 1:
                return self._seconds(used - (BURST - 1))
            self._spent[channel] = (used + 1, now)
        calls.append(now)
        return 0

    def _seconds(self, left: float) -> int:
        return max(1, math.ceil(left / self._pace))
