"""One, two and three bots on one PostgreSQL with effects that take 20 ms: how much faster, and what was done twice.

Each bot has eight effects under way at most, so that the providers are what it waits for and not this machine.
"""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from bot import deliver
from bot.config import load
from bot.main import Klatsch
from storage.engine import Database
from tests.bench.places import Place, child
from tests.bench.quiet import QuietChat
from tests.bench.report import Row, at_least, at_most, middle
from tests.bench.served import configured
from tests.bench.waiting import fill
from tests.until import until

EFFECTS, LANES = 1_500, 300
IN_FLIGHT = 8
TAKES = 0.02
TARGETS = {2: 1.8, 3: 2.5}


def run(where: Place) -> list[Row]:
    if where.sqlite:
        return []
    rates: dict[int, list[float]] = {1: [], 2: [], 3: []}
    twice = 0
    for _ in range(where.rounds):
        for bots in rates:
            rate, again = _round(where, bots)
            rates[bots].append(rate)
            twice += again
    one = middle(rates[1], float)
    rows = [
        at_least(where.name(f"{bots} bots"), middle(rates[bots], float), one, "effects/s", of="one bot", least=least)
        for bots, least in TARGETS.items()
    ]
    return [*rows, at_most(where.name("effects done twice"), twice, "effects", 0)]


def _round(where: Place, bots: int) -> tuple[float, int]:
    url = where.database()
    database = Database(url)
    fill(database, LANES, EFFECTS)
    database.close()
    with ExitStack() as stack:
        command = [sys.executable, "-m", "tests.bench.replicas", url]
        running = [stack.enter_context(child([*command, str(where.scratch())])) for _ in range(bots)]
        for process in running:
            assert process.stdout is not None
            process.stdout.readline()
        for process in running:
            assert process.stdin is not None
            process.stdin.write("begin\n")
            process.stdin.flush()
        told = [process.communicate(timeout=120)[0].split() for process in running]
    done = [line.partition("@") for lines in told for line in lines]
    times = [float(at) for _, _, at in done]
    keys = [key for key, _, _ in done]
    if len(set(keys)) != EFFECTS:
        raise RuntimeError(f"{len(set(keys))} of {EFFECTS} effects were done")
    return EFFECTS / (max(times) - min(times)), len(keys) - len(set(keys))


async def bot(url: str, folder: Path) -> None:
    """One of the bots: deliver until nothing waits, then say what was done when."""
    done: list[str] = []
    chat = QuietChat(seconds=TAKES, done=lambda key: done.append(f"{key}@{time.monotonic()}"))
    klatsch = Klatsch(load(configured(url, 1, folder), {}), platforms={"console": chat})
    async with klatsch.working(), klatsch.delivering() as deliverer:
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        delivery = asyncio.create_task(deliverer.run())

        async def all_done() -> bool:
            return not await asyncio.to_thread(klatsch.lookups.waiting)

        # The others do their share: only the database knows when all is done.
        await until(all_done, "the end of all work", within=90, every=0.2)
        deliverer.stop()
        await delivery
    print("\n".join(done), flush=True)


if __name__ == "__main__":
    # What is measured is how they share the work, not how fast one of them is.
    deliver.IN_FLIGHT = IN_FLIGHT
    asyncio.run(bot(sys.argv[1], Path(sys.argv[2])))
