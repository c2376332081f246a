"""The card that somebody deletes in a room comes back there, pinned, and goes on showing the present; three times, and no oftener. So does an
announcement, with the next change."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.model import COMES_BACK, Mark, Severity, Status
from bot.ports import Gone
from storage.engine import Database
from tests.contract.bot_on import bot_on
from tests.contract.chat_harness import HARNESSES, Harness
from tests.contract.chat_people import People, people_of
from tests.contract.stage import Stage
from tests.fakes import Orders
from tests.until import until
from tests.world import RULES, World, an_ask


@pytest.fixture(params=sorted(HARNESSES.keys() - {"console"}))
async def chat(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Harness]:
    """Nobody can delete anything in a console."""
    async with HARNESSES[request.param](tmp_path, request.getfixturevalue) as harness:
        yield harness


@pytest.fixture
def people(chat: Harness) -> People:
    return people_of(chat)


@pytest.fixture
def beside(chat: Harness, tmp_path: Path) -> Iterator[World]:
    """The shell over the database in which the adapter remembers things."""
    world = World(Database(f"sqlite:///{tmp_path}/klatsch.db"))
    world.rules = replace(RULES, policy=replace(RULES.policy, platforms=(chat.platform.name,)))
    yield world
    world.close()


async def test_who_deletes_it_finds_it_pinned_again_and_it_is_kept_up_to_date(
    chat: Harness, people: People, beside: World
):
    platform = chat.platform.name
    async with bot_on(chat, people, beside) as deliverer:

        async def card(but: str = "") -> tuple[str, str]:
            async def look() -> tuple[str, str] | None:
                beside.clock.forward(seconds=2)
                await deliverer.drain()
                held = beside.lookups.incident(1).rooms.get(platform)
                return (held.id, held.card) if held and held.card and held.card != but else None

            return await until(look, "the card")

        beside.do(an_ask(c.Open(title="Volumes slow")))
        room, old = await card()
        await people.removes_ours(room, old)
        again, anew = await card(but=old)
        assert again == room
        assert anew in await chat.pinned(room)
        beside.do(an_ask(c.Rename(title="Volumes stuck"), 1))

        async def renamed() -> bool:
            beside.clock.forward(seconds=2)
            await deliverer.drain()
            (shown,) = [one.text for one in await chat.messages(room) if one.id == anew]
            return "Volumes stuck" in shown

        await until(renamed, "the present on the card")
        (lost,) = [one for one in beside.lookups.history(1) if isinstance(one.event, e.CardLost)]
        assert lost.source.kind == "message"
        # What is no card of it is no loss.
        other = await people.says(room, "never mind")
        await people.removes(room, other)
        last = await people.says(room, "the last word")
        await people.reacts(room, last, "📌")
        await until(lambda: "the last word" in str(beside.lookups.history(1)), "what came after it")
        assert beside.lookups.incident(1).rooms[platform].lost == 1


async def test_a_platform_that_says_so_brings_it_back_three_times_and_then_it_stays_away(stage: Stage):
    await stage.open("Volumes slow")
    await stage.settle()
    for time in range(1, COMES_BACK + 2):
        before = stage.incident().rooms["console"].card
        stage.chat.by_method["edit"] = Orders(deque([Gone("There is no such message")]))
        await stage.ask(c.Note(mark=Mark.NOTE, text=f"deleted {time} times"), 1)
        await stage.settle()
        held = stage.incident().rooms["console"]
        assert held.lost == time
        assert (held.card not in ("", before)) is (time <= COMES_BACK)
        assert stage.rooms["console"].room("inc-1").pinned[-1] == (held.card or before)
    posted = len(stage.rooms["console"].messages("inc-1"))
    await stage.ask(c.Note(mark=Mark.NOTE, text="and nobody is told of trouble"), 1)
    await stage.settle()
    # What is told stands in the room, where no card begins a thread.
    assert len(stage.rooms["console"].messages("inc-1")) == posted + 1
    assert "trouble" in stage.loudly()[-1]
    assert not stage.events(e.DeliveryFailed)


async def test_what_is_told_while_the_card_is_gone_is_said_to_the_room(stage: Stage):
    await stage.open("Volumes slow")
    await stage.settle()
    stage.chat.by_method["say"] = Orders(deque([Gone("There is no such thread")]))
    await stage.ask(c.Note(mark=Mark.NOTE, text="osd.12 is down"), 1)
    await stage.settle()
    assert "osd.12 is down" in stage.loudly()[-1]


async def test_of_what_became_private_it_does_not_come_back_where_everybody_reads(stage: Stage):
    await stage.open("Volumes slow")
    await stage.settle()
    stage.chat.by_method["edit"] = Orders(always=Gone("There is no such message"))
    await stage.ask(c.MakePrivate(), 1)
    await stage.settle()
    left = [message.document.to_plain() for message in stage.rooms["console"].messages("inc-1")[1:]]
    assert not [text for text in left if "sev2" in text]
    assert not stage.events(e.CardLost)
    # Its announcement was to be edited, too: that it is gone already is what was wanted.
    assert not stage.events(e.DeliveryFailed)
    assert len(stage.announced()) == 1
    assert stage.incident().rooms["console"].id == "inc-1-2"


async def test_an_announcement_that_is_gone_is_made_anew_three_times_and_kept_up_to_date(stage: Stage):
    await stage.open("Disk filling", status=Status.TRIAGE, severity=Severity.SEV3)
    await stage.settle()
    for time in range(1, COMES_BACK + 2):
        before = stage.incident().rooms["console"].announcement
        stage.chat.by_method["edit"] = Orders(deque([Gone("There is no such message")]))
        await stage.ask(c.Rename(title=f"Disk filling, deleted {time} times"), 1)
        await stage.settle()
        again = time <= COMES_BACK
        assert (stage.incident().rooms["console"].announcement != before) is again
        assert len(stage.announced()) == min(time, COMES_BACK) + 1
    # The new one is the one that changes, also when there is a room by then.
    await stage.ask(c.Accept(), 1)
    await stage.ask(c.Rename(title="Disk full"), 1)
    await stage.settle()
    assert ["Disk full" in shown for shown in stage.announced()] == [False] * COMES_BACK + [True]
    assert not stage.events(e.DeliveryFailed)


async def test_an_announcement_that_is_gone_stays_away_once_its_incident_is_over_and_comes_back_when_it_is_reopened(
    stage: Stage,
):
    await stage.open("Volumes slow")
    await stage.settle()
    stage.chat.by_method["edit"] = Orders(always=Gone("There is no such message"))
    await stage.ask(c.Resolve(), 1)
    await stage.settle()
    assert len(stage.announced()) == 1
    await stage.ask(c.Reopen(reason="slow again"), 1)
    await stage.settle()
    assert len(stage.announced()) == 2
    assert not stage.events(e.DeliveryFailed)
