"""The clocks of a meeting, from the outbox to the next topic; and who votes in a bot that is put together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.coffee.board import Coffee, CoffeeStatus
from bot.coffee.voters import voter
from bot.config import load
from bot.incident.commands import coffee as k
from bot.main import Klatsch
from storage.settings import signing_key
from tests.contract.coffee_table import ask, said, sit
from tests.contract.stage import Stage, on_stage
from tests.contract.test_outbox import LEASE
from tests.world import World


@pytest.fixture
async def stage(world: World, tmp_path: Path) -> AsyncIterator[Stage]:
    """Nothing is shown and nobody gets minutes: the clocks alone."""
    sit(world, spots=(), publishers=())
    for text in ("first", "second"):
        ask(world, k.AddTopic(text=text))
    ask(world, k.StartCoffee())
    async with on_stage(world, tmp_path) as stage:
        yield stage


def meeting(world: World) -> Coffee:
    found = world.lookups.board().coffee
    assert found is not None
    return found


async def after(stage: Stage, **time: float) -> Coffee:
    stage.clock.forward(**time)
    await stage.deliverer.drain()
    return meeting(stage.world)


async def test_a_meeting_is_led_by_its_clocks_from_topic_to_topic_and_ends_itself(stage: Stage) -> None:
    assert (await after(stage, minutes=7, seconds=59)).asking is False
    assert (await after(stage, seconds=1)).asking is True
    await stage.writer.submit(said(k.GiveThumb(voter="", up=True), "ben"))
    on = await after(stage, seconds=45)
    assert (on.current, on.round, on.asking) == (1, 2, False)
    assert (await after(stage, minutes=4)).asking is True
    second = await after(stage, seconds=45)
    assert (second.current, second.round) == (2, 1)
    await after(stage, minutes=8)
    idle = await after(stage, seconds=45)
    assert (idle.current, idle.last, idle.status) == (0, 2, CoffeeStatus.RUNNING)
    stage.clock.forward(hours=2)
    await stage.deliverer.drain()
    board = stage.world.lookups.board()
    assert (board.coffee, board.past[1].status) == (None, CoffeeStatus.OVER)


async def test_a_clock_that_was_left_behind_does_nothing_when_it_wakes(stage: Stage) -> None:
    stage.clock.forward(minutes=5)
    for command in (k.NextTopic(), k.TakeUpTopic(topic=1)):
        await stage.writer.submit(said(command))
    left = await after(stage, minutes=3)
    assert (left.current, left.round, left.asking) == (1, 1, False)
    assert (await after(stage, minutes=5)).asking is True


async def test_a_clock_whose_process_died_asks_once(stage: Stage) -> None:
    stage.clock.forward(minutes=8)
    held = stage.world.outbox.claim(64, LEASE)
    assert [one.key for one in held] == ["coffee:1.1.1"]
    stage.clock.forward(seconds=LEASE.total_seconds() + 1)
    await stage.deliverer.drain()
    asked = meeting(stage.world)
    assert (asked.asking, asked.version) == (True, 2)
    await stage.another_process().drain()
    assert meeting(stage.world) == asked


async def test_a_bot_that_is_put_together_keeps_votes_under_its_own_key(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("coffee: {dots: 2, timebox: 5m}\nchat: {console: {}}\n", encoding="utf-8")
    async with Klatsch(load(file, {})).working() as klatsch:
        await klatsch.writer.submit(said(k.AddTopic(text="first")))
        await klatsch.writer.submit(said(k.PutDots(topic=1, voter="", count=2)))
        refused = (await klatsch.writer.submit(said(k.PutDots(topic=1, voter="")))).refused
        topic = klatsch.lookups.board().topics[1]
        key = signing_key(klatsch.database)
    assert refused is not None
    assert topic.dots == {voter(key, "ana", 0): 2}
    assert voter(key, "ana", 0) != voter("", "ana", 0)
