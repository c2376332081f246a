"""Each chat platform, and each pager that listens for answers itself, is listened to for as long as we serve; what ends too early
is begun again. To a platform one process listens at a time.

What cannot be heard stops nothing else: alerts, pages and the status page need no chat.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Generic, Protocol, TypeVar

from bot.backoff import backoff
from bot.ports import Overloaded, Rejected, Unavailable
from bot.store import StoreUnavailable, TurnLost, Turns

log = logging.getLogger(__name__)

Taker = TypeVar("Taker", contravariant=True)

STEADY = 60.0
"""Seconds that listening has to last before the trouble before it counts as over. No platform tells when it hears; whoever cannot
be reached is given up sooner than that."""

MOST = 60.0
"""Seconds between two tries, unless the other side asks for more; what a person must mend is not tried more often."""

ASKED_MOST = 600.0
"""Seconds that the other side may ask for. It may be mistaken, and nobody would hear that it is."""

REASON = 300
"""Characters of a reason that are shown."""

TOLD_MOST = 100
"""Reasons that are remembered so that each is logged once; then they may come again."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """How a platform is heard, as far as this process knows. `trouble`: why it is not. `lasts`: nobody has heard it for STEADY,
    or a person must mend it. `well`: it has been heard for so long, here or in another process. At first neither is known."""

    trouble: str = ""
    lasts: bool = False
    well: bool = False


class Listens(Protocol[Taker]):
    async def listen(self, taker: Taker, /) -> None:
        """As `bot.ports.ChatPlatform.listen`."""
        ...


class Listening(Generic[Taker]):
    """Hands what `platforms` hear over to `inbox`, each while we have its turn."""

    def __init__(
        self,
        platforms: Mapping[str, Listens[Taker]],
        inbox: Taker,
        turns: Turns,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._ears = {name: _Ear(name, platform, inbox, turns, sleep) for name, platform in platforms.items()}

    def begun(self) -> list[asyncio.Task[None]]:
        """Listening to each of them, until cancelled."""
        return [asyncio.create_task(self.to(name), name=f"listen {name}") for name in self._ears]

    async def to(self, name: str) -> None:
        """Listen to that platform until cancelled, whatever it raises."""
        await self._ears[name].listen()

    @property
    def trouble(self) -> Mapping[str, str]:
        """Why a platform is not heard, as far as this process knows; those without trouble are left out."""
        return {name: ear.hearing.trouble for name, ear in self._ears.items() if ear.hearing.trouble}

    @property
    def unheard(self) -> list[str]:
        """The same as sentences, bounded."""
        return [f"{name} is not heard: {reason[:REASON]}" for name, reason in self.trouble.items()]

    @property
    def hearing(self) -> Mapping[str, Hearing]:
        return {name: ear.hearing for name, ear in self._ears.items()}

    @property
    def heard(self) -> Mapping[str, bool]:
        """Whether this process listens to a platform, without trouble. Of several processes one does."""
        return {name: ear.listens and not ear.hearing.trouble for name, ear in self._ears.items()}


class _Ear(Generic[Taker]):
    """One platform, as one process hears it."""

    def __init__(
        self,
        name: str,
        platform: Listens[Taker],
        inbox: Taker,
        turns: Turns,
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self.hearing = Hearing()
        self.listens = False
        self._name = name
        self._platform = platform
        self._inbox = inbox
        self._turns = turns
        self._sleep = sleep
        self._tries = 0
        self._failed_at: float | None = None
        self._told: set[str] = set()

    async def listen(self) -> None:
        while True:
            after = timedelta(0)
            try:
                # A turn a try: while we wait, somebody else may have more luck.
                elsewhere = asyncio.get_running_loop().call_later(STEADY, self._elsewhere)
                try:
                    await self._turns.during(self._name, partial(self._try, elsewhere))
                finally:
                    elsewhere.cancel()
                self.hearing = replace(self.hearing, trouble="", lasts=False)
                self._failed_at = None
            except TurnLost:
                log.info("the turn to listen to %s is lost; whoever has it next goes on", self._name)
                continue
            except Unavailable as error:
                after = error.retry_after or after
                self._fails(logging.WARNING, error.reason)
            except Rejected as error:
                after = timedelta(seconds=MOST)
                self._fails(logging.ERROR, f"{error.reason} (somebody must look)", mend=True)
            except (StoreUnavailable, Overloaded) as error:
                self._fails(logging.WARNING, f"what is said there could not be taken: {error}")
            except asyncio.CancelledError as error:
                task = asyncio.current_task()
                if task is None or task.cancelling():
                    raise
                # Somebody in there was cancelled, and not we.
                self._fails(logging.ERROR, "internal error (CancelledError)", error)
            except Exception as error:  # noqa: BLE001 - logged with its traceback, once
                self._fails(logging.ERROR, f"internal error ({type(error).__name__})", error)
            await self._sleep(self._pause(after))

    async def _try(self, elsewhere: asyncio.TimerHandle) -> None:
        elsewhere.cancel()
        self.hearing = replace(self.hearing, well=False)
        steady = asyncio.get_running_loop().call_later(STEADY, self._steady)
        self.listens = True
        try:
            await self._platform.listen(self._inbox)
        finally:
            self.listens = False
            steady.cancel()

    def _steady(self) -> None:
        if self.hearing.trouble:
            log.info("%s is listened to again", self._name)
        self._tries = 0
        self._told.clear()
        self._elsewhere()

    def _elsewhere(self) -> None:
        """Who waits so long for the turn waits for somebody who hears."""
        self.hearing = Hearing(well=True)
        self._failed_at = None

    def _fails(self, level: int, reason: str, bug: BaseException | None = None, *, mend: bool = False) -> None:
        now = asyncio.get_running_loop().time()
        self._failed_at = now if self._failed_at is None else self._failed_at
        # Counted from failure to failure: while we wait somebody else may hear it.
        self.hearing = Hearing(reason, lasts=mend or self.hearing.lasts or now - self._failed_at >= STEADY)
        if reason in self._told:
            return
        if len(self._told) >= TOLD_MOST:
            self._told.clear()
        self._told.add(reason)
        log.log(level, "%s is not listened to, and is tried again and again: %s", self._name, reason, exc_info=bug)

    def _pause(self, asked: timedelta) -> float:
        """Seconds until the next try. The moment spreads them: what failed together does not come back together."""
        self._tries += 1
        own = backoff(f"{self._name}:{asyncio.get_running_loop().time()}", self._tries, MOST)
        return max(own.total_seconds(), min(asked.total_seconds(), ASKED_MOST))
