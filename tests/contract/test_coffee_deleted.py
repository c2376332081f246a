"""The board of the coffee that somebody deletes in a chat comes back there, and is the one that counts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from bot.chat import document as d
from bot.coffee.board import Manner, Spot
from bot.coffee.house import House
from bot.coffee.voters import voter
from bot.deliver import Deliverer
from bot.incident.commands import coffee as k
from bot.ports import Attempt, Gone
from storage.engine import Database
from tests.contract.bot_on import bot_on
from tests.contract.chat_harness import HARNESSES, Harness
from tests.contract.chat_people import People, people_of
from tests.contract.coffee_table import said
from tests.until import until
from tests.world import PEOPLE, RULES, World


@pytest.fixture(params=sorted(HARNESSES.keys() - {"console"}))
async def chat(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Harness]:
    """Nobody can delete anything in a console."""
    async with HARNESSES[request.param](tmp_path, request.getfixturevalue) as harness:
        yield harness


@pytest.fixture
def people(chat: Harness) -> People:
    return people_of(chat)


@pytest.fixture
def beside(tmp_path: Path) -> Iterator[World]:
    """The shell over the database in which the adapter remembers things."""
    world = World(Database(f"sqlite:///{tmp_path}/klatsch.db"))
    yield world
    world.close()


class Table:
    """A coffee whose board stands in a room of its own, on a real platform."""

    def __init__(self, chat: Harness, world: World, deliverer: Deliverer) -> None:
        self._chat, self._world, self._deliverer = chat, world, deliverer

    async def settle(self) -> None:
        for _ in range(2):
            self._world.clock.forward(seconds=2)
            await self._deliverer.drain()

    @property
    def dots(self) -> list[int]:
        return [topic.votes for topic in self._world.lookups.board().topics.values()]

    async def board(self, but: str = "") -> tuple[str, str]:
        """Room and message of the board that counts, once it is another one than `but`."""

        async def look() -> tuple[str, str] | None:
            await self.settle()
            coffee = self._world.lookups.board().coffee
            shown = next(iter(coffee.boards.values()), None) if coffee else None
            return (shown.room, shown.message) if shown and shown.message != but else None

        return await until(look, "the board")

    async def boards(self, room: str) -> list[str]:
        """What stands there of ours that is a board, and reads like one."""
        return [one.id for one in await self._chat.messages(room) if not one.thread and "Lean coffee on" in one.text]


@asynccontextmanager
async def at_the_table(chat: Harness, people: People, world: World) -> AsyncIterator[Table]:
    manner = Manner(spots=(Spot(chat.platform.name, await people.makes("coffee")),))
    world.rules = replace(RULES, manner=manner, voter=partial(voter, "a key"))
    async with bot_on(chat, people, world, House(manner, people=PEOPLE, voter=world.rules.voter)) as deliverer:
        world.do(
            said(k.AddTopic(text="Why do OSDs flap?")),
            said(k.AddTopic(text="Who reads the dashboards?")),
            said(k.CallCoffee(starts_at=world.clock.now() + timedelta(days=1))),
        )
        yield Table(chat, world, deliverer)


async def test_a_board_that_somebody_deletes_comes_back_and_takes_the_dots(chat, people, beside):
    async with at_the_table(chat, people, beside) as table:
        room, old = await table.board()
        await people.reacts(room, people.heard_as(old, room), "🍎")
        await until(lambda: table.dots == [1, 0], "the dot")
        await table.settle()
        await people.removes_ours(room, old)
        again, anew = await table.board(but=old)
        assert again == room
        assert await table.boards(room) == [anew]
        (shown,) = [one.text for one in await chat.messages(room) if one.id == anew]
        assert "Why do OSDs flap? · 1 dot" in shown
        # Who puts it on again has put none more, and may take it off.
        on = people.heard_as(anew, room)
        await people.reacts(room, on, "🍎")
        # A homeserver tells nothing any more of what was put on and taken off at once; in a room everything has its order.
        await people.reacts(room, on, "🍋")
        await until(lambda: table.dots == [1, 1], "the dot for the other one")
        await people.takes_off(room, on, "🍎")
        await until(lambda: table.dots == [0, 1], "the end of the dot")


async def test_a_message_that_is_not_there_any_more_is_told_apart_from_other_trouble(slack):
    """Slack says so, also of the first one of a thread, whose place stays; a homeserver takes whatever is said of it."""
    room = slack.slack.channel("#incidents")
    for answered in (False, True):
        message = await slack.platform.say(Attempt(f"board {answered}"), room.id, d.say("the board"))
        if answered:
            await slack.platform.say(Attempt("answer"), room.id, d.say("below it"), thread=message)
        found = room.message(message)
        assert found is not None
        slack.slack.delete(room, found)
        with pytest.raises(Gone):
            await slack.platform.edit(Attempt("edit"), room.id, message, d.say("the board as it is now"))
        if not answered:
            with pytest.raises(Gone):
                await slack.platform.say(Attempt("late"), room.id, d.say("below it"), thread=message)


async def test_a_console_whose_folder_was_thrown_away_says_that_the_message_is_gone(tmp_path):
    async with HARNESSES["console"](tmp_path, lambda name: None) as chat:
        with pytest.raises(Gone, match="There is no message 'm1' in incidents"):
            await chat.platform.edit(Attempt("edit"), "incidents", "m1", d.say("the board"))
        with pytest.raises(Gone):
            await chat.platform.say(Attempt("say"), "incidents", d.say("below it"), thread="m1")
