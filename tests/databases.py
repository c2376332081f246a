"""Databases that the tests begin with. What the migrations make is made once and copied: each test would wait for it again."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from storage import migrate
from storage.engine import Database


def upgraded(url: str) -> str:
    """The database of `url`, brought to the newest schema."""
    database = Database(url)
    migrate.upgrade(database)
    database.close()
    return url


def made_in(folder: Path) -> str:
    """The address of a new database in `folder`, with the newest schema and nothing in it."""
    (folder / "klatsch.db").write_bytes(_made())
    return f"sqlite:///{folder}/klatsch.db"


@cache
def _made() -> bytes:
    """An SQLite database as the migrations leave it."""
    with TemporaryDirectory(prefix="klatsch-database-") as folder:
        upgraded(f"sqlite:///{folder}/klatsch.db")
        return Path(folder, "klatsch.db").read_bytes()
