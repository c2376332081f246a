"""What goes wrong between the bot and its homeserver, with the `klatsch` command and a real one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.test_matrix_story import Town, fired, founded
from tests.servers.grudging import grudging
from tests.servers.klatsch import incidents, served_at
from tests.servers.synapse import Synapse
from tests.until import until


@pytest.fixture
async def town(synapse_server: Synapse, tmp_path: Path) -> Town:
    return await founded(synapse_server, tmp_path)


async def test_a_homeserver_that_refuses_every_third_call_hears_everything_once(town: Town):
    ana = town.ana
    async with grudging(town.homeserver.url, every=3) as between:
        town.configure(f"sqlite:///{town.folder}/klatsch.db", homeserver=between.url)
        async with served_at(town.folder) as served:
            fired(served)
            room = await town.room()
            await until(lambda: town.card(room), "the card")
            assert "lead" in await town.types(ana, room, "take lead")
            for number in range(5):
                await town.types(ana, room, f"note line {number}")
            message = await ana.say(room, "it answers again after the reload")
            await ana.react(room, message, "📌")
            await until(lambda: _noted(town, "it answers again"), "the note")
            await town.types(ana, room, "resolve it is over")
            await until(lambda: _on_the_card(town, room), "the end on the card")
    assert len(between.refused) > 20
    (incident,) = incidents(town.folder)
    noted = [entry["text"] for entry in incident["timeline"] if entry["kind"] == "noted"]
    assert noted == [*(f"line {number}" for number in range(5)), "it answers again after the reload"]
    said = [event for event in await town.bot.events(room) if event["sender"] == town.bot.user_id]
    keys = [key for event in said if (key := event["content"].get("org.klatsch.key"))]
    assert len(keys) == len(set(keys))
    assert len(await town.bot.rooms()) == 2


async def test_a_bot_that_is_killed_when_its_room_was_made_goes_on_in_that_room(town: Town):
    database = f"sqlite:///{town.folder}/klatsch.db"
    async with grudging(town.homeserver.url, every=0) as between:
        town.configure(database, homeserver=between.url)
        async with served_at(town.folder) as served:

            def killed(path: str) -> None:
                if path.endswith("/createRoom"):
                    served.process.kill()

            between.done = killed
            fired(served)
            await until(lambda: served.process.poll() is not None, "the end of the bot")
        # It was told of no room.
        assert incidents(town.folder)[0]["rooms"] == []
        (made,) = set(await town.bot.rooms()) - {await town.ana.join(town.announce)}
        between.done = lambda path: None
        async with served_at(town.folder, "again"):
            room = await town.room()
            await until(lambda: town.card(room), "the card")
    assert room == made
    assert len(incidents(town.folder)[0]["rooms"]) == 1
    assert len(await town.bot.rooms()) == 2


async def _noted(town: Town, words: str) -> bool:
    return any(words in str(entry.get("text")) for entry in incidents(town.folder)[0]["timeline"])


async def _on_the_card(town: Town, room: str) -> bool:
    return "resolved" in (await town.card(room)).lower()
