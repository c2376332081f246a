"""Stands before a homeserver: refuses every so many of the requests, as homeservers do that are asked too often, and tells of
each that the homeserver has done."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import ClientSession, web
from yarl import URL

REFUSED = {"errcode": "M_LIMIT_EXCEEDED", "error": "Too Many Requests", "retry_after_ms": 100}
_PASSED_ON = ("Authorization", "Content-Type")


@dataclass
class Grudging:
    """Refuses each `every`-th request (0: none); `refused` has their methods and paths. `done` hears the path of what the homeserver
    has done and nobody was answered yet. `instead` says what is answered in its place, with which status."""

    every: int
    done: Callable[[str], None] = lambda path: None
    instead: Callable[[str], tuple[int, Mapping[str, str]] | None] = lambda path: None
    url: str = ""
    asked: int = 0
    refused: list[str] = field(default_factory=list)


@asynccontextmanager
async def grudging(homeserver: str, *, every: int = 3) -> AsyncIterator[Grudging]:
    found = Grudging(every)

    async def serve(request: web.Request) -> web.Response:
        found.asked += 1
        if found.every and found.asked % found.every == 0:
            found.refused.append(f"{request.method} {request.path}")
            return web.json_response(REFUSED, status=429)
        if (other := found.instead(request.path)) is not None:
            found.refused.append(f"{request.method} {request.path}")
            return web.json_response(other[1], status=other[0])
        headers = {name: request.headers[name] for name in _PASSED_ON if name in request.headers}
        body = await request.read()
        async with session.request(
            request.method, URL(f"{homeserver}{request.raw_path}", encoded=True), data=body, headers=headers
        ) as answer:
            said = await answer.read()
            found.done(request.path)
            return web.Response(status=answer.status, body=said, content_type=answer.content_type)

    application = web.Application(client_max_size=2**27)
    application.router.add_route("*", "/{path:.*}", serve)
    runner = web.AppRunner(application, shutdown_timeout=0.1, handler_cancellation=True)
    async with ClientSession() as session:
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            found.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            yield found
        finally:
            await runner.cleanup()
