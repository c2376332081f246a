"""One kind of request that a homeserver limits: while it said "not now", nobody else asks.

The limits are Synapse's `rc_message`, `rc_room_creation` and `rc_invites`; other homeservers answer in the same form
(https://spec.matrix.org/latest/client-server-api/#rate-limiting).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from bot.ports import Unavailable

REMEMBERED = 120.0
"""Seconds for which requests go one after the other, when one was too many. All that wait come back at the same moment; so the
first of them is let in, and the second finds out for the rest whether there is room for more."""

UNSAID = timedelta(seconds=5)
"""How long is waited when the homeserver does not say."""

LONGEST_WAIT = timedelta(minutes=10)
"""A `retry_after_ms` beyond this is taken for this: limits change, and somebody waits."""

LIMITED = {"send": "messages", "state": "messages", "createRoom": "new rooms", "invite": "invitations"}
"""Requests that a homeserver counts, and as what: a state event is one like a message."""


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


def limit_of(path: Sequence[str], body: Mapping[str, Any]) -> str:
    """What it is counted as by itself; empty: not at all. Invitations are counted by who is invited, too, and that is the narrowest limit
    (Synapse: `rc_invites.per_user`): whoever was brought into many rooms keeps nobody else out."""
    counted = next((LIMITED[part] for part in path if part in LIMITED), "")
    return f"{counted} of {body.get('user_id')}" if counted == LIMITED["invite"] else counted


def wait_of(body: Mapping[str, Any]) -> timedelta | None:
    """How long the answer says to wait; None: it does not."""
    said = body.get("retry_after_ms")
    if not isinstance(said, int | float) or not 0 <= said < 1e12:
        return None
    return min(timedelta(milliseconds=said), LONGEST_WAIT)
