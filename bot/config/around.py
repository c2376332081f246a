"""What a setting leans on beyond its own line: the folder relative paths count from, and the zone of `chat`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, SecretStr, ValidationInfo

from bot.config.kinds import wrong

_SQLITE = "sqlite:///"


@dataclass(frozen=True, slots=True)
class Around:
    """`folder` is the configuration file's own, absolute: relative paths in it mean the same from wherever a command is
    typed. `zone` is `chat.zone`, the default of every other one. `shared`: several processes may serve the database. Given to a
    provider's Config as pydantic's context."""

    folder: Path
    zone: str
    shared: bool = False

    def database(self, url: SecretStr) -> SecretStr:
        """`url` with an SQLite file's path made absolute."""
        name = url.get_secret_value().removeprefix(_SQLITE)
        if name == url.get_secret_value() or name.startswith((":memory:", "file:")):
            return url
        return SecretStr(f"{_SQLITE}{self.folder / name}")


def folder_of(file: Path) -> Path:
    """The folder relative paths in `file` count from. A link counts where it lies, not where it leads."""
    return file.absolute().parent


def zone_or_default(zone: str, info: ValidationInfo) -> str:
    """`zone`, and when nobody wrote one the zone of `chat`."""
    return zone or (info.context.zone if isinstance(info.context, Around) else "UTC")


def _placed(path: Path, info: ValidationInfo) -> Path:
    if "\0" in str(path) or path == Path():
        raise wrong("it names no folder", "Write a path, like `postmortems` or `/var/lib/klatsch/postmortems`.")
    return info.context.folder / path if isinstance(info.context, Around) else path


Place = Annotated[Path, AfterValidator(_placed)]
"""A path in a provider's block: relative to the configuration file's folder."""
