"""Encrypted rooms on a real homeserver, read and written by people with a client of their own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from bot.chat import document as d
from bot.ports import Attempt, Rejected
from tests.contract.chat_harness import MatrixHarness
from tests.contract.test_matrix_listening import Heard, listening
from tests.servers.sealed_person import SealedPerson, sealed_person, unreadable
from tests.until import until

ENCRYPTED = "m.room.encryption"


class Town:
    """A bot that encrypts rooms of private incidents, and people whose clients can."""

    def __init__(self, matrix: MatrixHarness, folder: Path, stack: AsyncExitStack) -> None:
        self.matrix = matrix
        self.folder = folder
        self._stack = stack
        self._numbers = count()

    async def begin(self, **more: Any) -> None:
        await self.matrix.restart(**{"encryption": "private", "encryption_store": str(self.folder / "keys"), **more})

    async def person(self, name: str, device: str = "PHONE") -> SealedPerson:
        account = self.matrix.people[name].account
        if device != account.device_id:
            account = self.matrix.homeserver.login(account.user_id, device=device, password=name)
        folder = self.folder / f"{name}-{device}"
        return await self._stack.enter_async_context(sealed_person(self.matrix.homeserver.url, account, folder))

    async def room(self, *people: str, private: bool = True, mark: str = "inc-7") -> str:
        ref = await self.matrix.platform.open_room(
            Attempt(f"open-{mark}"), mark=mark, name=f"{mark}-leak", topic="INC-7 Leak", private=private
        )
        await self.matrix.platform.invite(
            Attempt("invite"), ref.id, [self.matrix.person(name, name.title()) for name in people]
        )
        return ref.id

    async def say(self, room: str, text: str, key: str = "") -> str:
        return await self.matrix.platform.say(Attempt(key or f"say-{next(self._numbers)}"), room, d.say(text))

    async def stored(self, room: str) -> list[dict[str, Any]]:
        """The messages as the homeserver has them."""
        events = await self.matrix.bot.events(room)
        return [event for event in events if event["type"] in ("m.room.message", "m.room.encrypted")]


@pytest.fixture
async def town(matrix: MatrixHarness, tmp_path: Path) -> AsyncIterator[Town]:
    async with AsyncExitStack() as stack:
        found = Town(matrix, tmp_path, stack)
        await found.begin()
        yield found


def reads(person: SealedPerson, room: str, text: str) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        return text in await person.reads(room)

    return look


async def test_a_private_room_is_encrypted_and_read_by_who_is_in_it_and_not_by_the_homeserver(town: Town):
    ana = await town.person("ana")
    room = await town.room("ana")
    assert (await town.matrix.bot.state(room, ENCRYPTED))["algorithm"] == "m.megolm.v1.aes-sha2"
    card = await town.say(room, "the canary of the card")
    await ana.join(room)
    await town.matrix.platform.say(Attempt("note"), room, d.say("the canary of a note"), thread=card)
    await town.matrix.platform.edit(Attempt("edit"), room, card, d.say("the canary of an edit"))
    await until(reads(ana, room, "* the canary of an edit"), "the edit")
    assert await ana.reads(room) == ["the canary of the card", "the canary of a note", "* the canary of an edit"]
    stored = await town.stored(room)
    assert [event["type"] for event in stored] == ["m.room.encrypted"] * 3
    assert stored[1]["content"]["m.relates_to"]["rel_type"] == "m.thread"
    assert stored[2]["content"]["m.relates_to"] == {"rel_type": "m.replace", "event_id": card}
    assert not town.matrix.homeserver.holds("canary")


async def test_lines_edits_and_reactions_are_heard_and_the_answer_is_read(town: Town):
    ana, heard = await town.person("ana"), Heard()
    room = await town.room("ana")
    await ana.join(room)
    async with listening(town.matrix, heard):
        await ana.say(room, "!incident canary status")
        await until(reads(ana, room, "answer 1: canary status"), "the answer")
        message = await ana.say(room, "canary osd.17 flaps")
        await ana.react(room, message, "📌")
        await until(lambda: heard.reacted_, "the reaction")
        await ana.edit(room, message, "canary osd.18 flaps")
        await until(lambda: heard.edited_, "the edit")
        await ana.react(room, message, "☑️")
        await until(lambda: len(heard.reacted_) == 2, "the second reaction")
    assert heard.lines == ["canary status"]
    assert [on.text for on in heard.reacted_] == ["canary osd.17 flaps", "canary osd.18 flaps"]
    assert [edited.text for edited in heard.edited_] == ["canary osd.18 flaps"]
    assert not town.matrix.homeserver.holds("canary")
