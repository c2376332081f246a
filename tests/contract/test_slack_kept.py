"""Events are kept before they are acknowledged, done in their order, and once; whatever happens in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from adapters.chat.slack import kept
from adapters.chat.slack.events import Event
from adapters.chat.slack.kept import KeptEvents
from bot.memory import Memory
from bot.ports import Overloaded, Rejected, Unavailable
from bot.store import StoreUnavailable
from storage.memory import SqlMemory
from tests.until import until
from tests.world import World


class Done:
    """Does events when it is let; `fails` are the first answers."""

    def __init__(self, *fails: Exception) -> None:
        self.events: list[Event] = []
        self.let = asyncio.Event()
        self.fails = list(fails)

    async def __call__(self, event: Event) -> None:
        await self.let.wait()
        if self.fails:
            raise self.fails.pop(0)
        self.events.append(event)

    @property
    def ids(self) -> list[str]:
        return [event.id for event in self.events]


def event(number: int, channel: str = "C1") -> Event:
    return Event("reaction", f"Ev{number}", channel, "U0ANA", f"{number}.0", float(number), emoji="star")


@pytest.fixture
def memory(world: World) -> Memory:
    return SqlMemory(world.database, world.clock, "slack")


Events = Callable[[Done], "asynccontextmanager[KeptEvents]"]


@pytest.fixture
def keeping(world: World, memory: Memory) -> Events:
    @asynccontextmanager
    async def events(done: Done) -> AsyncIterator[KeptEvents]:
        held = KeptEvents(memory, world.clock, done)
        try:
            yield held
        finally:
            await held.aclose()

    return events


async def nothing_is_kept(memory: Memory) -> None:
    async def empty() -> bool:
        return not await memory.recall_all(kept.PREFIX, 10)

    await until(empty, "the end of what is kept")


async def test_what_was_taken_is_kept_until_it_is_done(memory, keeping):
    done = Done()
    async with keeping(done) as events:
        await events.take(event(1))
        assert [Event.loads(text) for text in (await memory.recall_all(kept.PREFIX, 10)).values()] == [event(1)]
        done.let.set()
        await nothing_is_kept(memory)
    assert done.events == [event(1)]


async def test_what_a_crash_left_is_done_by_whoever_comes_next_in_its_order(memory, keeping):
    async with keeping(Done()) as events:
        for number in range(20):
            await events.take(event(number))
    done = Done()
    done.let.set()
    async with keeping(done) as events:
        await events.catch_up()
        await events.catch_up()
        await nothing_is_kept(memory)
    assert done.ids == [f"Ev{number}" for number in range(20)]


async def test_an_event_that_comes_again_is_done_once(memory, keeping):
    done = Done()
    done.let.set()
    async with keeping(done) as events:
        await asyncio.gather(*(events.take(event(1)) for _ in range(5)))
        await nothing_is_kept(memory)
        await events.take(event(1))
        await events.take(event(2))
        await nothing_is_kept(memory)
    assert done.ids == ["Ev1", "Ev2"]


async def test_a_channel_keeps_its_order_and_waits_for_no_other_one(memory, keeping):
    done = Done()
    async with keeping(done) as events:
        await asyncio.gather(*(events.take(event(number)) for number in range(10)))
        done.let.set()
        await nothing_is_kept(memory)
        assert done.ids == [f"Ev{number}" for number in range(10)]


async def test_one_that_hangs_holds_up_its_own_channel_alone(memory, world):
    let = asyncio.Event()
    ids: list[str] = []

    async def handle(one: Event) -> None:
        if one.id == "Ev1":
            await let.wait()
        ids.append(one.id)

    events = KeptEvents(memory, world.clock, handle)
    for one in (event(1), event(2), event(3, "C2")):
        await events.take(one)
    await until(lambda: ids == ["Ev3"], "the event of the other channel")
    let.set()
    await until(lambda: len(ids) == 3, "the first channel")
    await events.aclose()
    assert ids == ["Ev3", "Ev1", "Ev2"]


@pytest.mark.parametrize(
    "error", [Unavailable("away", timedelta(seconds=0.1)), StoreUnavailable("gone"), Overloaded("too much")]
)
async def test_what_cannot_be_done_now_is_done_later(memory, keeping, monkeypatch, error):
    monkeypatch.setattr(kept, "backoff", lambda *_: timedelta(milliseconds=10))
    done = Done(error, error)
    done.let.set()
    async with keeping(done) as events:
        await events.take(event(1))
        await events.take(event(2))
        await nothing_is_kept(memory)
    assert done.ids == ["Ev1", "Ev2"]


@pytest.mark.parametrize("error", [Rejected("no such message"), RuntimeError("a bug")])
async def test_what_can_never_be_done_holds_up_nothing(memory, keeping, error):
    done = Done(error)
    done.let.set()
    async with keeping(done) as events:
        await events.take(event(1))
        await events.take(event(2))
        await nothing_is_kept(memory)
    assert done.ids == ["Ev2"]


async def test_more_than_can_wait_is_not_taken(memory, keeping, monkeypatch):
    monkeypatch.setattr(kept, "MOST", 2)
    async with keeping(Done()) as events:
        await events.take(event(1))
        await events.take(event(2))
        with pytest.raises(Overloaded):
            await events.take(event(3))
    assert len(await memory.recall_all(kept.PREFIX, 10)) == 2


def line(number: int, message: str = "1.0") -> Event:
    return Event("line", f"Ev{number}", "C1", "U0ANA", message, 1.0, text="status")


async def test_of_all_events_that_tell_of_a_line_one_is_done_in_whichever_process(memory, keeping, world):
    done, other = Done(), Done()
    async with keeping(done) as events, keeping(other) as others:
        await events.take(line(1))
        await until(lambda: memory.recall_all(kept.LINE, 1), "who does it")
        # As a mention, again to another process, and another line.
        await events.take(line(2))
        world.clock.forward(seconds=1)
        await others.take(line(1))
        await others.take(line(3, "3.0"))
        done.let.set()
        await until(lambda: len(done.ids) == 1, "the line")
        other.let.set()
        await nothing_is_kept(memory)
    assert (done.ids, other.ids) == (["Ev1"], ["Ev3"])


async def test_a_line_that_was_left_to_a_process_that_died_is_done(memory, keeping, world):
    done = Done()
    done.let.set()
    async with keeping(Done()) as gone, keeping(done) as events:
        await gone.take(line(1))
        await until(lambda: memory.recall_all(kept.LINE, 10), "who has it")
        world.clock.forward(seconds=5)
        # Slack waited for too long, and told another one.
        await events.take(line(1))
        await until(lambda: not events._tasks, "that it is left to the first")
        assert done.ids == []
        await gone.aclose()
        world.clock.forward(seconds=60)
        await events.catch_up(kept.LEFT)
        await until(lambda: done.ids == ["Ev1"], "the line")
        # Who is told to end between the deed and the word of it leaves that it was to be done.
        await nothing_is_kept(memory)


async def test_a_line_of_which_a_crash_left_all_events_is_done_once(memory, keeping):
    async with keeping(Done()) as events:
        await events.take(line(1))
        await events.take(line(2))
    done = Done()
    done.let.set()
    async with keeping(done) as events:
        await events.catch_up()
        await nothing_is_kept(memory)
    assert done.ids == ["Ev1"]


async def test_what_another_process_left_is_done_when_it_is_old(memory, keeping, world):
    done = Done()
    done.let.set()
    async with keeping(Done()) as gone, keeping(done) as events:
        await gone.take(event(1))
        world.clock.forward(seconds=30)
        await gone.take(event(2))
        await events.catch_up(kept.LEFT)
        assert done.ids == []
        world.clock.forward(seconds=31)
        await events.catch_up(kept.LEFT)
        await until(lambda: done.ids == ["Ev1"], "what is old")


async def test_what_is_kept_and_no_event_is_forgotten(memory, keeping):
    await memory.keep({f"{kept.PREFIX}1:Ev1": "{", f"{kept.PREFIX}2:Ev2": '{"kind": "line", "of": "a newer release"}'})
    async with keeping(Done()) as events:
        await events.catch_up()
    assert not await memory.recall_all(kept.PREFIX, 10)
