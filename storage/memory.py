"""What a chat adapter knows again after a restart: `bot.ports.Memory`, in the database."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, func, select

from bot.memory import MEMORY_KEY, MEMORY_VALUE
from bot.ports import Clock
from bot.store import Conflict, StoreUnavailable
from storage import bulk
from storage.engine import Database
from storage.tables import memory


class SqlMemory:
    """The memory of `platform`."""

    def __init__(self, database: Database, clock: Clock, platform: str) -> None:
        self._database = database
        self._clock = clock
        self._platform = platform

    async def recall(self, key: str) -> str | None:
        return await asyncio.to_thread(self._recall, key)

    async def recall_all(self, prefix: str, most: int) -> Mapping[str, str]:
        return await asyncio.to_thread(self._recall_all, prefix, most)

    async def keep(self, items: Mapping[str, str]) -> None:
        _check(items)
        await asyncio.to_thread(self._keep, dict(items))

    async def keep_first(self, key: str, value: str) -> str:
        _check({key: value})
        return await asyncio.to_thread(self._keep_first, key, value)

    async def forget(self, keys: Collection[str]) -> None:
        await asyncio.to_thread(self._forget, [key for key in keys if _storable(key, MEMORY_KEY)])

    async def forget_before(self, prefix: str, at: datetime) -> None:
        await asyncio.to_thread(self._forget_before, prefix, at)

    def _recall(self, key: str) -> str | None:
        if not _storable(key, MEMORY_KEY):
            return None
        wanted = select(memory.c.value).where(memory.c.platform == self._platform, memory.c.key == key)
        with self._database.read() as connection:
            found: str | None = connection.execute(wanted).scalar()
        return found

    def _recall_all(self, prefix: str, most: int) -> Mapping[str, str]:
        if not _storable(prefix, MEMORY_KEY):
            return {}
        # On PostgreSQL texts are in the order of some language unless one says otherwise.
        order = memory.c.key.collate("BINARY" if self._database.sqlite else "C")
        wanted = select(memory.c.key, memory.c.value).where(memory.c.platform == self._platform, _begins(prefix))
        with self._database.read() as connection:
            return {row.key: row.value for row in connection.execute(wanted.order_by(order).limit(most))}

    def _keep(self, items: Mapping[str, str]) -> None:
        at = self._clock.now()
        # In one order everywhere, or two that keep the same things could wait for each other.
        rows = [{"platform": self._platform, "key": key, "value": items[key], "at": at} for key in sorted(items)]
        with self._writing() as connection:
            bulk.insert(connection, memory, rows, keys=("platform", "key"), changed=("value", "at"))

    def _keep_first(self, key: str, value: str) -> str:
        row = {"platform": self._platform, "key": key, "value": value, "at": self._clock.now()}
        held = select(memory.c.value).where(memory.c.platform == self._platform, memory.c.key == key)
        with self._writing() as connection:
            bulk.insert(connection, memory, [row], keys=("platform", "key"))
            return str(connection.execute(held).scalar_one())

    def _forget(self, keys: Collection[str]) -> None:
        with self._writing() as connection:
            connection.execute(delete(memory).where(memory.c.platform == self._platform, memory.c.key.in_(keys)))

    def _forget_before(self, prefix: str, at: datetime) -> None:
        old = (memory.c.platform == self._platform, memory.c.at < at, _begins(prefix))
        with self._writing() as connection:
            connection.execute(delete(memory).where(*old))

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        try:
            with self._database.write() as connection:
                yield connection
        except Conflict as error:
            # To an adapter it is the same: nothing was changed, try again.
            raise StoreUnavailable(f"another process was first: {error}") from error


def _begins(prefix: str) -> ColumnElement[bool]:
    # Not LIKE: to SQLite it says the same of `a` and `A`.
    return func.substr(memory.c.key, 1, len(prefix)) == prefix


def _check(items: Mapping[str, str]) -> None:
    for key, value in items.items():
        if not _storable(key, MEMORY_KEY) or not _storable(value, MEMORY_VALUE):
            raise ValueError(f"{key[:80]!a} cannot be kept: too long, or no text that a database takes")


def _storable(text: str, most: int) -> bool:
    """PostgreSQL keeps no NUL, and neither database a half of a surrogate pair, which JSON can hold."""
    return len(text) <= most and "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)
