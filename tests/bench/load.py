"""A closed loop of HTTP/1.1 connections in a process of its own: each sends its next request when it has its answer.

Reads a plan as JSON from standard input, writes what it saw as JSON to standard output. Only loopback, bounded in time.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any, cast

from tests.bench.webhooks import GROUPS, Stream

TOKEN = "bench-token"
LONGEST = 30.0
"""Seconds that the last answers get after the time is over."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`warm`: first send one body of each group, uncounted, so that all incidents are there."""

    port: int
    size: int
    connections: int = 64
    seconds: float = 2.0
    warm: bool = True


@dataclass(slots=True)
class Seen:
    """Answers within the time: latencies in seconds, alerts in 200s, and how long it took."""

    alerts: int = 0
    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)


class Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._got = bytearray()
        self._answer: asyncio.Future[int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are none of asyncio's classes.
        self._transport = cast(asyncio.Transport, transport)

    async def ask(self, request: bytes) -> int:
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def data_received(self, data: bytes) -> None:
        self._got += data
        end = self._got.find(b"\r\n\r\n")
        if end < 0 or self._answer is None:
            return
        head = bytes(self._got[:end]).lower()
        at = head.index(b"content-length:") + 15
        length = int(head[at : head.find(b"\r\n", at) if b"\r\n" in head[at:] else None])
        if len(self._got) >= end + 4 + length:
            self._got.clear()
            self._answer.set_result(int(head[9:12]))

    def connection_lost(self, error: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error or ConnectionError("the server hung up"))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


def post(body: bytes) -> bytes:
    """A whole request."""
    head = (
        f"POST /alerts/bench HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def connect(port: int) -> Connection:
    """A connection to a server on this machine."""
    _, connection = await asyncio.get_running_loop().create_connection(Connection, "127.0.0.1", port)
    return connection


async def run(plan: Plan) -> Seen:
    # Twice what can be under way: the same alert is never in two open requests.
    stream = Stream(plan.size, alerts=max(5_000, 2 * plan.connections * plan.size))
    bodies = iter(stream)
    connections = [await connect(plan.port) for _ in range(plan.connections)]
    try:
        if plan.warm:
            await _drive(connections, islice(bodies, GROUPS), 1, time.perf_counter() + LONGEST)
        begun = time.perf_counter()
        return await _drive(connections, bodies, plan.size, begun + plan.seconds)
    finally:
        for connection in connections:
            connection.close()


async def _drive(connections: list[Connection], bodies: Iterator[bytes], size: int, until: float) -> Seen:
    seen = Seen()
    begun = time.perf_counter()

    async def one(connection: Connection) -> None:
        for body in bodies:
            start = time.perf_counter()
            if start >= until:
                return
            status = await connection.ask(post(body))
            now = time.perf_counter()
            seen.latencies.append(now - start)
            seen.statuses[status] += 1
            seen.alerts += size if status == 200 else 0
            seen.seconds = now - begun

    async with asyncio.timeout(until - begun + LONGEST):
        await asyncio.gather(*(one(connection) for connection in connections))
    return seen


def summary(seen: Seen) -> dict[str, Any]:
    ordered = sorted(seen.latencies)
    return {
        "rate": seen.alerts / seen.seconds,
        "p50": ordered[len(ordered) // 2] * 1000,
        "p99": ordered[int(len(ordered) * 0.99)] * 1000,
        "statuses": {str(status): count for status, count in seen.statuses.items()},
    }


def main() -> None:
    import uvloop

    plan = Plan(**json.load(sys.stdin))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        json.dump(summary(runner.run(run(plan))), sys.stdout)


def plan_as_json(plan: Plan) -> str:
    return json.dumps(asdict(plan))


if __name__ == "__main__":
    main()
