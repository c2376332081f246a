"""One bounded queue, one writer: whatever comes in waits here and is done in batches, a transaction a batch.

Durable and fast for the same reason: a commit costs the same for one request as for a hundred. Whoever waits is
answered after the commit. A request that breaks its batch is found by trying one by one and hurts only itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from bot.alerts.model import Notification
from bot.handle import Outcome, Request, Rules, handle
from bot.oncall.escalation import Roster
from bot.ports import Overloaded
from bot.store import Conflict, Store, StoreUnavailable

log = logging.getLogger(__name__)

BATCH = 128
"""Requests in one transaction at most; more gains nothing and makes everybody wait for it."""

BATCH_ALERTS = 2000
"""Alerts in one transaction at most, unless a single request has more."""

QUEUE = 4096
"""Requests that may wait; the next one is told to come back."""

CONFLICTS = 5
"""How often a batch is decided again because another process was first."""


QUEUE_ALERTS = 50_000
"""Alerts that may wait in all, so that a few huge requests do not fill the memory; one request alone always may."""

STOPPING = "Klatsch is stopping; try again in a moment."


@dataclass(slots=True)
class _Waiting:
    request: Request
    answer: asyncio.Future[Outcome] = field(repr=False)


@dataclass(slots=True)
class Writes:
    """Whether the database takes what is written. `trouble` is why the last write failed, empty after one that worked;
    `worked` counts those. What was refused, or is a repeat, need not have written anything and counts as neither."""

    trouble: str = ""
    worked: int = 0


class Writer:
    """The one way in. `changed` is called after each commit, from the event loop."""

    def __init__(self, store: Store, rules: Rules, *, changed: Callable[[], None] = lambda: None) -> None:
        self._store = store
        self._rules = rules
        self._changed = changed
        self.writes = Writes()
        self._queue: deque[_Waiting] = deque()
        self._batch: list[_Waiting] = []
        self._alerts = 0
        self._wake = asyncio.Event()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writer")
        self._closing = False
        self.done = 0
        """How many requests were answered so far."""

    def follow(self, roster: Roster) -> None:
        """Who is on call changed: what is decided from now on knows it."""
        self._rules = replace(self._rules, roster=roster)

    @property
    def waiting(self) -> int:
        """How many requests wait."""
        return len(self._queue)

    async def submit(self, request: Request) -> Outcome:
        """Do it and answer once it is committed. Raises Overloaded or StoreUnavailable: it was not done."""
        if self._closing:
            raise Overloaded(STOPPING)
        alerts = _alerts(request)
        if len(self._queue) >= QUEUE or (alerts and self._alerts and self._alerts + alerts > QUEUE_ALERTS):
            raise Overloaded("Too much is waiting already; try again in a moment.")
        waiting = _Waiting(request, asyncio.get_running_loop().create_future())
        self._queue.append(waiting)
        self._alerts += alerts
        self._wake.set()
        return await waiting.answer

    async def run(self) -> None:
        """Drain the queue until `stop`; then finish what waits. Should it end otherwise, who waits is told to come back."""
        try:
            await self._run()
        finally:
            self._closing = True
            for item in (*self._batch, *self._queue):
                if not item.answer.done():
                    item.answer.set_exception(Overloaded(STOPPING))
            self._thread.shutdown()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            while self._queue:
                batch = self._batch = self._next()
                answers = await loop.run_in_executor(self._thread, self._work, [item.request for item in batch])
                for item, answer in zip(batch, answers, strict=True):
                    if item.answer.done():
                        continue
                    if isinstance(answer, BaseException):
                        item.answer.set_exception(answer)
                    else:
                        item.answer.set_result(answer)
                self.done += len(batch)
                self._changed()
            if self._closing:
                return
            self._wake.clear()
            if not self._queue and not self._closing:
                await self._wake.wait()

    def stop(self) -> None:
        """Take nothing more; `run` returns when all that waits is done."""
        self._closing = True
        self._wake.set()

    def _next(self) -> list[_Waiting]:
        batch: list[_Waiting] = []
        alerts = 0
        while self._queue and len(batch) < BATCH:
            weight = _alerts(self._queue[0].request)
            if batch and alerts + weight > BATCH_ALERTS:
                break
            alerts += weight
            batch.append(self._queue.popleft())
        self._alerts -= alerts
        return batch

    def _work(self, requests: Sequence[Request]) -> list[Outcome | BaseException]:
        """An answer for each; runs in the writer's own thread."""
        for _ in range(CONFLICTS):
            try:
                outcomes = handle(self._store, requests, self._rules)
                if any(outcome.events for outcome in outcomes):
                    self.writes.trouble, self.writes.worked = "", self.writes.worked + 1
                return [*outcomes]
            except Conflict as conflict:
                log.info("another process was first, deciding again: %s", conflict)
            except StoreUnavailable as error:
                self.writes.trouble = str(error)
                log.warning("the database does not answer: %s", error)
                return [error] * len(requests)
            except Exception as error:
                if len(requests) == 1:
                    log.exception("a request could not be handled")
                    return [error]
                log.warning("a batch of %d failed, trying one by one", len(requests))
                return [answer for request in requests for answer in self._work([request])]
        if len(requests) > 1:
            return [answer for request in requests for answer in self._work([request])]
        return [StoreUnavailable("other processes keep changing the same incident")]


def _alerts(request: Request) -> int:
    return len(request.alerts) if isinstance(request, Notification) else 0
