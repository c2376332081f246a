"""Where the board of the coffee is shown: one message in each room that is named, at last right, whatever happens to it or to us."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.chat.console import Config, build
from adapters.chat.console.rooms import Message
from bot.chat.document import Heading
from bot.coffee.board import Spot
from bot.coffee.shown import COMES_BACK
from bot.deliver import LEASE
from bot.incident.commands.coffee import CallCoffee
from bot.incident.effects import ShowBoard
from bot.ports import Gone, Removed, Unavailable
from bot.undelivered import Undelivered
from storage.memory import SqlMemory
from tests.contract.test_coffee_talk import APPLE, LEMON, MANNER, TALKING, Table, sat_down, starts
from tests.fakes import Orders, Patience
from tests.world import World

Sits = Callable[..., AbstractAsyncContextManager["Rooms"]]


class Rooms:
    """A coffee whose board is shown at these spots, and what stands there."""

    def __init__(self, table: Table) -> None:
        self.table, self.stage = table, table.stage

    def boards(self, room: str = "incidents", on: str = "console") -> list[Message]:
        """All that were ever posted there."""
        return [one for one in self.stage.rooms[on].messages(room) if _is_board(one)]

    def reads(self, room: str = "incidents", on: str = "console") -> str:
        """The one message that is the board there."""
        (board,) = self.boards(room, on)
        return board.document.to_plain()

    def told(self, room: str = "incidents", on: str = "console") -> list[str]:
        return [one.document.to_plain() for one in self.stage.rooms[on].messages(room) if not _is_board(one)]

    async def call(self, *topics: str) -> None:
        for topic in topics or ("Why do OSDs flap?", "Who reads runbooks?"):
            await self.table.types(f"coffee add {topic}")
        await self.table.asks(CallCoffee(starts_at=starts(self.table)))
        await self.table.settle()

    async def deletes(self, room: str = "incidents", on: str = "console") -> str:
        """Somebody does, and we hear of it. Answers which board it was."""
        board = self.boards(room, on)[-1].id
        await self.table.conversation.removed(Removed(on, room, "eve", board, event=f"deleted {board}"))
        await self.table.settle()
        return board


def _is_board(message: Message) -> bool:
    return any(isinstance(block, Heading) for block in message.document.blocks)


@pytest.fixture
def sits(world: World, tmp_path: Path) -> Sits:
    """`async with sits("console:coffee", "matrix") as rooms`."""

    @asynccontextmanager
    async def sitting(*spots: str) -> AsyncIterator[Rooms]:
        manner = replace(MANNER, spots=tuple(map(Spot.read, spots)))
        async for table in sat_down(world, tmp_path, manner):
            yield Rooms(table)

    return sitting


async def test_each_room_shows_the_board_and_votes_in_it_count_for_one_person(sits):
    async with sits("console:coffee", "console:ops", "matrix") as rooms:
        table = rooms.table
        await rooms.call()
        everywhere = (("coffee", "console"), ("ops", "console"), ("incidents", "matrix"))
        for (room, on), by in zip(everywhere, ("ana", "ana", "@ana:example.org"), strict=True):
            assert await table.reacts(APPLE, rooms.boards(room, on)[0].id, by, on, room=room) == ""
        # They have three.
        assert "all of yours are put" in await table.reacts(LEMON, rooms.boards("ops")[0].id, "ana", room="ops")
        await table.reacts(LEMON, rooms.boards("ops")[0].id, "ben", room="ops")
        # A board has its own room.
        await table.reacts(APPLE, rooms.boards("ops")[0].id, "ben", room="coffee")
        assert table.dots() == {1: 3, 2: 1}
        await table.settle()
        assert len({rooms.reads(*where) for where in everywhere}) == 1
        assert "Why do OSDs flap? · 3 dots" in rooms.reads("coffee")
        # Nothing of it stands where incidents are announced.
        assert rooms.stage.announced() == []
        # And people meet.
        await table.types("coffee start")
        await table.settle()
        rooms.stage.clock.forward(minutes=8)
        await table.settle()
        asked = table.board.coffee.asked
        assert sorted(asked) == ["console:coffee", "console:ops", "matrix"]
        for spot, room, by in (("console:coffee", "coffee", "ana"), ("console:ops", "ops", "ben")):
            await table.reacts("👍", asked[spot], by, room=room)
        assert len(table.board.coffee.thumbs) == 2
        await table.types("coffee end")
        await table.settle()
        for where in everywhere:
            assert "It is over." in rooms.reads(*where)
            assert "Time is up" in " ".join(rooms.told(*where))
            assert "Now, until" in " ".join(rooms.told(*where))


@pytest.mark.parametrize("spots", [("console", "console:incidents"), ("console:#incidents", "console:ops", "console")])
async def test_a_room_that_is_named_twice_shows_one_board(sits, spots):
    async with sits(*spots) as rooms:
        await rooms.call()
        await rooms.table.types("coffee start")
        await rooms.table.settle()
        assert "Now, until" in rooms.reads()
        assert len([said for said in rooms.told() if "Now, until" in said]) == 1


async def test_a_room_that_lets_nobody_in_keeps_the_board_from_no_other_one_and_is_named(sits, caplog):
    async with sits("console:inc-7", "console:coffee") as rooms:
        memory = SqlMemory(rooms.stage.world.database, rooms.stage.clock, "undelivered")
        undelivered = Undelivered(memory, rooms.stage.clock)
        table = rooms.table
        table.stage.deliverer = table.stage.another_process(house=table.house, people=TALKING, undelivered=undelivered)
        await rooms.call()
        assert "Put your dots" in rooms.reads("coffee")
        assert any("The coffee's board did not get to console (inc-7)" in trouble for trouble in undelivered.troubles)
        assert not any("(coffee)" in trouble for trouble in undelivered.troubles)


async def test_a_board_whose_room_was_named_when_it_was_called_is_kept_right(sits):
    async with sits("console:coffee") as rooms:
        await rooms.call()
    async with sits("console:ops") as rooms:
        await rooms.table.types("coffee vote 1 x2")
        await rooms.table.settle()
        assert "· 2 dots" in rooms.reads("ops")
        assert "· 2 dots" in rooms.reads("coffee")
        await rooms.table.reacts(LEMON, rooms.boards("coffee")[0].id, "ben", room="coffee")
        assert rooms.table.dots() == {1: 2, 2: 1}


async def test_a_board_that_somebody_deletes_comes_back_with_its_dots(sits):
    async with sits("console", "console:ops", "matrix") as rooms:
        table = rooms.table
        await rooms.call()
        await table.reacts(APPLE, rooms.boards()[0].id, "ana")
        await table.reacts(APPLE, rooms.boards("ops")[0].id, "ben", room="ops")
        await table.settle()
        edits = rooms.stage.chats["matrix"].calls.count("edit")
        old = await rooms.deletes()
        first, anew = rooms.boards()
        assert (first.id, first.id == anew.id) == (old, False)
        assert "Why do OSDs flap? · 2 dots" in anew.document.to_plain()
        assert table.board.coffee.boards["console"].message == anew.id
        # In the other rooms nothing happened.
        assert len(rooms.boards("ops")) == len(rooms.boards(on="matrix")) == 1
        assert rooms.stage.chats["matrix"].calls.count("edit") == edits
        # It is the one that is kept right, what happens is told below it, and dots are put there.
        await table.types("coffee start")
        await table.settle()
        assert "Now, until" in rooms.boards()[1].document.to_plain()
        assert rooms.stage.rooms["console"].messages("incidents")[-1].thread == anew.id
        # To hear of it twice is to hear of it once, and what somebody does on the old one means nothing.
        await table.conversation.removed(Removed("console", "incidents", "eve", old, event="again"))
        await table.reacts(LEMON, old, "ben")
        await table.settle()
        assert len(rooms.boards()) == 2
        assert table.dots() == {1: 2, 2: 0}


async def test_who_reacts_to_the_new_board_as_to_the_old_one_has_put_that_dot_already(sits):
    async with sits("console", "matrix") as rooms:
        table = rooms.table
        await rooms.call()
        await table.reacts(APPLE, rooms.boards()[0].id, "ana")
        await table.types("coffee vote 2", "ana")
        await rooms.deletes()
        anew = rooms.boards()[-1].id
        # On another platform, and of somebody else, a dot is a dot.
        await table.reacts(APPLE, rooms.boards(on="matrix")[0].id, "@ana:example.org", "matrix")
        await table.reacts(APPLE, anew, "ben")
        assert table.dots() == {1: 3, 2: 1}
        await table.reacts(APPLE, anew, "ana")
        assert table.dots() == {1: 3, 2: 1}
        await table.reacts(APPLE, anew, "ana", added=False)
        assert table.dots() == {1: 2, 2: 1}


async def test_a_board_that_is_deleted_again_and_again_stays_away_until_the_next_coffee(sits):
    async with sits("console", "matrix") as rooms:
        table = rooms.table
        await rooms.call()
        for times in range(1, COMES_BACK + 3):
            await rooms.deletes()
            await table.types(f"coffee add Another one, number {times}")
            await table.settle()
            assert len(rooms.boards()) == 1 + min(times, COMES_BACK)
        assert "Another one, number 4" in rooms.reads(on="matrix")
        assert "Another one, number 4" in await table.types("coffee")
        # What happens is told all the same.
        await table.types("coffee start")
        await table.settle()
        assert "Now, until" in rooms.told()[-1]
        await table.types("coffee end")
        await table.settle()
        rooms.stage.clock.forward(days=2)
        await table.asks(CallCoffee(starts_at=starts(table)))
        await table.settle()
        assert len(rooms.boards()) == 2 + COMES_BACK


async def test_a_board_that_is_deleted_when_the_coffee_is_over_stays_away(sits):
    async with sits("console", "matrix") as rooms:
        table = rooms.table
        await rooms.call()
        await table.types("coffee skip")
        await table.settle()
        await rooms.deletes()
        assert len(rooms.boards()) == 1
        rooms.stage.chat.by_method["edit"] = Orders(always=Gone("it is there no more"))
        await table.conversation.removed(Removed("matrix", "incidents", "eve", "m1", event="x"))
        await table.types("coffee add Of the next one")
        await table.settle()
        assert len(rooms.boards()) == 1
        assert [state for kind, state, _ in rooms.stage.effects("show_board") if state != "done"] == []


async def test_a_platform_that_says_at_an_edit_that_the_board_is_gone_gets_it_anew(sits):
    async with sits("console", "matrix") as rooms:
        table, rooms_ = rooms.table, rooms.stage.rooms
        await rooms.call()
        # The folder is thrown away under us, as a chat of which nobody has a backup.
        rooms_["console"].close()
        shutil.rmtree(rooms.stage.folder / "console")
        rooms_["console"] = build("console", Config(folder=rooms.stage.folder / "console"), clock=rooms.stage.clock)
        rooms.stage.chats["console"]._platform = rooms_["console"]
        await table.types("coffee vote 2")
        await table.settle()
        assert "Who reads runbooks? · 1 dot" in rooms.reads()
        await table.types("coffee start")
        await table.settle()
        assert "Now, until" in rooms.reads()
        assert rooms_["console"].messages("incidents")[-1].thread == rooms.boards()[0].id


async def test_what_is_said_below_a_board_that_is_gone_is_said_in_the_room(sits):
    async with sits("console", "matrix") as rooms:
        await rooms.call()
        rooms.stage.chat.by_method["say"] = orders = Orders()
        orders.then.append(Gone("no such thread"))
        await rooms.table.types("coffee start")
        await rooms.table.settle()
        said = [one for one in rooms.stage.rooms["console"].messages("incidents") if not _is_board(one)]
        assert "Now, until" in said[-1].document.to_plain()
        assert [one.thread for one in said] == [""]


async def test_who_dies_between_the_post_and_the_note_of_it_leaves_one_board(sits):
    async with sits("console", "console:ops", "matrix") as rooms:
        table = rooms.table
        await table.types("coffee add Why do OSDs flap?")
        await table.asks(CallCoffee(starts_at=starts(table)))
        rooms.stage.clock.forward(seconds=2)
        claimed = [one for one in rooms.stage.world.outbox.claim(10, LEASE) if isinstance(one.effect, ShowBoard)]
        dying = rooms.stage.performer(house=table.house, people=TALKING)
        for item in claimed:
            assert await dying.do(item) is not None
        assert len(claimed) == 3
        assert table.board.coffee.boards == {}
        # Meanwhile people go on, and another process takes over.
        await table.types("coffee vote 1 x2")
        rooms.stage.clock.forward(minutes=5)
        await table.settle()
        for where in (("incidents", "console"), ("ops", "console"), ("incidents", "matrix")):
            assert "· 2 dots" in rooms.reads(*where)


async def test_who_dies_between_the_repost_and_the_note_of_it_leaves_one_new_board(sits):
    async with sits("console") as rooms:
        table = rooms.table
        await rooms.call()
        board = rooms.boards()[0].id
        await table.conversation.removed(Removed("console", "incidents", "eve", board, event="deleted"))
        rooms.stage.clock.forward(seconds=2)
        (item,) = rooms.stage.world.outbox.claim(10, LEASE)
        assert await rooms.stage.performer(house=table.house, people=TALKING).do(item) is not None
        rooms.stage.clock.forward(minutes=5)
        await table.settle()
        assert len(rooms.boards()) == 2
        assert table.board.coffee.boards["console"].message == rooms.boards()[1].id


async def test_two_bots_post_one_board_and_both_keep_it_right(sits):
    async with sits("console", "matrix") as rooms:
        table = rooms.table
        other = rooms.stage.another_process(house=table.house, people=TALKING)
        await table.types("coffee add Why do OSDs flap?")
        await table.asks(CallCoffee(starts_at=starts(table)))
        rooms.stage.clock.forward(seconds=2)
        slow = Patience()
        rooms.stage.chat.by_method["say"] = orders = Orders()
        orders.then.append(slow)
        one = asyncio.create_task(rooms.stage.deliverer.drain())
        await slow.asked.wait()
        # While one posts, people vote, and the other looks for work.
        await table.types("coffee vote 1")
        rooms.stage.clock.forward(seconds=2)
        await other.drain()
        slow.go.set()
        await one
        await asyncio.gather(rooms.stage.deliverer.drain(), other.drain())
        for on in ("console", "matrix"):
            assert "· 1 dot" in rooms.reads(on=on)
        await other.finish()


async def test_a_platform_that_is_down_for_an_hour_has_one_board_afterwards_and_it_is_right(sits):
    async with sits("console", "console:ops", "matrix") as rooms:
        table, clock = rooms.table, rooms.stage.clock
        rooms.stage.chat.orders.always = Unavailable("down")
        await rooms.call()
        for minute in range(60):
            clock.forward(minutes=1)
            if minute % 10 == 0:
                await table.types(f"coffee add Why in minute {minute}?")
            await rooms.stage.deliverer.drain()
        await table.types("coffee vote 1 x2")
        await table.types("coffee start")
        await table.settle()
        assert "Now, until" in rooms.reads(on="matrix")
        assert rooms.boards() == []
        rooms.stage.chat.orders.always = None
        for _ in range(20):
            clock.forward(minutes=1)
            await table.settle()
        for room in ("incidents", "ops"):
            assert "Why in minute 50?" in rooms.reads(room)
            assert "Why do OSDs flap? · 2 dots" in rooms.reads(room)
        assert [state for _, state, _ in rooms.stage.effects("show_board", "tell_coffee") if state != "done"] == []
