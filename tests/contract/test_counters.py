"""Numbers that are given by several processes on one PostgreSQL."""

from __future__ import annotations

import threading
from contextlib import closing

from sqlalchemy import text

from bot.store import Conflict
from storage.engine import Database
from storage.store import SqlStore
from tests.clock import FakeClock
from tests.until import wait_until
from tests.world import World


def test_who_takes_an_override_before_an_incident_waits_for_nobody_who_waits_for_him(postgresql_url: str):
    """One batch has them in the one order and one in the other, and neither is told to try again."""
    world, got, conflicts = World(Database(postgresql_url)), threading.Event(), []

    def the_other() -> None:
        with closing(Database(postgresql_url)) as database:
            try:
                with SqlStore(database, FakeClock()).begin() as tx:
                    tx.take_override_ids(1)
                    got.set()
                    tx.take_numbers(1)
            except Conflict as conflict:
                conflicts.append(conflict)

    def met() -> bool:
        with world.database.read() as connection:
            return got.is_set() or bool(connection.execute(text("SELECT 1 FROM pg_locks WHERE NOT granted")).all())

    other = threading.Thread(target=the_other)
    try:
        with world.store.begin() as tx:
            tx.take_numbers(1)
            other.start()
            wait_until(met, "the other one")
            assert tx.take_override_ids(1) == 1
    except Conflict as conflict:
        conflicts.append(conflict)
    finally:
        other.join()
    assert conflicts == []
    with world.store.begin() as tx:
        assert (tx.take_numbers(1), tx.take_override_ids(1)) == (3, 3)
    world.close()
