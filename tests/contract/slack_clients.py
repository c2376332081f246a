"""Slack's own client and framework, as tests of the fake and of the adapter use them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from slack_bolt.adapter.socket_mode.websockets import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.contract.servers.slack import SlackServer
from tests.until import until


def web_client(slack: SlackServer, token: str = "", **more: Any) -> AsyncWebClient:
    """One that tries nothing twice."""
    return AsyncWebClient(token or slack.bot_token, base_url=slack.api_url, retry_handlers=[], **more)


@asynccontextmanager
async def bolt(slack: SlackServer, *, ping: float = 1) -> AsyncIterator[AsyncApp]:
    """Connected when the block begins to run; `ping`: seconds until it sees that it is not any more."""
    app = AsyncApp(client=web_client(slack), signing_secret=slack.signing_secret)
    handler = AsyncSocketModeHandler(app, slack.app_token, ping_interval=ping)
    before = slack.connected
    await handler.connect_async()
    await until(lambda: slack.connected > before, "a connection")
    try:
        yield app
    finally:
        await handler.close_async()


async def error_of(client: AsyncWebClient, method: str, body: bool = False, **args: Any) -> str:
    """The code with which Slack refuses it, or nothing. `body`: sent as JSON, else as the query."""
    try:
        await (client.api_call(method, json=args) if body else client.api_call(method, params=args))
    except SlackApiError as error:
        return str(error.response["error"])
    return ""
