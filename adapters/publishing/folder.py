"""Puts postmortem drafts into a folder as Markdown files, and never writes over what people wrote there."""

from __future__ import annotations

import asyncio
import errno
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from adapters.publishing.drafts import FILE_BYTES, files, judged, sealed, too_many
from adapters.settings import DRAFTS
from bot.config import Place
from bot.ports import Attempt, DeliveryError, Publisher, Rejected, Unavailable, Written

if TYPE_CHECKING:
    from adapters.http import Http

MODE, PRIVATE_MODE = 0o666, 0o600
"""Of a file, less what the process's umask takes away."""

# What a person has to repair. Everything else (a full disk, a network folder that is away) may pass.
_REFUSED = frozenset(
    {
        errno.EACCES,
        errno.EPERM,
        errno.EROFS,
        errno.ENOENT,
        errno.ENOTDIR,
        errno.EISDIR,
        errno.EEXIST,
        errno.ELOOP,
        errno.ENAMETOOLONG,
        errno.EINVAL,
    }
)


class Config(BaseModel):
    """`folder` is where the files go; it is made if it is not there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Literal["folder"] = "folder"
    folder: Place


def build(name: str, config: Config, http: Http) -> Publisher:
    """The publisher of the block `publishing.<name>`. A folder needs no HTTP; all publishers are built alike."""
    return Folder(name, config.folder)


class Folder:
    """A `Publisher`. A file nobody touched is replaced by a newer draft; beside an edited one the draft lies in one of its own
    (`adapters.publishing.drafts`). A draft that is already there is not written again, whatever people made of it since, so a
    repeated try changes nothing. Somebody who saves in the very instant in which we replace an untouched file loses.
    """

    def __init__(self, name: str, folder: Path) -> None:
        self._name = name
        self._folder = folder

    async def write(self, attempt: Attempt, *, ref: str, text: str, private: bool = False) -> Written:
        """Write `<folder>/<ref>.md`, whole or not at all; answers the path of the file that holds the draft, and that of
        `<ref>.md` when people edited it and the draft lies beside it.

        Raises Unavailable when the disk is full or does not answer, Rejected when we may not write there or `ref` is no
        name of a text.
        """
        return await asyncio.to_thread(self._write, ref, text, PRIVATE_MODE if private else MODE)

    async def probe(self) -> None:
        """Whether a draft could be written; the folder is not made. Raises like `write`."""
        await asyncio.to_thread(self._try)

    def _try(self) -> None:
        try:
            if self._folder.is_dir():
                with tempfile.NamedTemporaryFile(dir=self._folder, prefix=".klatsch-check-"):
                    return
            nearest = next(
                path for path in (self._folder.absolute(), *self._folder.absolute().parents) if path.exists()
            )
            if not nearest.is_dir():
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
            if not os.access(nearest, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        except OSError as error:
            raise self._failure(error) from error

    def _write(self, ref: str, text: str, mode: int) -> Written:
        data, digest = sealed(text)
        paths = [self._folder / file for file in files(self._name, ref)]
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for path in paths:
                found, edited = _look(path)
                if not edited and found != digest:
                    _replace(path, data, mode)
                if not edited or found == digest:
                    if mode == PRIVATE_MODE:
                        # It may be from before its incident became private.
                        path.chmod(mode)
                    return Written(str(path), edited="" if path == paths[0] else str(paths[0]))
        except OSError as error:
            raise self._failure(error) from error
        raise too_many(self._name, ref, str(self._folder))

    def _failure(self, error: OSError) -> DeliveryError:
        reason = f"{self._name}: cannot write into {self._folder}: {os.strerror(error.errno or 0)}"
        if error.errno in _REFUSED:
            key = "postmortem.folder" if self._name == DRAFTS else f"publishing.{self._name}.folder"
            return Rejected(f"{reason}; check {key}")
        return Unavailable(reason)


def _look(path: Path) -> tuple[bytes, bool]:
    """The digest of the draft the file was written with (empty: none), and whether people changed it since."""
    try:
        if path.stat().st_size > FILE_BYTES:
            return b"", True
        data = path.read_bytes()
    except FileNotFoundError:
        return b"", False
    return judged(data)


def _replace(path: Path, data: bytes, mode: int) -> None:
    """The file holds its old content or all of `data`, also after a power cut."""
    part = path.with_name(f".{path.name}.part")
    try:
        # What a try that died left behind may be readable by more than this one shall be.
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
