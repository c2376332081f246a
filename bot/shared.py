"""What several want at the same moment, made once for all of them. Nothing is kept behind that: who comes later gets it made anew."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class Shared(Generic[K, T]):
    """What `make` makes of a key."""

    def __init__(self, make: Callable[[K], Awaitable[T]]) -> None:
        self._make = make
        self._making: dict[K, asyncio.Task[T]] = {}

    async def get(self, key: K) -> T:
        """Who asks while it is being made gets the same, and what it raises. Who is cancelled takes it from nobody else."""
        making = self._making.get(key)
        if making is None:
            self._making[key] = making = asyncio.create_task(self._made(key), name="shared")
        return await asyncio.shield(making)

    async def _made(self, key: K) -> T:
        try:
            return await self._make(key)
        finally:
            del self._making[key]
