"""What `bot.store.Files` promises, on each database."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor, wait

import pytest
from sqlalchemy import event

from bot.incident import commands as c
from bot.incident.model import Mark
from bot.store import Full
from tests.contract.stage import Stage
from tests.contract.test_files import FILE, GRAPH, KEPT, Photographers, people
from tests.contract.test_removed import exported
from tests.statements import statements
from tests.world import an_ask

__all__ = ["people"]


async def test_of_two_that_keep_the_same_file_the_first_one_stands(stage: Stage):
    files, number = stage.world.files, await stage.open()
    done = await stage.ask(c.Note(mark=Mark.NOTE, text="x", message="m1", files=(FILE,)), number)
    seq = done.events[0].seq
    first = files.keep(number, seq, 0, b"first", 100)
    assert files.keep(number, seq, 0, b"second", 100) == first
    assert files.content(number, "m1", 0) == b"first"


async def test_what_stands_in_no_event_is_not_kept(stage: Stage):
    files, number = stage.world.files, await stage.open()
    done = await stage.ask(c.Note(mark=Mark.NOTE, text="x", message="m1", files=(FILE,)), number)
    for seq, place in ((done.events[0].seq, 1), (1, 0), (99, 0)):
        assert files.keep(number, seq, place, b"x", 100) is None
    assert files.keep(99, 1, 0, b"x", 100) is None
    assert (files.used(number), files.content(number, "m1", 0), files.find(number, "m1", 0)) == (0, None, None)


async def test_nothing_is_kept_beyond_the_limit_and_an_empty_file_is_one(stage: Stage):
    files, number = stage.world.files, await stage.open()
    done = await stage.ask(c.Note(mark=Mark.NOTE, text="x", message="m1", files=(FILE, FILE, FILE)), number)
    seq = done.events[0].seq
    files.keep(number, seq, 0, bytes(60), 100)
    with pytest.raises(Full):
        files.keep(number, seq, 1, bytes(41), 100)
    files.keep(number, seq, 1, bytes(40), 100)
    assert files.keep(number, seq, 2, b"", 100) is not None
    assert (files.used(number), files.content(number, "m1", 2)) == (100, b"")


async def test_no_question_but_the_one_for_it_reads_the_bytes(stage: Stage, people: Photographers):
    await people.pins(FILE)
    await stage.settle()
    with statements() as sent:
        for line in ("timeline", "status", "catchup", "list"):
            await people.types(line)
        exported(stage)
        stage.world.do(an_ask(c.Note(mark=Mark.NOTE, text="next"), 1))
        stage.world.files.used(1)
        stage.world.files.find(*KEPT)
    assert sent
    assert not [one for one, _ in sent if "content" in one]


async def test_a_removal_that_comes_while_the_copy_is_stored_waits_for_it_and_takes_it(stage: Stage):
    world, number = stage.world, await stage.open()
    done = await stage.ask(c.Note(mark=Mark.NOTE, text="x", message="m1", files=(FILE,)), number)
    with ThreadPoolExecutor(1) as other:
        removals: list[Future[object]] = []

        @event.listens_for(world.database.engine, "before_cursor_execute")
        def in_between(_c: object, _cursor: object, statement: str, *_: object) -> None:
            if "INSERT INTO file" in statement:
                removals.append(other.submit(world.ask, c.RemoveMessage(message="m1"), number))
                # As long as it has to wait, this has the time.
                wait(removals, timeout=0.3)

        assert await asyncio.to_thread(world.files.keep, number, done.events[0].seq, 0, GRAPH, 10_000) is not None
        event.remove(world.database.engine, "before_cursor_execute", in_between)
    assert [removal.exception() for removal in removals] == [None]
    assert world.files.used(number) == 0
