"""What is asked of a homeserver that said "not now"."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from adapters.chat.matrix.gate import REMEMBERED, Gate
from bot.ports import Unavailable


class Limited:
    """A homeserver that takes one request each `every` seconds, and counts who asks."""

    def __init__(self, every: float = 5.0) -> None:
        self.time, self.free, self.every, self.asked, self.taken = 0.0, 0.0, every, 0, 0
        self.gate = Gate("matrix", lambda error: str(error) == "limited", lambda: self.time)

    async def ask(self) -> int:
        self.asked += 1
        await asyncio.sleep(0)
        if self.time < self.free:
            raise Unavailable("limited", timedelta(seconds=self.free - self.time))
        self.free, self.taken = self.time + self.every, self.taken + 1
        return self.taken

    async def storm(self, count: int) -> list[object]:
        return await asyncio.gather(*(self.gate.through(self.ask) for _ in range(count)), return_exceptions=True)


async def test_while_the_homeserver_said_not_now_nobody_asks_and_all_hear_how_long():
    server = Limited()
    await server.storm(2)
    asked = server.asked
    server.time = 2.0
    answers = await server.storm(50)
    assert server.asked == asked
    assert {answer.retry_after for answer in answers if isinstance(answer, Unavailable)} == {timedelta(seconds=3)}
    assert len(answers) == 50


async def test_of_all_that_come_back_one_gets_in_and_one_finds_out_for_the_rest():
    server = Limited()
    await server.storm(2)
    for rounds in range(1, 4):
        server.time = rounds * 5.0
        asked, taken = server.asked, server.taken
        await server.storm(50)
        assert (server.asked - asked, server.taken - taken) == (2, 1)


async def test_without_a_limit_nobody_waits_for_another():
    server = Limited(every=0.0)
    assert sorted(await server.storm(20), key=str) == sorted(range(1, 21), key=str)
    await server.storm(1)


async def test_a_limit_is_forgotten_after_a_while():
    server = Limited()
    await server.storm(2)
    server.time = 5.0 + REMEMBERED + 1
    server.every = server.free = 0.0
    assert all(isinstance(answer, int) for answer in await server.storm(10))


async def test_other_trouble_closes_no_gate():
    server = Limited()

    async def away() -> None:
        raise Unavailable("no answer", timedelta(seconds=9))

    with pytest.raises(Unavailable, match="no answer"):
        await server.gate.through(away)
    assert await server.gate.through(server.ask) == 1
