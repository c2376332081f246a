"""A private incident in an encrypted room, with the `klatsch` command, a client that encrypts, and a kill in between."""

from __future__ import annotations

import asyncio
import secrets
import sys
from pathlib import Path

import pytest

from tests.integration.test_matrix_story import founded
from tests.servers.klatsch import environment, incidents, klatsch, served_at, write_config
from tests.servers.sealed_person import SealedPerson, sealed_person
from tests.servers.synapse import Synapse
from tests.until import PATIENCE, until


async def test_what_is_private_is_read_by_those_who_are_in_it_and_survives_a_kill(
    synapse_server: Synapse, tmp_path: Path
):
    town = await founded(synapse_server, tmp_path)
    canary = f"canary-{secrets.token_hex(4)}"
    town.configure(f"sqlite:///{tmp_path}/klatsch.db", encryption="private")
    async with sealed_person(synapse_server.url, town.ben.account, tmp_path / "ben") as ben:
        async with served_at(tmp_path) as served:
            announced = await town.ben.join(town.announce)
            assert "INC-1" in await town.types(town.ben, announced, "open private sev2 Customer data")
            (room,) = await until(lambda: _invited(ben), "the invitation")
            await ben.join(room)
            await until(lambda: _read(ben, room, "INC-1"), "the card")
            await ben.say(room, f"!inc note {canary} one")
            await until(lambda: _answers(ben, room, 1), "the answer")
            served.process.kill()
            await asyncio.to_thread(served.process.wait, PATIENCE)
        await ben.say(room, f"!inc note {canary} two")
        async with served_at(tmp_path, "again"):
            await until(lambda: _answers(ben, room, 2), "the answer after the kill")
            taken = await asyncio.to_thread(klatsch, tmp_path, "check")
            assert taken.returncode == 0, taken.stdout
            noted = [entry["text"] for entry in incidents(tmp_path)[0]["timeline"] if entry["kind"] == "noted"]
            assert noted == [f"{canary} one", f"{canary} two"]
    kinds = {event["type"] for event in await town.bot.events(room)}
    assert "m.room.encrypted" in kinds
    assert "m.room.message" not in kinds
    assert not synapse_server.holds(canary)
    assert (tmp_path / "matrix-keys" / "keys.db").exists()


@pytest.mark.parametrize("command", ["check", "serve"])
async def test_without_its_packages_nothing_begins_and_everybody_is_told(tmp_path: Path, command: str):
    matrix = {"homeserver": "http://127.0.0.1:9", "user_id": "@k:example.org", "access_token": "t", "encryption": "all"}
    write_config(tmp_path, f"sqlite:///{tmp_path}/klatsch.db", chat={"matrix": matrix})
    program = "import sys; sys.modules['vodozemac'] = None; from bot.cli import main; sys.exit(main(sys.argv[1:]))"
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, command, cwd=tmp_path, env=environment(), stderr=asyncio.subprocess.PIPE
    )
    _, said = await asyncio.wait_for(started.communicate(), 60)
    assert started.returncode
    assert b"chat.matrix.encryption: needs packages that are not installed" in said
    assert b"klatsch[encryption]" in said


async def _invited(person: SealedPerson) -> list[str]:
    await person.look()
    return list(person.client.invited_rooms)


async def _read(person: SealedPerson, room: str, words: str) -> bool:
    return any(words in text for text in await person.reads(room))


async def _answers(person: SealedPerson, room: str, many: int) -> bool:
    """Whether so many lines of this person were answered."""
    found = [event.source["content"].get("m.relates_to", {}) for event in await person.events(room)]
    to = [relation for relation in found if "m.in_reply_to" in relation and "rel_type" not in relation]
    return len(to) >= many
