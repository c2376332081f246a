"""Slack calls the bot: signed requests to its own listener, and two bots behind one address."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from bot.deliver import LEASE
from tests.integration.slack_town import Town, fires, ready, serving, town
from tests.servers.balancer import balancer
from tests.until import PATIENCE, until


@pytest.fixture
async def town_(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as town_:
        yield town_


async def test_slack_calls_the_bot_and_nobody_else_does(town_: Town, tmp_path: Path):
    town_.configure(f"sqlite:///{tmp_path}/klatsch.db", mode="http", app_token="")
    slack, ana, ben = town_.slack, town_.ana, town_.ben
    slack.request_url = "http://127.0.0.1:9/"
    async with serving(town_) as served, httpx.AsyncClient(timeout=PATIENCE, trust_env=False, verify=False) as client:
        address = slack.request_url = f"{served.url}/slack/events"
        assert await slack.verify()
        assert (await slack.check_ssl()).acked
        await fires(served)
        room = await town_.opened()
        await ben.joins(room)
        card = town_.card()
        assert card
        pressed = await ana.presses(room, card, "Take the lead")
        await until(lambda: pressed.responses, "the answer")
        assert "Ana Ruiz is lead" in pressed.responses[0]["text"]
        told = await ben.posts(room, "it answers again")
        await ana.reacts(room, told, "pushpin")
        await until(lambda: town_.noted() == ["it answers again"], "the note")
        await ben.slash("#incidents", "open")
        await ben.submits(values={"Title": "Volumes are slow"})
        await town_.opened(2)
        assert slack.connected == 0
        assert not slack.calls_of("apps.connections.open")

        body = f"command=%2Fincident&text=resolve&user_id={ana.id}&channel_id={room.id}&trigger_id=1.2.x&team_id=T0".encode()
        now = int(time.time())
        forged = {**slack.signed(body, now), "X-Slack-Signature": "v0=" + 64 * "0"}
        for headers in (forged, slack.signed(body, now - 600), {}):
            assert (await client.post(address, content=body, headers=headers)).status_code == 401
        assert (await client.get(address)).status_code == 405
        assert (await client.post(address, content=b"x" * 2_000_000)).status_code == 413
        await ready(served)
    assert town_.export()["status"] == "investigating"


async def test_of_two_bots_behind_one_address_nothing_is_done_or_answered_twice(town_: Town, postgresql_url: str):
    slack, ana, ben = town_.slack, town_.ana, town_.ben
    folders = [town_.folder / name for name in ("one", "two")]
    for folder in folders:
        town_.configure(postgresql_url, folder=folder, mode="http")
    town_.folder = folders[0]
    async with AsyncExitStack() as stack:
        between = await stack.enter_async_context(balancer())
        slack.request_url = f"{between.url}/slack/events"
        one, two = [await stack.enter_async_context(serving(town_, folder=folder)) for folder in folders]
        between.behind = [one.url, two.url]
        await fires(two)
        room = await town_.opened()
        await ben.joins(room)
        await until(lambda: ana.id in room.members, "who is on call")
        await slack.delivery.settled()

        for number in range(4):
            answer = await ben.slash(room, f"note slash {number}")
            # What is said in threads of what came of the ones before may be last.
            assert f"slash {number}" in [one for one in town_.said(room) if not one.is_reply][-1].shown, answer
        # A mention is told twice, as a mention and as a message; each to another bot.
        typed = [await ana.posts(room, f"@klatsch note mention {number}") for number in range(4)]
        await until(lambda: len(town_.noted()) == 8, "the notes")
        await slack.delivery.settled()
        await until(lambda: all(room.thread(one.ts) for one in typed), "the answers")
        marked = await ben.posts(room, "the switch is new")
        await ana.reacts(room, marked, "pushpin")
        event = next(event for event in reversed(slack.events) if event.event["type"] == "reaction_added")
        await until(lambda: event.acked, "the reaction")
        await slack.redeliver(event.id)
        line = next(event for event in slack.events if "mention 0" in str(event.event))
        for _ in range(2):
            await slack.redeliver(line.id)
        assert {*between.served} == {one.url, two.url}

        one.process.kill()
        await asyncio.to_thread(one.process.wait, PATIENCE)
        town_.folder = folders[1]
        for number in range(4):
            await ben.slash(room, f"note alone {number}")
        await ana.posts(room, "@klatsch note alone at last")
        await until(lambda: "alone at last" in town_.noted(), "what the other one heard")
        card = town_.card()
        assert card
        pressed = await ana.presses(room, card, "Take the lead")
        await until(lambda: pressed.responses, "the answer")
        # What the other one had in hand comes back after a minute.
        await until(lambda: "@ana" in card.shown, "the card", within=LEASE.total_seconds() + PATIENCE)
        await slack.delivery.settled()

    told = [*(f"slash {n}" for n in range(4)), *(f"mention {n}" for n in range(4)), "the switch is new"]
    assert sorted(town_.noted()) == sorted([*told, *(f"alone {n}" for n in range(4)), "alone at last"])
    # Each line is answered once, and below the line.
    assert [len(room.thread(one.ts)) for one in typed] == [1, 1, 1, 1]
    said = [*town_.said(room), *ana.ephemerals(room), *ben.ephemerals(room)]
    assert not [one.shown for one in said if "handled already" in one.shown]
    assert len(town_.keys()) == len(set(town_.keys()))
