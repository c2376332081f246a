"""The files of the keys: a folder that nobody else reads, and one process that has it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from nio.crypto import Olm
from nio.store import SqliteStore
from peewee import PeeweeException

from adapters.chat.matrix.encryption.spoken import Spoken

KEYS, LOCK = "keys.db", "serving"


class KeysUnusable(Exception):
    """The message says why, and what to do."""


class KeyFiles:
    """`folder` holds the keys of one device of one account, encrypted with `secret`; it is made when it is not there, readable
    by its owner alone. Whoever has it open has it alone, until `close` or the end of the process, however it ends."""

    def __init__(self, folder: Path, user_id: str, device_id: str, secret: str) -> None:
        self._folder = folder
        self._user_id = user_id
        self._device_id = device_id
        self._secret = secret
        self._held: IO[str] | None = None
        self._store: SqliteStore | None = None

    def open(self) -> tuple[Olm, Spoken]:
        """The keys as they were last saved: of our device and of others', and those of what we said. Raises KeysUnusable."""
        try:
            if self._held is None:
                self._held = _alone(self._folder)
            self._shut()
            # The files that SQLite puts beside it have its mode.
            os.close(os.open(self._folder / KEYS, os.O_CREAT | os.O_RDWR, 0o600))
            self._store = SqliteStore(self._user_id, self._device_id, str(self._folder), self._secret, KEYS)
            olm = Olm(self._user_id, self._device_id, self._store)
            return olm, Spoken(self._store.database, self._device_id, self._secret)
        except OSError as error:
            raise KeysUnusable(
                f"the keys in {self._folder} cannot be read and written ({error.strerror}): check `encryption_store`"
            ) from error
        except PeeweeException as error:
            raise KeysUnusable(f"the keys in {self._folder} cannot be read ({error}): is {KEYS} ours?") from error
        except ValueError as error:
            raise KeysUnusable(f"the keys in {self._folder} are locked by another `encryption_key`") from error

    @contextmanager
    def saving(self) -> Iterator[None]:
        """What is changed inside is on the disk behind it, all of it or nothing. Raises KeysUnusable; the keys in memory are
        ahead of the saved ones then, and have to be opened again."""
        assert self._store is not None
        try:
            with self._store.database.atomic():
                yield
        except PeeweeException as error:
            raise KeysUnusable(f"the keys in {self._folder} cannot be saved: {error}") from error

    def beside(self, name: str) -> Path:
        """A further file of the folder."""
        return self._folder / name

    def close(self) -> None:
        self._shut()
        if self._held is not None:
            self._held.close()
            self._held = None

    def _shut(self) -> None:
        if self._store is not None:
            self._store.database.close()
            self._store = None


def _alone(folder: Path) -> IO[str]:
    """Two that use the same keys would spoil them: each goes on counting from where the other one is not."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / LOCK
    path.touch(mode=0o600, exist_ok=True)
    handle = path.open("a+", encoding="utf-8")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        handle.seek(0)
        who = handle.read(20).strip() or "unknown"
        handle.close()
        raise KeysUnusable(
            f"another klatsch (process {who}) uses the keys in {folder}; encrypted rooms are served by one process alone"
        ) from error
    handle.truncate(0)
    handle.write(str(os.getpid()))
    handle.flush()
    return handle
