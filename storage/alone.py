"""One serving process on one SQLite file. A second one is refused by name, before it touches anything."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO

from storage.engine import Database


class AlreadyRunning(Exception):
    """Another Klatsch serves this SQLite file."""


class ServingLock:
    """Held while this process serves. The operating system lets go of it when the process dies, however it dies."""

    def __init__(self, database: Database) -> None:
        self._file: Path | None = database.file
        self._handle: IO[str] | None = None

    def take(self) -> None:
        """Raises AlreadyRunning with what to do. On PostgreSQL any number of processes may serve."""
        if self._file is None:
            return
        path = self._file.with_name(f"{self._file.name}.serving")
        handle = path.open("a+", encoding="utf-8")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            handle.seek(0)
            who = handle.read(20).strip() or "unknown"
            handle.close()
            raise AlreadyRunning(
                f"Another klatsch (process {who}) already serves {self._file}. Stop it first, give this one its own "
                "file in `storage.url`, or use PostgreSQL, where several share the work."
            ) from error
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        self._handle = handle

    def free(self) -> None:
        if self._handle is not None:
            self._handle.close()
            self._handle = None
