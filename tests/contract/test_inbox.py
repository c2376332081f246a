"""One queue, one writer: batches, the poisoned request, the database that is away, the queue that is full."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import pytest

import bot.inbox
from bot.inbox import Writer
from bot.incident import commands as c
from bot.ports import Overloaded
from bot.store import Conflict, StoreUnavailable, Transaction
from tests.until import PATIENCE
from tests.world import World, an_ask


class Failing:
    """A real store that refuses to begin a number of times first."""

    def __init__(self, world: World, *errors: Exception) -> None:
        self._store = world.store
        self._errors = list(errors)
        self.begun = 0

    @contextmanager
    def begin(self, *, alerts: bool = False) -> Iterator[Transaction]:
        self.begun += 1
        if self._errors:
            raise self._errors.pop(0)
        with self._store.begin(alerts=alerts) as tx:
            yield tx


@asynccontextmanager
async def writing(world: World, store: object = None) -> AsyncIterator[Writer]:
    writer = Writer(store or world.store, world.rules)
    task = asyncio.create_task(writer.run())
    try:
        yield writer
    finally:
        writer.stop()
        await task


async def test_many_requests_share_a_transaction_and_each_gets_its_answer(world: World):
    counting = Failing(world)
    async with writing(world, counting) as writer:
        outcomes = await asyncio.gather(*(writer.submit(an_ask(c.Open(title=f"n{n}"))) for n in range(100)))
    assert sorted(o.after.number for o in outcomes) == list(range(1, 101))
    assert {o.after.title: o.after.number for o in outcomes} == {i.title: i.number for i in world.lookups.recent(200)}
    assert counting.begun < 10


async def test_a_poisoned_request_hurts_only_itself(world: World):
    async with writing(world) as writer:
        good = [writer.submit(an_ask(c.Open(title=f"n{n}"))) for n in range(5)]
        bad = writer.submit(an_ask(c.Open(title=None)))
        results = await asyncio.gather(*good, bad, return_exceptions=True)
    assert [r.after.title for r in results[:5]] == [f"n{n}" for n in range(5)]
    assert isinstance(results[5], Exception)
    assert not isinstance(results[5], StoreUnavailable)
    assert len(world.lookups.recent()) == 5


async def test_who_was_second_decides_again(world: World):
    async with writing(world, Failing(world, Conflict("first"), Conflict("second"))) as writer:
        outcome = await writer.submit(an_ask(c.Open(title="x")))
    assert outcome.after.ref == "INC-1"


async def test_a_database_that_is_away_is_said_and_the_next_request_works(world: World):
    async with writing(world, Failing(world, StoreUnavailable("gone"))) as writer:
        with pytest.raises(StoreUnavailable):
            await writer.submit(an_ask(c.Open(title="x")))
        assert (await writer.submit(an_ask(c.Open(title="x")))).after.ref == "INC-1"


async def test_a_full_queue_turns_away(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bot.inbox, "QUEUE", 3)
    writer = Writer(world.store, world.rules)
    waiting = [asyncio.ensure_future(writer.submit(an_ask(c.Open(title=f"n{n}")))) for n in range(4)]
    done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    with pytest.raises(Overloaded):
        done.pop().result()
    task = asyncio.create_task(writer.run())
    writer.stop()
    await task
    assert len(world.lookups.recent()) == 3


async def test_stopping_finishes_what_waits_and_takes_nothing_more(world: World):
    async with writing(world) as writer:
        waiting = asyncio.ensure_future(writer.submit(an_ask(c.Open(title="x"))))
        await asyncio.sleep(0)
        writer.stop()
        with pytest.raises(Overloaded):
            await writer.submit(an_ask(c.Open(title="too late")))
        assert (await waiting).after.ref == "INC-1"


async def test_a_requester_that_went_away_disturbs_nobody(world: World):
    async with writing(world) as writer:
        gone = asyncio.ensure_future(writer.submit(an_ask(c.Open(title="gone"))))
        kept = asyncio.ensure_future(writer.submit(an_ask(c.Open(title="kept"))))
        await asyncio.sleep(0)
        gone.cancel()
        assert (await kept).after.title == "kept"


async def test_nobody_waits_for_a_writer_that_has_died(world: World):
    def dies() -> None:
        raise RuntimeError("a bug")

    writer = Writer(world.store, world.rules, changed=dies)
    task = asyncio.create_task(writer.run())
    served = await writer.submit(an_ask(c.Open(title="one")))
    assert served.after.ref == "INC-1"
    waiting = asyncio.create_task(writer.submit(an_ask(c.Open(title="two"))))
    with pytest.raises(RuntimeError, match="a bug"):
        await asyncio.wait_for(task, PATIENCE)
    for asked in (waiting, writer.submit(an_ask(c.Open(title="three")))):
        with pytest.raises(Overloaded):
            await asyncio.wait_for(asked, PATIENCE)
