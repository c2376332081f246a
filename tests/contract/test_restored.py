"""A back-up is put back as the README says: through SQLite, also where a bot died and left what it had not written into the file."""

from __future__ import annotations

import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from bot.handle import Rules, handle
from bot.incident import commands as c
from storage.engine import Database
from storage.store import SqlStore
from tests.clock import START, FakeClock
from tests.databases import made_in
from tests.world import an_ask

README = Path(__file__).parent.parent.parent / "README.md"


def titles(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as connection:
        return [row[0] for row in connection.execute("SELECT title FROM incident ORDER BY number")]


def killed(folder: Path) -> tuple[Path, Path]:
    """The file as a bot leaves it that was killed, and a back-up made before its second incident."""
    backup = folder / "klatsch-backup.db"
    (folder / "serves").mkdir()
    database = Database(made_in(folder / "serves"))
    store = SqlStore(database, FakeClock(START))
    handle(store, [an_ask(c.Open(title="Before"))], Rules())
    file = folder / "serves" / "klatsch.db"
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(backup)) as copy:
        source.backup(copy)
    handle(store, [an_ask(c.Open(title="After"))], Rules())
    for suffix in ("", "-wal"):
        shutil.copy(f"{file}{suffix}", folder / f"klatsch.db{suffix}")
    database.close()
    return folder / "klatsch.db", backup


def test_what_a_killed_bot_left_is_gone_after_a_restore(tmp_path: Path) -> None:
    file, backup = killed(tmp_path)
    assert titles(file) == ["Before", "After"]
    # What `.restore` of its shell does.
    with closing(sqlite3.connect(backup)) as source, closing(sqlite3.connect(file)) as back:
        source.backup(back)
    assert titles(file) == ["Before"]


def test_a_copy_laid_over_the_file_is_not_what_one_gets(tmp_path: Path) -> None:
    file, backup = killed(tmp_path)
    shutil.copy(backup, file)
    assert titles(file) == ["Before", "After"]
    assert re.search(r"^    sqlite3 \S+ \"\.restore \S+\"$", README.read_text(encoding="utf-8"), re.MULTILINE)
