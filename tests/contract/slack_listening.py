"""The bot as Slack reaches it, in either mode."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Route

from adapters.web.mounted import Bounded
from adapters.web.serving import Listener
from bot.mounted import Mounted
from bot.ports import Inbox, Unavailable
from tests.contract.slack_harness import SlackHarness
from tests.until import until


@asynccontextmanager
async def listening(slack: SlackHarness, inbox: Inbox, mode: str = "socket", **more: Any) -> AsyncIterator[None]:
    """The bot hears what is said, and hears it again after its connection was lost."""
    await slack.restart(mode=mode, **more)
    async with AsyncExitStack() as stack:
        if mode == "http":
            await stack.enter_async_context(_served(slack, inbox))
        ear = asyncio.create_task(_hear(slack, inbox))
        try:
            if mode == "socket":
                await until(lambda: ear.done() or slack.slack.connected, "the connection")
            else:
                await until(lambda: ear.done() or slack.slack.calls_of("conversations.join"), "its channel")
            yield
            # What it died of, if it did.
            assert not ear.done() or ear.result()
        finally:
            ear.cancel()
            with suppress(asyncio.CancelledError):
                await ear


async def _hear(slack: SlackHarness, inbox: Inbox) -> bool:
    while True:
        with suppress(Unavailable):
            await slack.platform.listen(inbox)
        await asyncio.sleep(0)


@asynccontextmanager
async def _served(slack: SlackHarness, inbox: Inbox) -> AsyncIterator[None]:
    assert isinstance(slack.platform, Mounted)
    routes = [Route(path, Bounded(app), methods=["POST"]) for path, app in slack.platform.mounted(inbox).items()]
    listener = Listener("127.0.0.1", 0, key="slack")
    running = asyncio.create_task(listener.run(Starlette(routes=routes)))
    await listener.started()
    slack.slack.request_url = f"{listener.url}/slack/events"
    try:
        yield
    finally:
        slack.slack.request_url = ""
        listener.stop()
        await running
