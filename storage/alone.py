"""Who serves a database. On an SQLite file one process: a second one is refused by name, before it touches anything. On
PostgreSQL any number, and each can be seen to (`storage.locks`).
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO

from bot.store import Turns
from storage.engine import Database
from storage.locks import Locks
from storage.turns import AlwaysOurs, SharedTurns


class AlreadyRunning(Exception):
    """Another Klatsch serves this database."""


class ServingLock:
    """Held while this process serves. It is let go of when the process dies, however it dies. `turns` come only to who holds it."""

    def __init__(self, database: Database) -> None:
        self._file: Path | None = database.file
        self._handle: IO[str] | None = None
        self._locks = None if database.sqlite else Locks(database)
        self.turns: Turns = AlwaysOurs() if self._locks is None else SharedTurns(self._locks)

    def take(self) -> None:
        """We serve. Raises AlreadyRunning with what to do (never on PostgreSQL), and StoreUnavailable."""
        if self._locks is not None:
            self._locks.begin()
        elif self._file is not None:
            self._handle = _locked(self._file)

    def stand_in(self) -> None:
        """For a moment we do what a bot would do, where none serves. Raises AlreadyRunning, and StoreUnavailable."""
        if self._locks is None:
            self.take()
        elif self._locks.served():
            raise AlreadyRunning("Another klatsch already serves this database.")

    def free(self) -> None:
        if self._locks is not None:
            self._locks.end()
        if self._handle is not None:
            self._handle.close()
            self._handle = None


def _locked(file: Path) -> IO[str]:
    path = file.with_name(f"{file.name}.serving")
    path.touch(mode=0o600, exist_ok=True)
    handle = path.open("a+", encoding="utf-8")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        handle.seek(0)
        who = handle.read(20).strip() or "unknown"
        handle.close()
        raise AlreadyRunning(
            f"Another klatsch (process {who}) already serves {file}. Stop it first, give this one its own "
            "file in `storage.url`, or use PostgreSQL, where several share the work."
        ) from error
    handle.truncate(0)
    handle.write(str(os.getpid()))
    handle.flush()
    return handle
