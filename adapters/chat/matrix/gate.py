"""One kind of request that a homeserver limits: while it said "not now", nobody else asks.

The limits are Synapse's `rc_message`, `rc_room_creation` and `rc_invites`; other homeservers answer in the same form
(https://spec.matrix.org/latest/client-server-api/#rate-limiting).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from bot.ports import Unavailable

REMEMBERED = 120.0
"""Seconds for which requests go one after the other, when one was too many. All that wait come back at the same moment; so the
first of them is let in, and the second finds out for the rest whether there is room for more."""

UNSAID = timedelta(seconds=5)
"""How long is waited when the homeserver does not say."""


class Gate:
    def __init__(self, what: str, limited: Callable[[Unavailable], bool], now: Callable[[], float]) -> None:
        self._what = what
        self._limited = limited
        self._now = now
        self._until = float("-inf")
        self._one = asyncio.Lock()

    async def through(self, ask: Callable[[], Awaitable[Any]]) -> Any:
        """What `ask` answers. Raises what it raises; and Unavailable, with the time that is left, without asking while we were
        told to wait."""
        if self._now() < self._until + REMEMBERED:
            async with self._one:
                return await self._ask(ask)
        return await self._ask(ask)

    async def _ask(self, ask: Callable[[], Awaitable[Any]]) -> Any:
        if (left := self._until - self._now()) > 0:
            raise Unavailable(f"{self._what}: the homeserver takes no more for now", timedelta(seconds=left))
        try:
            return await ask()
        except Unavailable as error:
            if self._limited(error):
                wait = error.retry_after or UNSAID
                self._until = max(self._until, self._now() + wait.total_seconds())
            raise
