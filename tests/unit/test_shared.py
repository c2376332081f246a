"""What several want at the same moment is made once, and nobody gets what was begun before they asked."""

from __future__ import annotations

import asyncio

import pytest

from bot.shared import Shared
from bot.store import StoreUnavailable


async def test_who_asks_at_the_same_moment_for_the_same_shares_it_and_for_another_one_does_not() -> None:
    shared, made = Shared[str](), list[str]()

    async def work(key: str) -> str:
        made.append(key)
        return f"{key} {len(made)}"

    asked = [asyncio.create_task(shared.get(key, lambda key=key: work(key))) for key in ("a", "a", "b", "a")]
    assert await asyncio.gather(*asked) == ["a 1", "a 1", "b 2", "a 1"]
    assert await shared.get("a", lambda: work("a")) == "a 3"


async def test_who_comes_while_a_result_is_made_gets_the_next_one_and_an_error_is_not_kept():
    shared: Shared[int] = Shared()
    begun, gate, runs = asyncio.Event(), asyncio.Event(), []

    async def work() -> int:
        runs.append(len(runs))
        mine = runs[-1]
        begun.set()
        await gate.wait()
        if mine == 0:
            raise StoreUnavailable("gone")
        return mine

    first = asyncio.create_task(shared.get("/", work))
    await begun.wait()
    late = [asyncio.create_task(shared.get("/", work)) for _ in range(3)]
    impatient = asyncio.create_task(shared.get("/", work))
    await asyncio.sleep(0)
    impatient.cancel()
    gate.set()
    with pytest.raises(StoreUnavailable):
        await first
    assert await asyncio.gather(*late) == [1, 1, 1]
    assert await shared.get("/", work) == 2
