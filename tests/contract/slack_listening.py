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
from bot.ports import Attempt, Inbox, Unavailable
from tests.contract.servers.slack.model import Channel
from tests.contract.slack_harness import SlackHarness
from tests.until import until


@asynccontextmanager
async def listening(slack: SlackHarness, inbox: Inbox, mode: str = "socket", **more: Any) -> AsyncIterator[None]:
    """The bot hears what is said, and hears it again after its connection was lost."""
    await slack.restart(mode=mode, **more)
    opened, joining = slack.slack.delivery.sockets.opened, len(slack.slack.calls_of("conversations.join"))
    async with AsyncExitStack() as stack:
        if mode == "http":
            await stack.enter_async_context(_served(slack, inbox))
        ear = asyncio.create_task(_hear(slack, inbox))
        try:
            if mode == "socket":
                # One before may not be over yet.
                await until(lambda: ear.done() or slack.slack.delivery.sockets.opened > opened, "the connection")
            else:
                await until(lambda: ear.done() or _joined(slack, joining), "its channel")
            yield
            # What it died of, if it did.
            assert not ear.done() or ear.result()
        finally:
            ear.cancel()
            with suppress(asyncio.CancelledError):
                await ear


def _joined(slack: SlackHarness, before: int) -> bool:
    """Slack has answered, which it does as soon as it has read what it is asked."""
    return any(call.args or call.error for call in slack.slack.calls_of("conversations.join")[before:])


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


async def a_room(slack: SlackHarness, *, private: bool = False) -> Channel:
    """The room of INC-7, in which Ana and Ben are."""
    room = await slack.platform.open_room(
        Attempt("7.1"), mark="inc-7", name="inc-7-ceph", topic="INC-7 SEV1", private=private
    )
    people = [slack.person("ana", "Ana"), slack.person("ben", "Ben")]
    await slack.platform.invite(Attempt("7.2"), room.id, people)
    return slack.slack.channels[room.id]
