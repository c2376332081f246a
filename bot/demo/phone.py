"""A phone on the desk: a small ntfy server on loopback that the real ntfy pager rings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from adapters.web.serving import Listener


class Phone:
    """`rang` is called with the title of each message. `tap` does what its acknowledge button does."""

    def __init__(self, rang: Callable[[str], None]) -> None:
        self._rang = rang
        self._messages: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()
        self._count = 0
        self.listener = Listener("127.0.0.1", 0, key="demo")

    async def run(self) -> None:
        """Ring until the listener is stopped."""
        await self.listener.run(Starlette(routes=[Route("/", self._publish, methods=["POST"])]))

    async def _publish(self, request: Request) -> JSONResponse:
        message = await request.json()
        self._count += 1
        self._messages.put_nowait(message)
        self._rang(str(message.get("title", "")))
        return JSONResponse({"id": f"demo{self._count}", "topic": message.get("topic", "")})

    async def tap(self, client: httpx.AsyncClient) -> None:
        """Wait for a message and press its first button."""
        message = await self._messages.get()
        action = message["actions"][0]
        answer = await client.request(action.get("method", "POST"), action["url"])
        answer.raise_for_status()
