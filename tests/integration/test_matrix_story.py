"""The whole way through a real homeserver: people have their own clients, and the bot is the `klatsch` command."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.servers.klatsch import Served, incidents, klatsch, served_at, write_config
from tests.servers.matrix_person import MatrixPerson
from tests.servers.synapse import NAME, Synapse, synapse
from tests.until import PATIENCE, until

FIRING = Path(__file__).parent.parent / "fixtures" / "alertmanager" / "firing_single.json"


@dataclass
class Town:
    """A homeserver with the bot's account, people, and the room in which incidents are announced."""

    homeserver: Synapse
    bot: MatrixPerson
    ana: MatrixPerson
    ben: MatrixPerson
    announce: str
    folder: Path

    def block(self) -> dict[str, str]:
        """Of the configuration, under `chat:`."""
        return {
            "homeserver": self.homeserver.url,
            "user_id": self.bot.user_id,
            "access_token": self.bot.account.access_token,
            "announce": self.announce,
        }

    def configure(self, database_url: str, files: Mapping[str, str] | None = None, **matrix: Any) -> None:
        people = {
            "ana": {"name": "Ana Ruiz", "matrix": self.ana.user_id},
            "ben": {"name": "Ben Okafor", "matrix": self.ben.user_id},
        }
        chat = {"archive_after": "1s", "matrix": {**self.block(), **matrix}}
        storage = {"url": database_url, "files": {**(files or {})}}
        write_config(self.folder, database_url, chat=chat, people=people, storage=storage)

    async def room(self) -> str:
        """The incident's room, as the announcement has it."""
        announced = await self.ana.join(self.announce)

        async def link() -> str:
            said = [m["content"] for m in await self.ana.messages(announced) if m["sender"] == self.bot.user_id]
            return next((word for text in said for word in text["body"].split() if "matrix.to" in word), "")

        address = await until(link, "the announcement with its link")
        alias = address.strip("<>()").rpartition("/")[2].replace("%23", "#").replace("%3A", ":")
        return await self.ana.join(alias)

    async def card(self, room: str) -> str:
        """What the pinned message says now."""
        held = await self.ana.state(room, "m.room.pinned_events")
        pinned = held["pinned"] if held else []
        shown = {m["id"]: m["content"]["body"] for m in await self.ana.messages(room)}
        return str(shown.get(pinned[0], "")) if pinned else ""

    async def types(self, person: MatrixPerson, room: str, line: str, within: float = PATIENCE) -> str:
        """The bot's answer to a line."""
        typed = await person.say(room, f"!inc {line}")

        async def answer() -> str:
            for said in await person.messages(room):
                if said["content"].get("m.relates_to", {}).get("m.in_reply_to") == {"event_id": typed}:
                    return str(said["content"]["body"])
            return ""

        return await until(answer, f"an answer to `{line}`", within=within)


@pytest.fixture
async def town(synapse_server: Synapse, tmp_path: Path) -> Town:
    return await founded(synapse_server, tmp_path)


async def founded(homeserver: Synapse, folder: Path) -> Town:
    number = secrets.token_hex(4)

    def account(name: str, device: str = "PHONE") -> MatrixPerson:
        return MatrixPerson(homeserver.url, homeserver.register(f"{name}-{number}", device=device))

    found = Town(
        homeserver,
        account("klatsch", "KLATSCH"),
        account("ana"),
        account("ben"),
        f"#incidents-{number}:{NAME}",
        folder,
    )
    made = {"room_alias_name": f"incidents-{number}", "preset": "public_chat"}
    (await found.ben.ask("POST", "createRoom", body=made)).raise_for_status()
    return found


def fired(served: Served) -> None:
    assert served.post(FIRING.read_bytes()).status_code == 200


async def test_from_an_alert_to_a_postmortem_with_nothing_but_lines_and_reactions(town: Town, database_url: str):
    town.configure(database_url)
    ana, ben = town.ana, town.ben
    async with served_at(town.folder) as served:
        fired(served)
        room = await town.room()
        await ben.join(room)
        assert (await ana.state(room, "m.room.topic"))["topic"].startswith("INC-1")
        await until(lambda: town.card(room), "the card")

        assert "lead" in await town.types(ana, room, "take lead")
        # Who is known by a handle is known by name.
        assert "Ana Ruiz" in await until(lambda: _with(town, room, "Ana Ruiz"), "her name on the card")
        message = await ben.say(room, "it answers again after the reload")
        pin = await ben.react(room, message, "📌")
        await until(lambda: _noted(town, "it answers again"), "the note")
        await ben.redact(room, pin)
        await until(lambda: _unnoted(town, "it answers again"), "the end of the note")
        leak = await ana.say(room, "the password is hunter2")
        await ben.react(room, leak, "⭐")
        await until(lambda: _noted(town, "hunter2"), "the moment")
        await ana.redact(room, leak)
        await until(lambda: _noted(town, "removed by its author"), "the tombstone")
        await until(lambda: _unnoted(town, "hunter2"), "the end of the leak")
        await town.types(ana, room, "timeline")
        led, link = _opens(town, "role_assigned")
        assert link.startswith(f"https://matrix.to/#/{quote(room, safe='')}/%24")
        shown = [said["content"].get("formatted_body", "") for said in await ana.messages(room)]
        assert any(f'<a href="{link}">{led}</a>' in html for html in shown)
        assert quote(leak) not in "".join(shown)
        assert "Did you mean `!incident resolve`" in await town.types(ana, room, "resovle")
        await town.types(ana, room, "resolve ctl01 serves the new certificate")
        assert "postmortem" in await town.types(ana, room, "close")
        await until(lambda: _closed(town), "the draft")

        async def refused() -> bool:
            late = {"msgtype": "m.text", "body": "one more thing"}
            answer = await ana.ask("PUT", "rooms", room, "send", "m.room.message", secrets.token_hex(4), body=late)
            return answer.status_code == 403

        await until(refused, "the end of the room")
    assert town.bot.account.access_token not in served.log.read_text()


async def test_nothing_is_lost_when_the_bot_is_killed_and_started_again(town: Town, database_url: str):
    town.configure(database_url)
    ana = town.ana
    async with served_at(town.folder) as served:
        fired(served)
        room = await town.room()
        await until(lambda: town.card(room), "the card")
        served.process.kill()
        served.process.wait(PATIENCE)
    for number in range(30):
        await ana.say(room, f"!inc note line {number:02}")
    async with served_at(town.folder, "again"):
        await town.types(ana, room, "note the last one")
        (incident,) = incidents(town.folder)
        noted = [entry["text"] for entry in incident["timeline"] if entry["kind"] == "noted"]
        assert noted == [*(f"line {number:02}" for number in range(30)), "the last one"]
        assert len(incident["rooms"]) == 1

        async def answered() -> list[str]:
            said = [m for m in await ana.messages(room) if m["sender"] == town.bot.user_id]
            to = [m["content"]["m.relates_to"]["m.in_reply_to"]["event_id"] for m in said if _is_answer(m)]
            return to if len(to) > 30 else []

        # A line is done after the one before, and answered when its answer gets there.
        to = await until(answered, "the answers to all of them")
        assert len(to) == len(set(to)) == 31


async def test_a_homeserver_that_restarts_in_the_middle_loses_nothing_and_stops_nobody(tmp_path: Path):
    with synapse() as homeserver:
        town = await founded(homeserver, tmp_path)
        town.configure(f"sqlite:///{tmp_path}/klatsch.db")
        async with served_at(tmp_path) as served:
            fired(served)
            room = await town.room()
            await until(lambda: town.card(room), "the card")
            await town.types(town.ana, room, "note before")
            await asyncio.to_thread(homeserver.stop)
            said = await asyncio.to_thread(klatsch, tmp_path, "say", "--as", "ana", "INC-1 note meanwhile")
            assert said.returncode == 0, said.stderr
            await asyncio.to_thread(homeserver.start)
            # Whoever is away for long is asked again after as long.
            assert "after" in await town.types(town.ana, room, "note after", within=4 * PATIENCE)

            async def digest() -> bool:
                return any("meanwhile" in m["content"]["body"] for m in await town.ana.messages(room))

            await until(digest, "what happened meanwhile")
        assert len(await town.bot.rooms()) == 2


async def test_of_two_bots_one_listens_and_the_other_follows_when_it_dies(town: Town, postgresql_url: str):
    town.configure(postgresql_url)
    ana = town.ana
    async with served_at(town.folder, "one") as one:
        fired(one)
        room = await town.room()
        await until(lambda: town.card(room), "the card")
        second = town.folder / "two"
        town.folder = second
        town.configure(postgresql_url)
        async with served_at(second, "two"):
            for number in range(5):
                await town.types(ana, room, f"note with two {number}")
            one.process.kill()
            await asyncio.to_thread(one.process.wait, PATIENCE)
            await town.types(ana, room, "note with one")
            said = [m for m in await ana.messages(room) if m["sender"] == town.bot.user_id and _is_answer(m)]
            assert len(said) == 6
            assert not any("handled already" in m["content"]["body"] for m in said)
            (incident,) = incidents(second)
            noted = [entry["text"] for entry in incident["timeline"] if entry["kind"] == "noted"]
            assert noted == [*(f"with two {number}" for number in range(5)), "with one"]


def _is_answer(message: dict[str, Any]) -> bool:
    relation = message["content"].get("m.relates_to", {})
    return "m.in_reply_to" in relation and relation.get("rel_type") != "m.thread"


async def _with(town: Town, room: str, words: str) -> str:
    card = await town.card(room)
    return card if words in card else ""


async def _noted(town: Town, words: str) -> bool:
    return words in json.dumps(incidents(town.folder)[0]["timeline"], ensure_ascii=False)


def _opens(town: Town, kind: str) -> tuple[str, str]:
    """The number of the only event of that kind, and what opens the message it came of."""
    (row,) = [row for row in incidents(town.folder)[0]["timeline"] if row["kind"] == kind]
    return row["id"], row["source"]["link"]


async def _unnoted(town: Town, words: str) -> bool:
    return not await _noted(town, words)


async def _closed(town: Town) -> bool:
    return (town.folder / "postmortems" / "INC-1.md").exists()
