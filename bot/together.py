"""What many write down at the same time, written down at once: a transaction costs the same for one as for a hundred."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class Together(Generic[T]):
    """One `call` at a time; what comes meanwhile goes into the next one, in the order in which it came."""

    def __init__(self, call: Callable[[Sequence[T]], Awaitable[None]]) -> None:
        self._call = call
        self._waiting: list[tuple[T, asyncio.Future[None]]] = []
        self._calling: asyncio.Task[None] | None = None

    async def add(self, item: T) -> None:
        """Returns when the call that had `item` did, and raises what that raised. Cancelled, it may still be done."""
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((item, done))
        if self._calling is None:
            self._calling = asyncio.create_task(self._run(), name="together")
        await done

    async def _run(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                error: Exception | None = None
                try:
                    await self._call([item for item, _ in batch])
                except Exception as raised:  # noqa: BLE001 - whoever waits for it is told
                    error = raised
                for done in (done for _, done in batch if not done.done()):
                    if error is None:
                        done.set_result(None)
                    else:
                        done.set_exception(error)
        finally:
            self._calling = None
