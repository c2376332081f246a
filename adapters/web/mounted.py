"""A chat platform's or a pager's own app under a path of ours: it gets what is posted there whole, and no more than it should."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapters.web.bodies import parts

BODY_LIMIT = 1024 * 1024
"""An event is some kilobytes; a form that somebody filled in, some tens of them."""

SENT_WITHIN = 5.0
"""Seconds to finish sending: nobody has said yet who he is."""


@dataclass(frozen=True, slots=True)
class Bounded:
    """`app` behind the limits above: 413 and 408 are answered before it hears of the request."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with asyncio.timeout(SENT_WITHIN):
                body = b"".join([part async for part in parts(Request(scope, receive), BODY_LIMIT)])
        except TimeoutError as error:
            raise HTTPException(408, f"Not all of it came within {SENT_WITHIN:.0f} s.") from error
        whole: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def again() -> Message:
            return whole.pop() if whole else await receive()

        await self.app(scope, again, send)
