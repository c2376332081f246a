"""A database that is closed leaves no connection open, whatever goes on in its threads."""

from __future__ import annotations

import sqlite3
import threading
from typing import Any

from sqlalchemy import text

from storage.engine import Database
from tests.world import World


def test_who_closes_waits_for_who_still_looks(world: World) -> None:
    """A task that is cancelled leaves its thread at work; the connection comes back after that."""
    database = world.database
    looking, enough, closed = threading.Event(), threading.Event(), threading.Event()
    held: list[Any] = []

    def look() -> None:
        with database.read() as connection:
            held.append(connection.connection.driver_connection)
            looking.set()
            assert enough.wait(10)
            connection.execute(text("SELECT 1"))

    def close() -> None:
        database.close()
        closed.set()

    reader, closer = threading.Thread(target=look), threading.Thread(target=close)
    reader.start()
    assert looking.wait(10)
    closer.start()
    assert not closed.wait(0.05)
    enough.set()
    reader.join(10)
    closer.join(10)
    assert closed.is_set()
    assert _is_closed(database, held[0])


def _is_closed(database: Database, connection: Any) -> bool:
    if not database.sqlite:
        return bool(connection.closed)
    try:
        connection.execute("SELECT 1")
    except sqlite3.ProgrammingError as error:
        return "closed" in str(error)
    return False
