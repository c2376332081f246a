"""One message with 10,000 alerts, and what somebody else who asks meanwhile notices of it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from tests.bench.load import connect, post
from tests.bench.places import Place, served
from tests.bench.report import Row, at_most, middle, percentile
from tests.bench.webhooks import storm

ALERTS = 10_000
ASK_EVERY = 0.01
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Seen:
    seconds: float
    others_p99: float
    memory: float


def run(where: Place) -> list[Row]:
    found = []
    body = post(storm(ALERTS))
    for _ in range(where.rounds):
        with served(where, "klatsch") as server:
            seconds, others = asyncio.run(_round(server.port, body))
            found.append(Seen(seconds, percentile(others, 0.99) * 1000, server.memory()))
    name = where.name("one request with 10,000 alerts")
    return [
        at_most(f"{name}, 2xx after", middle(found, lambda seen: seen.seconds), "s", 1.5 if where.sqlite else 3),
        at_most(f"{name}, p99 of others", middle(found, lambda seen: seen.others_p99), "ms", 100),
        at_most(f"{name}, memory", middle(found, lambda seen: seen.memory), "MB", 200),
    ]


async def _round(port: int, body: bytes) -> tuple[float, list[float]]:
    sender, other = await connect(port), await connect(port)
    latencies: list[float] = []

    async def ask() -> None:
        while True:
            begun = time.perf_counter()
            await other.ask(HEALTH)
            latencies.append(time.perf_counter() - begun)
            await asyncio.sleep(ASK_EVERY)

    asking = asyncio.create_task(ask())
    try:
        async with asyncio.timeout(60):
            begun = time.perf_counter()
            status = await sender.ask(body)
            seconds = time.perf_counter() - begun
    finally:
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        sender.close()
        other.close()
    if status != 200:
        raise RuntimeError(f"the storm was answered with {status}")
    return seconds, latencies
