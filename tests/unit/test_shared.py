"""What several want at the same moment is made once, and never kept for who comes later."""

from __future__ import annotations

import asyncio

from bot.shared import Shared


class Made:
    """How often each key was made; it is ready when `go` is set, and `fails` while that says so."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.fails = False
        self.keys: list[str] = []
        self.shared = Shared(self.make)

    async def make(self, key: str) -> str:
        self.keys.append(key)
        count = len(self.keys)
        await self.go.wait()
        if self.fails:
            raise ValueError(f"{key} {count}")
        return f"{key} {count}"

    async def wanted(self, *keys: str) -> list[asyncio.Task[str]]:
        """Wanted at once by as many, who wait."""
        found = [asyncio.create_task(self.shared.get(key)) for key in keys]
        await asyncio.sleep(0)
        return found


async def test_who_asks_while_it_is_made_gets_the_same_and_who_comes_later_a_new_one() -> None:
    made = Made()
    waiting = await made.wanted("a", "a", "b", "a")
    made.go.set()
    assert await asyncio.gather(*waiting) == ["a 1", "a 1", "b 2", "a 1"]
    assert await made.shared.get("a") == "a 3"


async def test_what_goes_wrong_is_told_to_all_of_them_and_tried_again_for_the_next() -> None:
    made = Made()
    made.fails = True
    waiting = await made.wanted("a", "a")
    made.go.set()
    assert [str(one) for one in await asyncio.gather(*waiting, return_exceptions=True)] == ["a 1", "a 1"]
    made.fails = False
    assert await made.shared.get("a") == "a 2"


async def test_who_is_cancelled_takes_it_from_nobody_else() -> None:
    made = Made()
    first, second = await made.wanted("a", "a")
    first.cancel()
    await asyncio.wait([first])
    made.go.set()
    assert await second == "a 1"
