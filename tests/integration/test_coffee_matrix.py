"""A coffee in Matrix, on a real homeserver: the bot is the `klatsch` command, and people have their own clients."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.integration.test_matrix_story import Town, founded
from tests.servers.klatsch import served_at
from tests.servers.synapse import Synapse
from tests.until import until


@pytest.fixture
async def town(synapse_server: Synapse, tmp_path: Path) -> Town:
    return await founded(synapse_server, tmp_path)


async def test_a_coffee_from_its_topics_to_its_minutes_in_matrix(town: Town, tmp_path: Path):
    town.configure(f"sqlite:///{tmp_path}/klatsch.db")
    async with served_at(town.folder):
        room = await town.ana.join(town.announce)
        await until(lambda: joined(town, room), "the bot in the room")
        await town.types(town.ana, room, "coffee add Why do OSDs flap?")
        spoken = await town.ben.say(room, "Who reads runbooks?")
        await town.types(town.ana, room, "coffee start")
        board = await until(lambda: the_board(town, room), "the board")

        async def shows(words: str) -> bool:
            return words in (await the_board(town, room))["content"]["body"]

        await town.ana.react(room, spoken, "☕️")
        await until(lambda: shows("Who reads runbooks?"), "the topic of the message")
        dot = await town.ben.react(room, board["id"], "🍋")
        await town.ana.react(room, board["id"], "🍋")
        await until(lambda: shows("2 dots"), "the dots")
        await town.ben.redact(room, dot)
        await until(lambda: shows("1 dot ·"), "one dot less")
        await town.types(town.ben, room, "coffee takeaway Read it aloud once a quarter")
        await town.types(town.ben, room, "coffee topic 2")
        assert "The coffee is over after" in await town.types(town.ana, room, "coffee end")
        (minutes,) = await until(lambda: list((town.folder / "postmortems").glob("coffee-*.md")), "the minutes")
        await until(lambda: shows("It is over."), "the end on the board")
    text = minutes.read_text(encoding="utf-8")
    assert "- Read it aloud once a quarter (Ben Okafor)" in text
    assert "## 2. Who reads runbooks?\n\n1 dot" in text


async def joined(town: Town, room: str) -> bool:
    return any(
        one["state_key"] == town.bot.user_id for one in await town.ana.events(room) if one["type"] == "m.room.member"
    )


async def the_board(town: Town, room: str) -> dict[str, Any]:
    own = [one for one in await town.ana.messages(room) if one["sender"] == town.bot.user_id]
    found = [one for one in own if "Lean coffee on" in one["content"]["body"]]
    return found[0] if found else {}
