"""What only one process does at a time is done by one, and soon by another when that one is gone."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import psycopg
import pytest

import storage.locks
import storage.watch
from bot.store import TurnLost, Turns
from storage.alone import ServingLock
from storage.engine import Database
from storage.locks import ANSWERS_WITHIN, LOOKS_EVERY, TURN_LOCK, Locks
from tests.servers.klatsch import environment
from tests.servers.stoppable import stoppable_postgres
from tests.until import PATIENCE, until

SOON = 10.0
"""Seconds: that long there may be nobody."""


class Work:
    """It goes on until it is cancelled or `over` is set; `under_way` while it does."""

    def __init__(self) -> None:
        self.over = asyncio.Event()
        self.under_way = False
        self.began = self.ended = 0.0

    async def __call__(self) -> None:
        self.under_way, self.began = True, time.monotonic()
        try:
            await self.over.wait()
        finally:
            self.under_way, self.ended = False, time.monotonic()


class Bots:
    """Processes on one database, as far as their locks go."""

    def __init__(self, stack: ExitStack, url: str) -> None:
        self._stack = stack
        self._url = url

    def another(self, url: str = "") -> tuple[ServingLock, Turns]:
        lock = ServingLock(self._stack.enter_context(closing(Database(url or self._url))))
        lock.take()
        self._stack.callback(lock.free)
        return lock, lock.turns

    def turns(self) -> Turns:
        return self.another()[1]


@pytest.fixture
def bots(postgresql_url: str) -> Iterator[Bots]:
    with ExitStack() as stack:
        yield Bots(stack, postgresql_url)


@contextmanager
def doing(turns: Turns, work: Work, name: str = "matrix") -> Iterator[asyncio.Task[None]]:
    task = asyncio.create_task(turns.during(name, work))
    try:
        yield task
    finally:
        task.cancel()


def under_way(*works: Work) -> list[bool]:
    return [work.under_way for work in works]


async def has_looked(turns: Turns) -> None:
    """Each turn that this process wants has been asked for since now: another one came after it."""

    async def nothing() -> None:
        return

    for name in ("one look", "the look after it"):
        await turns.during(name, nothing)


async def test_where_one_process_serves_it_is_always_its_turn(tmp_path: Path) -> None:
    with ExitStack() as stack:
        turns = Bots(stack, f"sqlite:///{tmp_path}/klatsch.db").turns()
        work = Work()
        work.over.set()
        await turns.during("matrix", work)
        assert work.ended


async def test_it_is_one_s_turn_until_its_work_ends_and_then_another_s(bots: Bots) -> None:
    first, second = Work(), Work()
    with doing(bots.turns(), first) as task:
        await until(lambda: first.under_way, "the first")
        with doing(turns := bots.turns(), second):
            await has_looked(turns)
            assert under_way(first, second) == [True, False]
            first.over.set()
            await until(lambda: second.under_way, "the second")
            await task
    assert first.ended < second.began


async def test_the_turns_of_other_names_and_of_other_databases_are_others(bots: Bots, postgres_server: str) -> None:
    works = Work(), Work(), Work()
    _, elsewhere = bots.another(postgres_server)
    with doing(bots.turns(), works[0]), doing(bots.turns(), works[1], "slack"), doing(elsewhere, works[2]):
        assert await until(lambda: all(under_way(*works)), "all of them")


async def test_one_process_has_several_turns_at_once(bots: Bots) -> None:
    turns = bots.turns()
    with doing(turns, one := Work()) as task, doing(turns, other := Work(), "slack"):
        await until(lambda: all(under_way(one, other)), "both")
        one.over.set()
        await task
        assert other.under_way


async def test_who_stops_waiting_gets_no_turn(bots: Bots) -> None:
    with doing(bots.turns(), first := Work()) as task:
        await until(lambda: first.under_way, "the first")
        with doing(turns := bots.turns(), never := Work()) as waiting:
            await has_looked(turns)
            waiting.cancel()
            await asyncio.wait([waiting])
        first.over.set()
        await task
        await has_looked(turns)
        with doing(bots.turns(), third := Work()):
            await until(lambda: third.under_way, "the third")
    assert not never.began


async def test_work_that_fails_ends_the_turn_and_says_why(bots: Bots) -> None:
    async def fails() -> None:
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        await bots.turns().during("matrix", fails)
    with doing(bots.turns(), second := Work()):
        await until(lambda: second.under_way, "the second")


async def test_who_stops_serving_loses_his_turns(bots: Bots) -> None:
    lock, turns = bots.another()
    with doing(turns, first := Work()) as task:
        await until(lambda: first.under_way, "the first")
        with doing(bots.turns(), second := Work()):
            await asyncio.to_thread(lock.free)
            with pytest.raises(TurnLost):
                await asyncio.wait_for(task, PATIENCE)
            await until(lambda: second.under_way, "the second")


def holder(url: str) -> int:
    """The server's process for whoever has a turn."""
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        found = connection.execute(
            "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = %s AND database = "
            "(SELECT oid FROM pg_database WHERE datname = current_database())",
            (TURN_LOCK,),
        )
        ((pid,),) = found.fetchall()
        return int(pid)


async def test_a_turn_lost_with_its_connection_is_over_and_another_s(bots: Bots, postgresql_url: str) -> None:
    first_turns = bots.turns()
    with doing(first_turns, first := Work()) as task:
        await until(lambda: first.under_way, "the first")
        with doing(bots.turns(), second := Work()):
            pid = holder(postgresql_url)
            with closing(psycopg.connect(postgresql_url, autocommit=True)) as connection:
                connection.execute("SELECT pg_terminate_backend(%s)", (pid,))
            with pytest.raises(TurnLost):
                await asyncio.wait_for(task, PATIENCE)
            await until(lambda: second.under_way, "the second")
            # The first one has a connection again, and waits like anybody else.
            with doing(first_turns, again := Work()):
                second.over.set()
                await until(lambda: again.under_way, "the first again")


async def test_when_the_server_says_nothing_the_work_ends_before_anybody_else_may_begin(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(storage.locks, "ANSWERS_WITHIN", 0.5)
    monkeypatch.setattr(storage.watch, "LOOKS_EVERY", 0.1)
    with (
        tempfile.TemporaryDirectory(prefix="klatsch-postgres-", ignore_cleanup_errors=True) as name,
        stoppable_postgres(Path(name)) as server,
        ExitStack() as stack,
    ):
        turns = Bots(stack, server.url).turns()
        with doing(turns, work := Work()) as task:
            await until(lambda: work.under_way, "the turn")
            with server.frozen(), pytest.raises(TurnLost):
                await asyncio.wait_for(task, PATIENCE)
        with doing(turns, again := Work()):
            await until(lambda: again.under_way, "the turn, now that it answers")


def test_the_server_waits_longer_for_us_than_we_for_it(postgresql_url: str) -> None:
    with closing(Database(postgresql_url)) as database, closing(Locks(database)._connected()) as connection:

        def shown(name: str) -> int:
            value = connection.exec_driver_sql(f"SELECT setting FROM pg_settings WHERE name = '{name}'").scalar_one()
            return int(value)

        idle, interval, count = (shown(f"tcp_keepalives_{name}") for name in ("idle", "interval", "count"))
        waits = idle + interval * count
        assert shown("tcp_user_timeout") == waits * 1000
    assert LOOKS_EVERY + ANSWERS_WITHIN + storage.watch.LOOKS_EVERY < waits < SOON


HOLDS = """
import asyncio, sys
from storage.alone import ServingLock
from storage.engine import Database

async def main():
    lock = ServingLock(Database(sys.argv[1]))
    lock.take()

    async def work():
        print("mine", flush=True)
        await asyncio.Event().wait()

    await lock.turns.during("matrix", work)

asyncio.run(main())
"""


async def test_a_process_that_is_killed_is_followed_by_another(bots: Bots, postgresql_url: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDS, postgresql_url, env=environment(), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"mine\n"
        with doing(turns := bots.turns(), second := Work()):
            await has_looked(turns)
            assert not second.began
            os.kill(process.pid, 9)
            await until(lambda: second.under_way, "the second")
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
