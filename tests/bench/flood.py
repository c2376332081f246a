"""Alerts at a steady pace, one a request, from a process of its own: news of incidents that page nobody, and now and then one that
opens an incident for which somebody is paged. `python -m tests.bench.flood PORT RATE SECONDS` writes what it saw as JSON."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count, islice
from typing import Any

import uvloop

from tests.bench.load import Connection, connect, post
from tests.bench.places import ROOT
from tests.bench.report import percentile
from tests.bench.webhooks import GROUPS, Stream, lone

PAGES_EVERY = 50
CONNECTIONS = 64
LONGEST = 60.0
"""Seconds that the answers get after the time is over."""


@dataclass(slots=True)
class Sent:
    """When each alert that pages was answered (`time.monotonic`), in the order in which they were sent; and of all alerts how long
    the answer took, and how late they were sent, in seconds."""

    paging: dict[int, float] = field(default_factory=dict)
    took: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)


def quiet(body: bytes) -> bytes:
    """The same alerts with a severity for which nobody is paged."""
    return body.replace(b'"severity":"critical"', b'"severity":"major"')


def bodies() -> Iterator[tuple[int | None, bytes]]:
    """For ever: the place of an alert that pages among those that do (None: it does not), and its message."""
    news = (quiet(body) for body in islice(Stream(1), GROUPS, None))
    for number in count():
        place = number // PAGES_EVERY
        yield (place, lone(place)) if number % PAGES_EVERY == 0 else (None, next(news))


async def flood(port: int, rate: int, seconds: float) -> Sent:
    connections = [await connect(port) for _ in range(CONNECTIONS)]
    try:
        for body in islice(Stream(1), GROUPS):
            await _accepted(connections[0], quiet(body))
        sent, begun = Sent(), time.monotonic()
        plan = zip(count(), islice(bodies(), round(rate * seconds)), strict=False)
        async with asyncio.timeout(seconds + LONGEST):
            await asyncio.gather(*(_paced(connection, plan, begun, rate, sent) for connection in connections))
        return sent
    finally:
        for connection in connections:
            connection.close()


async def _paced(
    connection: Connection, plan: Iterator[tuple[int, tuple[int | None, bytes]]], begun: float, rate: int, sent: Sent
) -> None:
    for number, (place, body) in plan:
        due = begun + number / rate
        # The pace is what is measured at, nothing is waited for.
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        at = time.monotonic()
        await _accepted(connection, body)
        answered = time.monotonic()
        sent.late.append(at - due)
        sent.took.append(answered - at)
        if place is not None:
            sent.paging[place] = answered


async def _accepted(connection: Connection, body: bytes) -> None:
    if (status := await connection.ask(post(body))) != 200:
        raise RuntimeError(f"an alert was answered with {status}")


def flooded(port: int, rate: int, seconds: float) -> dict[str, Any]:
    """`flood` from a process of its own: `paging` as in `Sent`, ordered by place; `p99` and `late`, in ms, the worst."""
    command = [sys.executable, "-m", "tests.bench.flood", str(port), str(rate), str(seconds)]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, timeout=seconds + LONGEST + 60, check=False
    )
    if done.returncode:
        raise RuntimeError(f"the sender of alerts failed:\n{done.stderr[-2000:]}")
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


def main() -> None:
    port, rate, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sent = runner.run(flood(port, rate, seconds))
    json.dump(
        {
            "paging": [sent.paging[place] for place in sorted(sent.paging)],
            "p99": percentile(sent.took, 0.99) * 1000,
            "late": max(sent.late) * 1000,
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
