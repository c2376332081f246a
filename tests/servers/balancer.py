"""What stands in front of several bots: each request goes to the next of them, or to the one behind it when that is gone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import ClientConnectionError, ClientSession, web


class Balancer:
    """It listens at `url`. `served` is which of the `behind` had each request."""

    def __init__(self, session: ClientSession) -> None:
        self.url = ""
        self.behind: list[str] = []
        self.served: list[str] = []
        self._session = session
        self._asked = 0

    async def forward(self, request: web.Request) -> web.Response:
        body = await request.read()
        self._asked += 1
        turn = self._asked % max(len(self.behind), 1)
        for one in (*self.behind[turn:], *self.behind[:turn]):
            try:
                async with self._session.request(
                    request.method, f"{one}{request.path_qs}", data=body, headers=request.headers
                ) as answer:
                    self.served.append(one)
                    kind = answer.headers.get("Content-Type", "")
                    headers = {"Content-Type": kind} if kind else {}
                    return web.Response(status=answer.status, body=await answer.read(), headers=headers)
            except ClientConnectionError:
                continue
        return web.Response(status=502)


@asynccontextmanager
async def balancer() -> AsyncIterator[Balancer]:
    async with ClientSession(auto_decompress=False) as session:
        found = Balancer(session)
        application = web.Application()
        application.router.add_route("*", "/{tail:.*}", found.forward)
        runner = web.AppRunner(application, shutdown_timeout=0.1)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            found.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            yield found
        finally:
            await runner.cleanup()
