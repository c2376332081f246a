"""What a chat adapter knows again after a restart."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol

MEMORY_KEY, MEMORY_VALUE = 500, 100_000
"""Characters of what a `Memory` keeps: an event's id in Matrix has 255 bytes at most."""


class Memory(Protocol):
    """What a chat adapter has to know again after a restart, under keys of its own: no other one sees it. It stands in our
    database. Every method may raise StoreUnavailable: nothing was changed."""

    async def recall(self, key: str) -> str | None:
        """What was kept last under `key`."""
        ...

    async def recall_all(self, prefix: str, most: int) -> Mapping[str, str]:
        """What is kept under the first `most` keys that begin with `prefix`, letter by letter, in the order of their code points."""
        ...

    async def keep(self, items: Mapping[str, str]) -> None:
        """All or none, each in place of what was kept under its key. Raises ValueError, and keeps nothing, when one is too long
        (MEMORY_KEY, MEMORY_VALUE) or holds NUL or half a surrogate pair."""
        ...

    async def keep_first(self, key: str, value: str) -> str:
        """What is kept under `key`, which is `value` when nothing was; all who ask at once hear the same. Raises ValueError as `keep`."""
        ...

    async def forget(self, keys: Collection[str]) -> None:
        """All of them; those that are not there are no error."""
        ...

    async def forget_before(self, prefix: str, at: datetime) -> None:
        """What was last kept before `at`, by our clock, under the keys that begin with `prefix`, letter by letter."""
        ...
