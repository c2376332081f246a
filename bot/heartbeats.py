"""Looks for the silence of expected alerts, for as long as we serve (docs/decisions/0026-silence-is-an-alert-of-our-own.md).

A look goes the way that alerts go, through the one queue: what was accepted before it is heard before it, and while that way
is closed nobody is called silent.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection

from bot.alerts.heartbeat import MOST, Look, Watch
from bot.backoff import backoff
from bot.handle import Outcome

log = logging.getLogger(__name__)

EVERY = 1.0
"""Seconds between two looks."""

LONGEST = 5.0
"""Seconds between two tries while looks fail; shorter than what counts as a break."""


class Heartbeats:
    """`submit` is the writer's, `senders` are the names under `alerts:`. `expects`: whether any route does."""

    def __init__(
        self,
        submit: Callable[[Look], Awaitable[Outcome]],
        senders: Collection[str],
        *,
        expects: bool,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._submit = submit
        self._senders = frozenset(senders)
        self._expects = expects
        self._sleep = sleep
        self._watch: Watch | None = None
        self._failed = 0

    @property
    def troubles(self) -> list[str]:
        """What a person should look at, a sentence each."""
        return [
            f"{sender} has {MOST} expected signals, and no more are watched: "
            "a label in `group_by` of a route with `heartbeat` has too many values"
            for sender in sorted(self._watch.full if self._watch else ())
        ]

    async def run(self) -> None:
        """Until cancelled. Where nothing is expected one look is enough: what was expected once is forgotten."""
        while not await self.look() or self._expects:
            await self._sleep(backoff("heartbeats", self._failed, LONGEST).total_seconds() if self._failed else EVERY)

    async def look(self) -> bool:
        """Look once; whether that could be done."""
        before = self.troubles
        try:
            outcome = await self._submit(Look(self._senders, self._watch))
        except Exception as error:  # noqa: BLE001 - the writer logged it, a bug with its traceback
            log.debug("no look for silence: %s", error)
            self._failed += 1
            return False
        self._watch, self._failed = outcome.watch, 0
        for trouble in self.troubles:
            if trouble not in before:
                log.warning("%s", trouble)
        return True
