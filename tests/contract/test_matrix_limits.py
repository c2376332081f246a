"""A homeserver with the limits that it has where nobody raised them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from bot.chat import document as d
from bot.ports import Attempt, Unavailable
from storage.engine import Database
from tests.contract.chat_harness import MatrixHarness
from tests.databases import made_in
from tests.servers.synapse import synapse
from tests.until import until


@pytest.fixture
async def limited(tmp_path: Path) -> AsyncIterator[MatrixHarness]:
    database = Database(made_in(tmp_path))
    with synapse(limited=True) as server:
        harness = MatrixHarness(server, database, "matrix")
        await harness.prepare()
        yield harness
        await harness.platform.aclose()
    database.close()


async def test_who_says_too_much_hears_how_long_to_wait_and_nothing_is_said_twice(limited: MatrixHarness):
    """Synapse takes 10 messages at once and then one each five seconds."""
    begun = time.monotonic()
    ref = await limited.platform.open_room(Attempt("open"), mark="inc-7", name="inc-7-x", topic="INC-7", private=False)
    said: dict[int, str] = {}
    waits: list[float] = []

    async def say(number: int) -> None:
        try:
            said[number] = await limited.platform.say(Attempt(f"say-{number}"), ref.id, d.say(f"line {number:02}"))
        except Unavailable as error:
            assert error.retry_after is not None
            waits.append(error.retry_after.total_seconds())

    await asyncio.gather(*(say(number) for number in range(20)))
    # In the order that was asked for: the first ones got through. A room counts as a message, too. When all that takes seconds there
    # is room for more, and for a later one, too.
    assert [*said] == sorted(said)
    assert {*range(5)} <= said.keys()
    assert len(said) <= 10 + (time.monotonic() - begun) / 5
    assert all(0 < wait <= 6 for wait in waits)

    async def next_one() -> bool:
        await say(first)
        return first in said

    first = next(number for number in count() if number not in said)
    await until(next_one, "room for one more", every=0.5)
    shown = await limited.messages(ref.id)
    assert [message.text for message in shown] == [f"line {number:02}" for number in said]


async def test_whoever_was_invited_too_often_keeps_nobody_else_out(limited: MatrixHarness):
    """Synapse lets somebody be invited into five rooms, and then into one each five minutes."""
    for host in ("eve", "eve", "eve", "ben", "ben"):
        asked = limited.people[host].ask
        room = (await asked("POST", "createRoom", body={"preset": "private_chat"})).raise_for_status().json()["room_id"]
        ana = {"user_id": limited.people["ana"].user_id}
        (await asked("POST", "rooms", room, "invite", body=ana)).raise_for_status()
    ref = await limited.platform.open_room(Attempt("open"), mark="inc-7", name="inc-7", topic="INC-7", private=True)
    for tries in (1, 2):
        with pytest.raises(Unavailable) as refused:
            await limited.platform.invite(Attempt("invite", tries), ref.id, [limited.person("ana", "Ana")])
        assert refused.value.retry_after is not None
        assert refused.value.retry_after > timedelta(minutes=1)
    await limited.platform.invite(Attempt("other"), ref.id, [limited.person("ben", "Ben")])
    assert await limited.members(ref.id) == ["ben"]
