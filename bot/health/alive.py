"""The bot's own sign of life, for whoever notices outside that it has stopped (`http.heartbeat`).

It is sent only while the bot does its work: a process that merely runs wakes nobody.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import timedelta

from bot.inbox import Writer
from bot.ports import DeliveryError
from bot.store import Claimed, Outbox, Retry

log = logging.getLogger(__name__)

STUCK = 30.0
"""Seconds without a look for what is to be done outside. The delivery loop looks each second, a transaction may take 15."""


class Pulse:
    """`bot.store.Outbox`, which knows when somebody last took from it what was due."""

    def __init__(self, outbox: Outbox, ticks: Callable[[], float] = time.monotonic) -> None:
        self._outbox = outbox
        self._ticks = ticks
        self._claimed = ticks()

    @property
    def idle(self) -> float:
        """Seconds since then."""
        return self._ticks() - self._claimed

    def claim(self, limit: int, lease: timedelta, *, urgent: bool = False, full: Collection[str] = ()) -> list[Claimed]:
        found = self._outbox.claim(limit, lease, urgent=urgent, full=full)
        self._claimed = self._ticks()
        return found

    def renew(self, held: Sequence[Claimed], lease: timedelta) -> None:
        self._outbox.renew(held, lease)

    def retry(self, retries: Sequence[Retry]) -> None:
        self._outbox.retry(retries)

    def release(self, held: Sequence[Claimed]) -> None:
        self._outbox.release(held)

    def next_due(self) -> timedelta | None:
        return self._outbox.next_due()


class Work:
    """Whether the bot does what it is for: the database answers and is written to, and the delivery loop delivers. `ready` answers
    what is wrong, a sentence each."""

    def __init__(self, ready: Callable[[], Awaitable[list[str]]], writer: Writer, pulse: Pulse) -> None:
        self._ready = ready
        self._writer = writer
        self._pulse = pulse
        self._done = -1
        """How many requests the writer had answered when some waited; -1: none did."""

    async def problems(self) -> list[str]:
        """What is wrong, a sentence each; nothing: all is well. That the writer stands still shows the second time one asks."""
        found = await self._ready()
        if self._pulse.idle > STUCK:
            found = [*found, f"Nothing was taken out of the outbox for {self._pulse.idle:.0f} s"]
        done = self._writer.done if self._writer.waiting else -1
        if done >= 0 and done == self._done:
            found = [*found, f"The writer stands still, with {self._writer.waiting} waiting for it"]
        self._done = done
        return found


class Alive:
    """Sends a sign of life each `every`. `send` raises Unavailable or Rejected; `problems` is why none may be sent."""

    def __init__(
        self,
        send: Callable[[], Awaitable[None]],
        problems: Callable[[], Awaitable[list[str]]],
        every: timedelta,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._send = send
        self._problems = problems
        self._every = every
        self._sleep = sleep
        self._trouble = ""
        self._held = False
        self.taken = False
        """Whether the last one was taken."""

    @property
    def troubles(self) -> list[str]:
        """That the address outside does not take it, as a sentence."""
        return [f"The sign of life does not arrive: {self._trouble}"] if self._trouble else []

    async def run(self) -> None:
        """Until cancelled, whatever happens. What failed is tried again with the next one."""
        while True:
            await self.beat()
            await self._sleep(self._every.total_seconds())

    async def beat(self) -> None:
        """Send one, or say why not."""
        try:
            problems = await self._problems()
            if problems:
                self._hold("; ".join(problems))
                return
            await self._send()
        except DeliveryError as error:
            self._fail(error.reason)
        except Exception as error:
            log.exception("a bug: no sign of life is sent to http.heartbeat")
            self._trouble, self.taken = f"internal error ({type(error).__name__})", False
        else:
            if self._trouble or self._held:
                log.info("signs of life arrive at http.heartbeat again")
            self._trouble, self._held, self.taken = "", False, True

    def _hold(self, why: str) -> None:
        if not self._held:
            log.warning("no sign of life is sent to http.heartbeat, for the bot does not do its work: %s", why)
        self._trouble, self._held, self.taken = "", True, False

    def _fail(self, reason: str) -> None:
        if reason != self._trouble:
            log.warning("no sign of life arrives, and each next one is a new try: %s", reason)
        self._trouble, self._held, self.taken = reason, False, False
