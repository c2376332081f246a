"""Claim and settle 4,000 effects in 400 lanes that take no time: by the store alone, and by the whole deliverer."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from pathlib import Path

from sqlalchemy import text

from bot.config import load
from bot.for_commands import rules
from bot.handle import handle
from bot.main import Klatsch
from bot.store import Settlement
from storage.engine import Database
from tests.bench.places import Place
from tests.bench.quiet import QuietChat
from tests.bench.report import Row, at_least, middle
from tests.bench.served import configured
from tests.bench.waiting import fill

EFFECTS, LANES = 4_000, 400
BATCH = 64
LEASE = timedelta(seconds=60)


def run(where: Place) -> list[Row]:
    store, delivered, bare = [], [], []
    for _ in range(where.rounds):
        store.append(_store(where))
        bare.append(_bare(where))
        delivered.append(asyncio.run(_delivered(where)))
    rate, loop = middle(store, float), middle(bare, float)
    row = at_least(where.name("outbox, claim and settle"), rate, loop, "effects/s", of="bare UPDATE loop", least=None)
    whole = middle(delivered, float)
    return [
        Row(row.name, row.number, row.bare, row.ratio, "≥ 5,000/s", rate >= 5_000),
        at_least(where.name("outbox, delivered"), whole, loop, "effects/s", of="bare UPDATE loop", least=None),
    ]


def _klatsch(where: Place, chat: QuietChat) -> Klatsch:
    folder: Path = where.scratch()
    klatsch = Klatsch(load(configured(where.database(), 1, folder), {}), platforms={"console": chat})
    fill(klatsch.database, LANES, EFFECTS)
    return klatsch


def _store(where: Place) -> float:
    klatsch = _klatsch(where, QuietChat())
    told = rules(klatsch.config)
    begun = time.perf_counter()
    settled = 0
    while claimed := klatsch.outbox.claim(BATCH, LEASE):
        settlements = [Settlement(item.id, item.attempt, item.incident, "done") for item in claimed]
        handle(klatsch.store, settlements, told)
        settled += len(claimed)
    seconds = time.perf_counter() - begun
    klatsch.database.close()
    _all(settled)
    return EFFECTS / seconds


async def _delivered(where: Place) -> float:
    done: list[str] = []
    all_done = asyncio.Event()

    def count(key: str) -> None:
        done.append(key)
        if len(done) == EFFECTS:
            all_done.set()

    klatsch = await asyncio.to_thread(_klatsch, where, QuietChat(done=count))
    async with klatsch.working(), klatsch.delivering() as deliverer:
        begun = time.perf_counter()
        delivery = asyncio.create_task(deliverer.run())
        async with asyncio.timeout(60):
            await all_done.wait()
            # It settles what is under way before it ends.
            deliverer.stop()
            await delivery
        seconds = time.perf_counter() - begun
        left = await asyncio.to_thread(klatsch.lookups.waiting)
    _all(len(done) - sum(kind.count for kind in left))
    return EFFECTS / seconds


def _bare(where: Place) -> float:
    """The two statements nobody can do without, each in its own transaction."""
    database = Database(where.database())
    fill(database, LANES, EFFECTS)
    claim = text(
        "UPDATE outbox SET due_at = due_at, attempt = attempt + 1 WHERE id IN (SELECT id FROM outbox WHERE "
        "state = 'waiting' ORDER BY id LIMIT :count) RETURNING id, attempt"
    )
    settle = text("UPDATE outbox SET state = 'done' WHERE id = :id AND attempt = :attempt")
    begun = time.perf_counter()
    settled = 0
    while True:
        with database.write() as connection:
            rows = [row._asdict() for row in connection.execute(claim, {"count": BATCH})]
        if not rows:
            break
        with database.write() as connection:
            connection.execute(settle, rows)
        settled += len(rows)
    seconds = time.perf_counter() - begun
    database.close()
    _all(settled)
    return EFFECTS / seconds


def _all(count: int) -> None:
    if count != EFFECTS:
        raise RuntimeError(f"{count} of {EFFECTS} effects were done")
