"""Events that are kept before Slack is told that we have them, and done one after the other in each channel.

Slack sends an event again until it is acknowledged, and never after. So it is in our database by then; what a crash leaves there
is done by whoever looks next. Done twice it is once: it carries an id by which the same one is known. A line is answered, too, so
of all that tell of it (a mention comes as two events, and each may come again, to another process) one is done.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import timedelta

from adapters.chat.slack.events import Event
from bot.backoff import backoff
from bot.memory import Memory
from bot.ports import Clock, Overloaded, Rejected, Unavailable
from bot.store import StoreUnavailable

log = logging.getLogger(__name__)

PREFIX = "event:"

LINE = "line:"
"""Under it and the message stands the key of the event that is done."""

LINES_KEPT = timedelta(days=1)

LEFT = timedelta(minutes=1)
"""What is kept for longer was left by a process that is no more, or one that has trouble, too."""

MOST = 2_000
"""Events that wait at the same time; the next one is not acknowledged, and Slack sends it again."""

RECENT = 8_000
"""Ids and keys of which this process knows that it has seen them."""

TRIES_MOST = 60.0
"""Seconds between two tries."""

TRIES = 40
"""Then it is given up: about half an hour."""


class KeptEvents:
    """`handle` does one. Raises Unavailable, StoreUnavailable or Overloaded: try again; anything else: it is over."""

    def __init__(self, memory: Memory, clock: Clock, handle: Callable[[Event], Awaitable[None]]) -> None:
        self._memory = memory
        self._clock = clock
        self._handle = handle
        self._keeping = asyncio.Lock()
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._channels: dict[str, asyncio.Lock] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._last = 0

    async def take(self, event: Event) -> None:
        """Returns when it is kept. Raises StoreUnavailable or Overloaded: it is not."""
        if event.id in self._seen:
            return
        if len(self._tasks) >= MOST:
            raise Overloaded("too many events of Slack wait already")
        # One by one, so that they are done in the order in which they came.
        async with self._keeping:
            if event.id in self._seen:
                return
            self._last = max(self._last + 1, self._micros())
            key = f"{PREFIX}{self._last:020d}:{event.id}"
            await self._memory.keep({key: event.dumps()})
            self._saw(event.id)
            self._begin(key, event)

    async def catch_up(self, left: timedelta = timedelta(0)) -> None:
        """Begin with what was kept so long ago and never done. Raises StoreUnavailable."""
        await self._memory.forget_before(LINE, self._clock.now() - LINES_KEPT)
        newest = f"{PREFIX}{self._micros() - left // timedelta(microseconds=1):020d}"
        for key, text in (await self._memory.recall_all(PREFIX, MOST)).items():
            # Also what was done since they were looked up.
            if key in self._tasks or key in self._seen or (left and key > newest):
                continue
            try:
                event = Event.loads(text)
            except (TypeError, ValueError):
                log.warning("what is kept as %s is no event, and is forgotten", key)
                await self._memory.forget([key])
                continue
            self._saw(event.id)
            self._begin(key, event)

    async def aclose(self) -> None:
        """What is not done yet stays kept."""
        tasks = [*self._tasks.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _micros(self) -> int:
        return int(self._clock.now().timestamp() * 1_000_000)

    def _saw(self, id_: str) -> None:
        self._seen[id_] = None
        if len(self._seen) > RECENT:
            self._seen.popitem(last=False)

    def _begin(self, key: str, event: Event) -> None:
        self._saw(key)
        task = asyncio.create_task(self._in_turn(key, event), name=key)
        self._tasks[key] = task
        task.add_done_callback(lambda _: self._tasks.pop(key, None))

    async def _in_turn(self, key: str, event: Event) -> None:
        async with self._channels.setdefault(event.channel, asyncio.Lock()):
            await self._done(key, event)
            await self._forget(key)

    async def _do(self, key: str, event: Event) -> None:
        line = f"{LINE}{event.message}"
        if event.kind != "line" or await self._memory.keep_first(line, key) == key:
            await self._handle(event)

    async def _done(self, key: str, event: Event) -> None:
        for tried in range(1, TRIES + 1):
            try:
                return await self._do(key, event)
            except Rejected as error:
                return log.info("%s meant nothing: %s", key, error.reason)
            except (Unavailable, StoreUnavailable, Overloaded) as error:
                asked = error.retry_after if isinstance(error, Unavailable) else None
                log.warning("%s is tried again: %s", key, error)
                wait = max(backoff(key, tried, TRIES_MOST), asked) if asked else backoff(key, tried, TRIES_MOST)
            except Exception:
                # Whoever listens goes on listening.
                log.exception("a bug while handling %s", key)
                return None
            await asyncio.sleep(wait.total_seconds())
        return log.error("%s was tried %d times, and is given up", key, TRIES)

    async def _forget(self, key: str) -> None:
        try:
            await self._memory.forget([key])
        except StoreUnavailable:
            log.warning("%s is done and stays kept: it is done again after a restart, and changes nothing then", key)
