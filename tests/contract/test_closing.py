"""A database that is closed leaves no connection open, whatever goes on in its threads."""

from __future__ import annotations

import sqlite3
import threading
from typing import Any

import pytest
from sqlalchemy import text

import storage.engine
from bot.store import StoreUnavailable
from storage.engine import Database
from tests.until import PATIENCE, wait_until
from tests.world import World


def test_who_closes_waits_for_who_still_looks(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A task that is cancelled leaves its thread at work; the connection comes back after that."""
    monkeypatch.setattr(storage.engine, "CLOSED_WITHIN", PATIENCE)
    database = world.database
    looking, enough, closed = threading.Event(), threading.Event(), threading.Event()
    held: list[Any] = []

    def look() -> None:
        with database.read() as connection:
            held.append(connection.connection.driver_connection)
            looking.set()
            assert enough.wait(PATIENCE)
            connection.execute(text("SELECT 1"))

    def close() -> None:
        database.close()
        closed.set()

    reader, closer = threading.Thread(target=look), threading.Thread(target=close)
    reader.start()
    assert looking.wait(PATIENCE)
    closer.start()
    wait_until(lambda: database._closed, "the beginning of its end")
    assert not closed.wait(0.05)
    enough.set()
    reader.join(PATIENCE)
    closer.join(PATIENCE)
    assert closed.is_set()
    assert _is_closed(database, held[0])


def test_who_comes_back_after_the_end_leaves_no_connection_and_begins_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage.engine, "CLOSED_WITHIN", 0.0)
    database = world.database
    with database.read() as connection:
        driver = connection.connection.driver_connection
        database.close()
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
    assert _is_closed(database, driver)
    for begin in (database.read, database.write):
        with pytest.raises(StoreUnavailable, match="the database is closed: Klatsch stops"), begin():
            raise AssertionError("it began")


def _is_closed(database: Database, connection: Any) -> bool:
    if not database.sqlite:
        return bool(connection.closed)
    try:
        connection.execute("SELECT 1")
    except sqlite3.ProgrammingError as error:
        return "closed" in str(error)
    return False
