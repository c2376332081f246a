"""One piece of work for all who want its result at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Shared(Generic[T]):
    """Does the work of one key at most once at a time. Who asks while it is being done shares the next time with all
    others who do: what is being done may have begun before the change they came to see. So nobody gets an old result."""

    def __init__(self) -> None:
        self._next: dict[Hashable, asyncio.Task[T]] = {}
        self._running: dict[Hashable, asyncio.Task[T]] = {}

    async def get(self, key: Hashable, work: Callable[[], Awaitable[T]]) -> T:
        """The result of a run of `work` that began after this call. Raises what it raised."""
        task = self._next.get(key)
        if task is None:
            task = self._next[key] = asyncio.create_task(self._run(key, work))
            # An error is heard of even when all who asked have gone.
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return await asyncio.shield(task)

    async def _run(self, key: Hashable, work: Callable[[], Awaitable[T]]) -> T:
        if before := self._running.get(key):
            await asyncio.wait([before])
        self._running[key] = task = self._next.pop(key)
        try:
            return await work()
        finally:
            if self._running[key] is task:
                del self._running[key]
