"""Socket Mode: one connection to Slack, by which everything comes that Slack would post otherwise.

The SDK's client on `websockets`, and not the one on aiohttp: that one tries a refused address for ever. It does not
reconnect by itself either, whoever supervises us does that: what ends here ends with a reason, and is begun again.
"""

from __future__ import annotations

import asyncio
import logging
from typing import NoReturn

from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app, send_async_response
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.websockets import SocketModeClient
from websockets.exceptions import InvalidURI

from adapters.chat.slack.web import Web
from adapters.excerpt import excerpt
from bot.ports import DeliveryError, Unavailable

PING = 5.0
"""Seconds between two pings; who does not answer four of them is gone."""

WITHIN = 20.0
"""Seconds to connect."""

CLOSING = 1.0
"""Seconds for the goodbye; who does not answer it is hung up on."""


class _Client(SocketModeClient):
    """Gets its addresses from us, by whom failures have their names."""

    def __init__(self, web: Web) -> None:
        quiet = logging.getLogger(f"{__name__}.client")
        # It logs each failure of its own, some of them every second.
        quiet.setLevel(logging.CRITICAL)
        super().__init__(app_token="", logger=quiet, auto_reconnect_enabled=False, ping_interval=PING)
        self._web = web

    async def issue_new_wss_url(self) -> str:
        return await self._web.connection()

    async def connect_to_new_endpoint(self, force: bool = False) -> None:
        try:
            await super().connect_to_new_endpoint(force)
        except Exception:
            # Slack wanted us to change over, and says nothing any more on the old connection.
            if force:
                await self.disconnect()
            raise

    async def connect(self) -> None:
        await super().connect()  # type: ignore[no-untyped-call]  # untyped in the SDK
        if self.closed:
            # It was to end while it changed over.
            await self.close()

    async def disconnect(self) -> None:
        if (session := self.current_session) is None:
            return
        try:
            async with asyncio.timeout(CLOSING):
                await session.close()
        except TimeoutError:
            session.transport.abort()

    async def close(self) -> None:
        await super().close()  # type: ignore[no-untyped-call]  # untyped in the SDK
        begun = (self.message_processor, self.current_session_monitor, self.message_receiver)
        await asyncio.gather(*(task for task in begun if task is not None), return_exceptions=True)


async def connected(name: str, web: Web, app: AsyncApp) -> NoReturn:
    """Hand everything to `app` until cancelled. Raises Unavailable when the connection is lost or cannot be had."""
    client = _Client(web)

    async def heard(on: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        # The last one is for a log of how long it took.
        await send_async_response(on, request, await run_async_bolt_app(app, request), 0.0)

    client.socket_mode_request_listeners.append(heard)
    try:
        try:
            async with asyncio.timeout(WITHIN):
                await client.connect_to_new_endpoint()
        except DeliveryError:
            raise
        except TimeoutError:
            raise Unavailable(f"{name}: no connection for Socket Mode within {WITHIN:g} s") from None
        except InvalidURI:
            # The address itself is as good as a password.
            raise Unavailable(f"{name}: Slack gave an address for Socket Mode that is none") from None
        except Exception as error:  # noqa: BLE001 - what a connection is refused by is not said
            why = excerpt(str(error)) or type(error).__name__
            raise Unavailable(f"{name}: cannot connect for Socket Mode ({why})") from None
        while (session := client.current_session) is not None:
            await session.wait_closed()
            # Slack has us change over every few hours; then there is the next one already.
            if client.current_session is session:
                break
        raise Unavailable(f"{name}: the connection for Socket Mode was lost")
    finally:
        await client.close()
