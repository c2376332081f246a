"""Whether the bot can do its work: its database answers, and takes what is written.

Alerts are written, so a database that can only be read is as good as none. Whether it takes a write shows only a write:
the last one of the writer, or, when there was none since somebody asked, a small one of our own.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from bot.inbox import Writes
from bot.store import Conflict, StoreUnavailable

EVERY = 3.0
"""Seconds between two tries to write; who asks more often hears what the last one found."""

WITHIN = 1.5
"""Seconds in which who asks is answered, whatever the database does. Kubernetes waits 1 s unless told otherwise, a load
balancer mostly 5."""


LOOKING, WRITING = "The database does not answer", "The database takes no writes"


class Readiness:
    """`look` reads and `attempt` writes something small; both may raise StoreUnavailable. `writes` is the writer's."""

    def __init__(self, look: Callable[[], object], attempt: Callable[[], None], writes: Writes) -> None:
        self._look = look
        self._attempt = attempt
        self._writes = writes
        self._worked = 0
        self._tried = float("-inf")
        self._doing = LOOKING
        self._task: asyncio.Task[list[str]] | None = None

    async def problems(self) -> list[str]:
        """What is wrong, a sentence each; nothing: all is well. Answers within WITHIN: who asks while the database is still
        being asked waits for the same answer."""
        if self._task is None or self._task.done():
            # What the last look was at is no word about this one, which may wait for a thread.
            self._doing = LOOKING
            self._task = asyncio.create_task(asyncio.to_thread(self._check), name="readiness")
        # Whoever asks a moment later may have begun the next look by the time we go on.
        task = self._task
        done, _ = await asyncio.wait([task], timeout=WITHIN)
        return task.result() if done else [f"{self._doing}: not within {WITHIN} s"]

    def _check(self) -> list[str]:
        try:
            self._look()
            self._doing = WRITING
            if self._due():
                self._write()
        except StoreUnavailable as error:
            return [f"{self._doing}: {error}"]
        return [f"{self._doing}: {self._writes.trouble}"] if self._writes.trouble else []

    def _due(self) -> bool:
        """Whether no write came by itself, and the last try is long enough ago."""
        came, self._worked = self._writes.worked != self._worked, self._writes.worked
        return not (came and not self._writes.trouble) and time.monotonic() - self._tried >= EVERY

    def _write(self) -> None:
        try:
            self._attempt()
            self._writes.trouble = ""
        except StoreUnavailable as error:
            self._writes.trouble = str(error)
        except Conflict:
            # Somebody else wrote at that moment.
            self._writes.trouble = ""
        finally:
            self._tried = time.monotonic()
