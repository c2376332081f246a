"""Alerts at an even pace from a process of its own, however long each takes to be accepted.

`python -m tests.bench.slack_flow` reads a flow as JSON from standard input, says `flows`, and at the end what it saw, as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Any

from tests.bench.load import Connection, connect, post
from tests.bench.places import child
from tests.bench.report import percentile
from tests.bench.webhooks import Stream

CONNECTIONS = 16


@dataclass(frozen=True, slots=True)
class Flow:
    """`rate` alerts a second in messages of `size`, over `groups`. `alerts`: how many there are before the first comes again."""

    port: int
    rate: int
    size: int
    groups: int
    seconds: float
    alerts: int = 5_000


async def run(flow: Flow) -> dict[str, Any]:
    free: asyncio.Queue[Connection] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        free.put_nowait(await connect(flow.port))
    statuses: Counter[int] = Counter()
    waited: list[float] = []

    async def send(body: bytes, due: float) -> None:
        connection = await free.get()
        statuses[await connection.ask(post(body))] += 1
        waited.append(time.monotonic() - due)
        free.put_nowait(connection)

    bodies = iter(Stream(flow.size, alerts=flow.alerts, groups=flow.groups))
    begun = time.monotonic()
    async with asyncio.TaskGroup() as sending:
        for number in range(round(flow.rate * flow.seconds / flow.size)):
            due = begun + number * flow.size / flow.rate
            # The pace is what is measured at, nothing is waited for.
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            sending.create_task(send(next(bodies), due))
    return {"statuses": dict(statuses), "p99": percentile(waited, 0.99), "seconds": time.monotonic() - begun}


@dataclass
class Flowing:
    """`seen` once it is over."""

    seen: dict[str, Any]


@asynccontextmanager
async def flowing(flow: Flow) -> AsyncIterator[Flowing]:
    """Alerts come in; the block's end is theirs, or waits for it. Raises RuntimeError when not all were accepted."""
    found = Flowing({})
    with child([sys.executable, "-m", "tests.bench.slack_flow"]) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(asdict(flow)) + "\n")
        process.stdin.flush()
        await asyncio.to_thread(process.stdout.readline)
        yield found
        said = await asyncio.to_thread(process.stdout.readline)
    found.seen = json.loads(said or "{}")
    if set(found.seen.get("statuses", {"none": 0})) != {"200"}:
        raise RuntimeError(f"not everything was accepted: {found.seen}")


def main() -> None:
    import uvloop

    flow = Flow(**json.loads(sys.stdin.readline()))
    print("flows", flush=True)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(run(flow))), flush=True)


if __name__ == "__main__":
    main()
