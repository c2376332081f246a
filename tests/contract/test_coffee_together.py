"""What happens to a coffee one upon the other: it is moved, its boards are deleted, it is ended and goes on, in several rooms."""

from __future__ import annotations

from datetime import timedelta

from bot.coffee.board import CoffeeStatus
from bot.incident.commands.coffee import CallCoffee, OrderAgenda
from tests.contract.test_coffee_rooms import Sits, sits
from tests.contract.test_coffee_talk import starts

__all__ = ["sits"]

ROOMS = (("coffee", "console"), ("ops", "console"), ("incidents", "matrix"))


async def test_a_coffee_that_is_moved_after_its_agenda_was_ordered_is_held_in_every_room_at_its_new_time(sits: Sits):
    async with sits("console:coffee", "console:ops", "matrix") as rooms:
        table, clock = rooms.table, rooms.stage.clock
        at = starts(table)
        await rooms.call()
        clock.forward(hours=23, minutes=45)
        await table.asks(OrderAgenda(starts_at=at))
        await table.settle()
        await table.asks(CallCoffee(starts_at=at + timedelta(minutes=90)))
        await table.settle()
        for where in ROOMS:
            assert "The lean coffee has been moved" in rooms.told(*where)[-1]
            assert "Put your dots" in rooms.reads(*where)
        clock.forward(minutes=105)
        await table.types("coffee start")
        # That is when it would have been over for nobody, had it not been moved.
        clock.forward(minutes=25)
        await table.settle()
        assert table.status is CoffeeStatus.RUNNING
        for where in ROOMS:
            assert "does not take place" not in " ".join([*rooms.told(*where), rooms.reads(*where)])
        clock.forward(minutes=90)
        await table.settle()
        assert (table.status, table.board.past[1].status) == (None, CoffeeStatus.OVER)
        assert all("It is over." in rooms.reads(*where) for where in ROOMS)


async def test_a_coffee_to_which_nobody_came_and_whose_agenda_nobody_ordered_says_so(sits: Sits):
    async with sits("console:coffee", "console:ops") as rooms:
        await rooms.call()
        rooms.stage.clock.forward(hours=24 + 1, minutes=50)
        await rooms.table.settle()
        assert rooms.table.board.past[1].status is CoffeeStatus.SKIPPED
        assert all("does not take place" in rooms.reads(*where) for where in ROOMS[:2])


async def test_a_meeting_that_goes_on_is_shown_where_its_board_was_deleted_and_asks_anew(sits: Sits):
    async with sits("console:coffee", "console:ops", "matrix") as rooms:
        table, clock = rooms.table, rooms.stage.clock
        await rooms.call()
        await table.types("coffee start")
        clock.forward(minutes=8)
        await table.settle()
        before = table.board.coffee.asked
        await table.types("coffee end")
        clock.forward(minutes=1)
        assert "The coffee goes on." in await table.types("coffee start")
        await table.settle()
        await rooms.deletes("ops")
        await table.types("coffee topic 1")
        await table.settle()
        # What is told stands below the board that counts.
        for (room, on), boards in zip(ROOMS, (1, 2, 1), strict=True):
            assert len(rooms.boards(room, on)) == boards
            assert rooms.stage.rooms[on].messages(room)[-1].thread == rooms.boards(room, on)[-1].id
        clock.forward(minutes=8)
        await table.settle()
        asked = table.board.coffee.asked
        assert sorted(asked) == ["console:coffee", "console:ops", "matrix"]
        assert all(asked[spot] != before[spot] for spot in asked)
        await table.reacts("👍", before["console:coffee"], "ana", room="coffee")
        assert table.board.coffee.thumbs == {}
        await table.reacts("👍", asked["console:ops"], "ana", room="ops")
        clock.forward(seconds=45)
        await table.settle()
        assert (table.board.coffee.current, table.board.coffee.round) == (1, 2)
        # Both topics of it, and both ends, are in the minutes.
        await table.types("coffee next We alert on slow ones")
        await table.types("coffee end")
        await table.settle()
        assert "2 topics" in rooms.told("ops")[-1]
        said = await table.types("coffee minutes")
        assert "Why do OSDs flap?" in said
        assert "We alert on slow ones" in said
        assert "Who reads runbooks?" in said
        assert len(rooms.stage.effects("write_minutes")) == 2 * len(table.house.manner.publishers)


async def test_one_that_nobody_had_planned_and_that_was_a_mistake_cannot_be_left_out_once_more(sits: Sits):
    async with sits("console:coffee") as rooms:
        await rooms.table.types("coffee add Why do OSDs flap?")
        await rooms.table.types("coffee start")
        back = await rooms.table.types("coffee end")
        assert back.endswith("topics and dots are as they were. · coffee start begins it.")
        await rooms.call("Who reads runbooks?")
        await rooms.table.types("coffee start")
        assert "coffee skip says that it does not take place." in await rooms.table.types("coffee end")
