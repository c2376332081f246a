"""Slack away, grudging, or not ours any more; and what goes on meanwhile."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import update

from storage.engine import Database
from storage.tables import outbox
from tests.contract.servers.slack.trouble import limited
from tests.integration.served_bot import a_message, an_alert
from tests.integration.slack_town import Town, connected, fires, ready, serving, town
from tests.servers.klatsch import klatsch
from tests.until import PATIENCE, until

WORDS = "New servers cannot be started."
AS_LONG = 4 * PATIENCE
"""Seconds in which Slack is looked for again, on a machine that took its time while Slack was away."""


@pytest.fixture
async def town_(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as town_:
        yield town_


def failing(number: int, az: str = "az1") -> bytes:
    alert = an_alert(number)
    alert["labels"] |= {"az": az, "region": "RegionOne"}
    return json.dumps(a_message(alert, groupKey=az)).encode()


async def says(folder: Path, *lines: str) -> None:
    """In a terminal, as Ana: break glass."""
    typed = "".join(f"{line}\n" for line in lines)
    said = await asyncio.to_thread(klatsch, folder, "say", "--as", "ana", input=typed)
    assert said.returncode == 0, said.stderr


def ten_minutes_pass(folder: Path) -> None:
    """For whatever waits."""
    database = Database(f"sqlite:///{folder}/klatsch.db")
    with database.write() as connection:
        for row in connection.execute(outbox.select().where(outbox.c.state == "waiting")).all():
            earlier = {"first_at": row.first_at - timedelta(minutes=10)}
            connection.execute(update(outbox).where(outbox.c.id == row.id).values(earlier))
    database.close()


async def test_while_slack_is_away_everything_else_goes_on_and_what_waited_is_said_once(town_: Town, tmp_path: Path):
    rooms = {"console": {"folder": str(tmp_path / "rooms")}}
    town_.configure(f"sqlite:///{tmp_path}/klatsch.db", beside=rooms)
    slack = town_.slack
    async with serving(town_) as served:
        await fires(served)
        room = await town_.opened()
        await until(lambda: town_.phone.published, "the page")
        assert "has it" in (await town_.ana.slash(room, "ack")).text
        await until(lambda: town_.announced(), "the announcement")
        async with slack.outage():
            for number in range(2, 8):
                await fires(served, failing(number))
            await fires(served, failing(20, "az2"))
            await until(lambda: len(town_.phone.shown("ana-pages")) == 2, "the page of the second")
            await until(lambda: "inc-2" in console(tmp_path / "rooms"), "the second on the other platform")
            public = (f"INC-1 publish investigating {WORDS} comp=compute-az1:major", "INC-1 publish approve")
            await says(tmp_path, "INC-1 note one meanwhile", "INC-1 note two meanwhile", *public)
            await until(lambda: on_the_page(served.url), "the public post")
            async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False, verify=False) as client:
                link = town_.phone.shown("ana-pages")[1]["click"]
                assert "Ana Ruiz" in (await client.post(link)).text
            await ready(served)
            await asyncio.to_thread(ten_minutes_pass, tmp_path)
            checked = await asyncio.to_thread(klatsch, tmp_path, "check")
            assert checked.returncode == 1
            late = re.sub(r"\s+", " ", checked.stdout)
            assert re.search(r"outbox.open_room: 1 waiting, the first for 1\dm\S* slack: cannot connect", late), late
            assert re.search(r"problem chat.slack: slack: cannot connect", late), late
        calls = len(slack.calls)
        # Whoever is away for long is asked again after as long.
        await connected(town_, within=AS_LONG)
        second = await town_.opened(2, within=AS_LONG)
        await until(lambda: "two meanwhile" in digests(town_, room), "what happened meanwhile", within=AS_LONG)
        await until(lambda: "7 firing" in town_.card().shown, "the card", within=AS_LONG)
        assert "lead" in (await town_.ana.slash(room, "take lead")).text
        await until(lambda: "@ana" in town_.card().shown, "the card again")
        await until(lambda: town_.announced(2), "the second announcement")
    # In one message, unless it took seconds to type the second.
    digest = digests(town_, room)
    assert [digest.count("one meanwhile"), digest.count("two meanwhile")] == [1, 1]
    assert digest.index("one meanwhile") < digest.index("two meanwhile")
    assert [said.shown.count("INC-2 ") for said in town_.said("#incidents")] == [0, 1]
    assert len([said for said in town_.said(second) if not said.thread_ts or said.ts in second.pins]) == 1
    assert len(town_.keys()) == len(set(town_.keys()))
    # Six alerts, two notes and two public posts later: a few calls a room.
    spoken = [call for call in slack.calls[calls:] if call.method.startswith(("chat.", "conversations.set"))]
    assert len(spoken) < 16, [call.method for call in spoken]
    # Whoever has it stands on the card of the second, which is new.
    assert town_.rang() == [town_.ana.id]


def console(folder: Path) -> str:
    return "".join(file.read_text(errors="replace") for file in folder.rglob("*") if file.is_file())


async def on_the_page(page: str) -> bool:
    async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False, verify=False) as client:
        return WORDS in (await client.get(page)).raise_for_status().text


def digests(town_: Town, room: object) -> str:
    return "\n".join(said.shown for said in town_.said(room) if said.is_reply and "meanwhile" in said.shown)


async def test_a_slack_that_refuses_every_third_call_hears_everything_once(town_: Town, tmp_path: Path):
    town_.configure(f"sqlite:///{tmp_path}/klatsch.db")
    slack, ana, ben = town_.slack, town_.ana, town_.ben
    slack.every(3, limited(1))
    async with serving(town_) as served:
        await fires(served)
        room = await town_.opened()
        await until(lambda: ana.id in room.members, "who is on call")
        await ben.joins(room)
        assert "lead" in (await ana.slash(room, "take lead")).text
        for number in range(2):
            await ben.posts(room, f"!incident note line {number}")
        message = await ben.posts(room, "it answers again after the reload")
        await ana.reacts(room, message, "pushpin")
        noted = [*(f"line {number}" for number in range(2)), "it answers again after the reload"]
        await until(lambda: sorted(town_.noted()) == sorted(noted), "the notes")
        await until(
            lambda: len([one for one in town_.said(room) if one.is_reply and "Note on" in one.shown]) == 2, "answers"
        )
        await until(lambda: "@ana" in town_.card().shown, "the card")
    assert len(town_.keys()) == len(set(town_.keys()))
    assert slack.refused > 8
    assert len([one for one in slack.channels.values() if one.name.startswith("inc-")]) == 1
    assert "Traceback" not in served.log.read_text()
