"""Who serves a database can be seen by who would do a bot's work in its place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg
import pytest

from storage.alone import AlreadyRunning, ServingLock
from storage.engine import Database
from storage.locks import SERVING_LOCK
from tests.until import wait_until


@contextmanager
def a_lock(url: str) -> Iterator[ServingLock]:
    with closing(Database(url)) as database:
        lock = ServingLock(database)
        yield lock
        lock.free()


def served(lock: ServingLock) -> bool:
    try:
        lock.stand_in()
    except AlreadyRunning:
        return True
    lock.free()
    return False


def given_back(lock: ServingLock) -> None:
    """PostgreSQL gives a lock back when it sees that the connection is closed, which is a moment later."""
    wait_until(lambda: not served(lock), "the end of the lock")


def test_nobody_stands_in_while_somebody_serves(database_url: str) -> None:
    with a_lock(database_url) as bot, a_lock(database_url) as terminal:
        assert not served(terminal)
        bot.take()
        assert served(terminal)
        bot.free()
        given_back(terminal)
        bot.take()
        assert served(terminal)


def test_on_postgresql_several_serve_and_the_last_one_is_seen_too(postgresql_url: str) -> None:
    with a_lock(postgresql_url) as one, a_lock(postgresql_url) as two, a_lock(postgresql_url) as terminal:
        one.take()
        two.take()
        one.free()
        assert served(terminal)
        two.free()
        given_back(terminal)


def test_two_terminals_do_not_take_each_other_for_a_bot(postgresql_url: str) -> None:
    with a_lock(postgresql_url) as one, a_lock(postgresql_url) as two:
        one.stand_in()
        assert not served(two)


def test_another_database_of_the_same_server_is_none_of_our_business(postgresql_url: str, postgres_server: str) -> None:
    with a_lock(postgres_server) as bot, a_lock(postgresql_url) as terminal:
        bot.take()
        assert not served(terminal)


def holders(url: str) -> list[int]:
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        found = connection.execute(
            "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND database = "
            "(SELECT oid FROM pg_database WHERE datname = current_database())",
            (SERVING_LOCK,),
        )
        return [pid for (pid,) in found]


def test_a_lock_lost_with_its_connection_is_taken_again(postgresql_url: str, caplog: pytest.LogCaptureFixture) -> None:
    with a_lock(postgresql_url) as bot:
        bot.take()
        (lost,) = holders(postgresql_url)
        with closing(psycopg.connect(postgresql_url, autocommit=True)) as connection:
            connection.execute("SELECT pg_terminate_backend(%s)", (lost,))
        wait_until(lambda: [pid for pid in holders(postgresql_url) if pid != lost], "the lock on a new connection")
        assert "the serving lock is lost" in caplog.text
    wait_until(lambda: not holders(postgresql_url), "the end of the lock")
