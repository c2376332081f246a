"""What keeps the bot from its work is named while it does, and not after."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

import bot.health.ready
from bot.health.ready import Readiness
from bot.inbox import Writes
from tests.until import PATIENCE, until


async def test_what_a_look_waits_for_is_named_and_not_what_the_one_before_was_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It may wait for a thread, too."""
    only, free = ThreadPoolExecutor(1), Event()
    asyncio.get_running_loop().set_default_executor(only)
    readiness = Readiness(lambda: None, lambda: None, Writes())
    monkeypatch.setattr(bot.health.ready, "WITHIN", PATIENCE)
    assert await readiness.problems() == []
    busy = only.submit(free.wait, PATIENCE)
    monkeypatch.setattr(bot.health.ready, "WITHIN", 0.01)
    try:
        assert await readiness.problems() == ["The database does not answer: not within 0.01 s"]
    finally:
        free.set()
    assert busy.result()

    async def well() -> bool:
        return await readiness.problems() == []

    await until(well, "the end of it")
