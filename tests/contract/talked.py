"""People talk to the bot, and what it says of that in its log."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot.chat.templates import Templates
from bot.converse import Conversation
from bot.inbox import Writer
from bot.questions import Answers, Names
from bot.words import Wording
from tests.world import World


@asynccontextmanager
async def conversing(world: World, names: Names) -> AsyncIterator[Conversation]:
    """With the people that `names` knows, as long as the writer writes."""
    writer = Writer(world.store, world.rules)
    running = asyncio.create_task(writer.run())
    answers = Answers(world.lookups, world.clock, names, Wording(Templates(None), names.people, "UTC", {}))
    try:
        yield Conversation(writer, world.lookups, world.clock, names, answers)
    finally:
        writer.stop()
        await running


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """What the bot says of what it does; the servers that the tests bring along say more."""
    ours = [one for one in caplog.records if not one.name.startswith(("aiohttp.access", "aiosqlite", "tests"))]
    return "\n".join(one.getMessage() for one in ours)
