"""Many things that come at the same time are one call, and each hears what became of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from bot.together import Together
from tests.until import PATIENCE


class Call:
    """Notes what it is given. Each call waits until it is `let` on, and those in `broken` fail."""

    def __init__(self, *, broken: Sequence[int] = ()) -> None:
        self.given: list[list[str]] = []
        self.begun: asyncio.Queue[int] = asyncio.Queue()
        self._on: asyncio.Queue[None] = asyncio.Queue()
        self._broken = broken

    async def __call__(self, items: Sequence[str]) -> None:
        self.given.append([*items])
        place = len(self.given)
        self.begun.put_nowait(place)
        await self._on.get()
        if place in self._broken:
            raise OSError(f"call {place}")

    def let(self, calls: int) -> None:
        for _ in range(calls):
            self._on.put_nowait(None)


async def test_what_comes_during_a_call_is_the_next_one_in_order() -> None:
    call = Call()
    together = Together[str](call)
    first = asyncio.create_task(together.add("a"))
    await call.begun.get()
    others = [asyncio.create_task(together.add(item)) for item in "bcd"]
    for _ in range(5):
        await asyncio.sleep(0)
    assert call.given == [["a"]]
    assert not first.done()
    call.let(2)
    await asyncio.gather(first, *others)
    assert call.given == [["a"], ["b", "c", "d"]]
    call.let(1)
    await together.add("e")
    assert call.given[2:] == [["e"]]


async def test_what_a_call_raises_is_raised_to_all_that_it_had_and_to_nobody_else() -> None:
    call = Call(broken=[2])
    together = Together[str](call)
    first = asyncio.create_task(together.add("a"))
    await call.begun.get()
    second = [asyncio.create_task(together.add(item)) for item in "bc"]
    call.let(1)
    assert await call.begun.get() == 2
    third = asyncio.create_task(together.add("d"))
    call.let(2)
    raised = await asyncio.gather(first, *second, third, return_exceptions=True)
    assert [str(error) for error in raised] == ["None", "call 2", "call 2", "None"]


async def test_who_is_cancelled_keeps_nobody_from_being_told() -> None:
    call = Call()
    together = Together[str](call)
    gone, stays = asyncio.create_task(together.add("a")), asyncio.create_task(together.add("b"))
    await call.begun.get()
    gone.cancel()
    call.let(1)
    await asyncio.wait_for(stays, PATIENCE)
    with pytest.raises(asyncio.CancelledError):
        await gone
    assert call.given == [["a", "b"]]
