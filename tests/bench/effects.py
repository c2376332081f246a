"""From an accepted alert to its first effects, on an idle bot: the page at a local ntfy, the room in the chat."""

from __future__ import annotations

import asyncio
import time

from tests.bench.load import connect, post
from tests.bench.places import Place, served
from tests.bench.report import Row, at_most, percentile
from tests.bench.webhooks import lone
from tests.contract.servers.http import Answer, Request
from tests.contract.servers.ntfy import NtfyServer

INCIDENTS = 40
PATIENCE = 10.0


class Phone(NtfyServer):
    """The fake ntfy, without its limit of messages, telling when each one came."""

    def __init__(self) -> None:
        super().__init__()
        self.rang: asyncio.Queue[float] = asyncio.Queue()

    def _publish(self, request: Request) -> Answer:
        self.left = 2
        self.rang.put_nowait(time.monotonic())
        return super()._publish(request)


def run(where: Place) -> list[Row]:
    pages, rooms = asyncio.run(_measured(where))
    name = where.name("accepted to")
    return [
        *_rows(f"{name} page at the provider", pages),
        *_rows(f"{name} room opened", rooms),
    ]


def _rows(name: str, seconds: list[float]) -> list[Row]:
    return [
        at_most(f"{name}, p50", percentile(seconds, 0.5) * 1000, "ms", 50),
        at_most(f"{name}, p99", percentile(seconds, 0.99) * 1000, "ms", 250),
    ]


async def _measured(where: Place) -> tuple[list[float], list[float]]:
    pages, rooms = [], []
    async with Phone() as phone:
        with served(where, "klatsch", phone.url) as server:
            connection = await connect(server.port)
            for number in range(INCIDENTS):
                begun = time.monotonic()
                async with asyncio.timeout(PATIENCE):
                    await connection.ask(post(lone(number)))
                    pages.append(await phone.rang.get() - begun)
                    opened = await asyncio.to_thread(server.told)
                rooms.append(float(opened[2]) - begun)
                # The bot is to be idle when the next one comes: this is the pace, nothing is waited for.
                await asyncio.sleep(0.1)
            connection.close()
    return pages, rooms
