"""What only one of the processes on a database does at a time: `bot.store.Turns`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from bot.store import TurnLost
from storage.locks import Locks, Turn

Work = Callable[[], Coroutine[Any, Any, None]]


class AlwaysOurs:
    """An SQLite file has one process, which always has its turn."""

    async def during(self, name: str, work: Work) -> None:
        await work()


class SharedTurns:
    """On PostgreSQL, where many take turns. A process that dies is followed by another within 2 seconds, one whose machine or
    network is gone within about 10. Of a turn that is lost we hear within a second; within 5 when the line is cut, which
    is before the server gives it to somebody else. A process that is stopped and does not die keeps its turn.
    """

    def __init__(self, locks: Locks) -> None:
        self._locks = locks

    async def during(self, name: str, work: Work) -> None:
        loop = asyncio.get_running_loop()
        begun, lost = loop.create_future(), loop.create_future()
        turn = Turn(name, _telling(loop, begun), _telling(loop, lost))
        self._locks.want(turn)
        try:
            await begun
            await _until(work(), lost)
        finally:
            self._locks.drop(turn)


def _telling(loop: asyncio.AbstractEventLoop, told: asyncio.Future[None]) -> Callable[[], None]:
    """For another thread."""

    def tell() -> None:
        if not told.done():
            told.set_result(None)

    def from_outside() -> None:
        # Who waited may be gone, and the loop with them.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(tell)

    return from_outside


async def _until(work: Coroutine[Any, Any, None], lost: asyncio.Future[None]) -> None:
    doing = asyncio.create_task(work)
    try:
        await asyncio.wait({doing, lost}, return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            raise TurnLost
    finally:
        doing.cancel()
        await asyncio.gather(doing, return_exceptions=True)
    await doing
