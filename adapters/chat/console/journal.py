"""A file that only grows: one JSON object a line, on the disk before anybody is told. A line that was being written
when the process died is dropped at the next start."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bot.ports import Rejected, Unavailable

Entry = dict[str, Any]
"""One thing that happened: `do` says what, the rest is its own."""

FILE = "journal.jsonl"
LOCK = "lock"


class Journal:
    """The journal of one folder, held by one process at a time.

    Raises Unavailable when another process holds the folder, and Rejected when it cannot be used at all. Both name
    the folder and say what to do. Nothing here is asynchronous: every call waits for the disk.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.path = folder / FILE
        try:
            # Rooms may be private: nobody else on this machine reads them.
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = _take(folder)
        except OSError as problem:
            raise Rejected(_unusable(folder, problem)) from problem
        try:
            self._file = _open(self.path)
            _sync_folder(folder)
        except OSError as problem:
            os.close(self._lock)
            raise Rejected(_unusable(folder, problem)) from problem
        self.size = 0

    def read(self) -> list[Entry]:
        """Everything written so far, oldest first; to be called once, before the first `append`.

        Raises Rejected, naming the line, when a line other than the last is no JSON object.
        """
        entries: list[Entry] = []
        good = 0
        try:
            lines = self.path.read_bytes().split(b"\n")
        except OSError as problem:
            raise Rejected(_unusable(self._folder, problem)) from problem
        # What follows the last line break was never acknowledged: it is empty, or torn.
        whole = lines[:-1]
        for number, line in enumerate(whole, 1):
            entry = _parse(line)
            if entry is None:
                if number == len(whole):
                    break
                raise Rejected(
                    f"{self.path}, line {number}, cannot be read. Put the file back from a copy, or move it away to "
                    "start without rooms."
                )
            entries.append(entry)
            good += len(line) + 1
        self.size = good
        try:
            self._cut_back()
        except OSError as problem:
            raise Rejected(_unusable(self._folder, problem)) from problem
        return entries

    def append(self, entry: Entry) -> None:
        """Write `entry` and wait until the disk has it. Raises Unavailable, and nothing was written."""
        line = _line(entry)
        try:
            self._cut_back()
            _write(self._file, line)
            os.fsync(self._file)
        except OSError as problem:
            raise Unavailable(_unwritable(self.path, problem)) from problem
        self.size += len(line)

    def rewrite(self, entries: Iterable[Entry]) -> None:
        """Put `entries` in the place of everything. A crash leaves either the old or the new, whole.

        Raises Unavailable when the disk does not take the new; then the old is what there is.
        """
        fresh = self.path.with_suffix(".new")
        data = b"".join(_line(entry) for entry in entries)
        try:
            fresh.unlink(missing_ok=True)
            file = _open(fresh)
            try:
                _write(file, data)
                os.fsync(file)
                fresh.replace(self.path)
            except OSError:
                os.close(file)
                raise
            os.close(self._file)
            self._file, self.size = file, len(data)
            _sync_folder(self._folder)
        except OSError as problem:
            raise Unavailable(_unwritable(self.path, problem)) from problem

    def close(self) -> None:
        """Let another process have the folder."""
        os.close(self._file)
        os.close(self._lock)

    def _cut_back(self) -> None:
        """After a torn or failed write: what nobody was told about is not there."""
        if os.fstat(self._file).st_size != self.size:
            os.ftruncate(self._file, self.size)


def _take(folder: Path) -> int:
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(lock, 20).decode("ascii", "replace").strip()
        os.close(lock)
        by = f"process {holder}" if holder.isdecimal() else "another process"
        raise Unavailable(
            f"The rooms in {folder} are in use by {by}. Stop it, or give this one a folder of its own (`folder:`)."
        ) from None
    except OSError:
        os.close(lock)
        raise
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode("ascii"), 0)
    return lock


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def _write(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]


def _sync_folder(folder: Path) -> None:
    """A new name is on the disk only when its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _line(entry: Entry) -> bytes:
    return json.dumps(entry, separators=(",", ":")).encode("ascii") + b"\n"


def _parse(line: bytes) -> Entry | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None


def _unusable(folder: Path, problem: OSError) -> str:
    return f"Rooms cannot be kept in {folder}: {problem.strerror}. Give a folder this user may write to (`folder:`)."


def _unwritable(path: Path, problem: OSError) -> str:
    return f"{path} cannot be written: {problem.strerror}. Make room on the disk."
