"""What it costs to look for what is due while 10,000 ladders are being climbed, what a page costs then, and how long 1,000 clocks
take that are due in the same second."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import median

import httpx

from adapters.clock import SystemClock
from bot.config import load
from bot.for_commands import rules
from storage.engine import Database
from storage.outbox import SqlOutbox
from tests.bench.beside import Beside, in_turn
from tests.bench.ladders import climb
from tests.bench.load import connect, post
from tests.bench.phone import Ringing, ringing
from tests.bench.places import Place, served
from tests.bench.report import Row, at_most, beside, middle, percentile
from tests.bench.served import configured
from tests.bench.webhooks import lone
from tests.until import until

LADDERS = 10_000
LOOKS, PAGES = 40, 25
"""In a round."""

MOST = 1.2
LEASE = timedelta(seconds=60)
TOGETHER, AHEAD = 1_000, timedelta(seconds=6)
"""So many clocks are due, so long from now: the bot has started by then."""

AT_ONCE = 32
PATIENCE = 120.0
A_PAGE = {
    "topic": "ben-pages",
    "title": "SEV1 INC-1 Volumes are slow",
    "message": "Volumes are slow. " * 12,
    "priority": 5,
}


@dataclass(slots=True)
class Looks:
    """Seconds."""

    claim: Beside = field(default_factory=Beside)
    next_due: Beside = field(default_factory=Beside)


def run(where: Place) -> list[Row]:
    looks, pages, together = Looks(), Beside(), []
    with ExitStack() as stack:
        phone = stack.enter_context(ringing())
        urls = _climbing(where, phone.url, LADDERS), _climbing(where, phone.url, 0)
        for turn in range(where.rounds):
            _looked(where, urls, turn, looks)
        ours, bare = (stack.enter_context(served(where, "klatsch", phone.url, url=url)).port for url in urls)
        for turn in range(where.rounds):
            asyncio.run(_paged((ours, bare), phone, turn, pages))
    for _ in range(where.rounds):
        together.append(asyncio.run(_together(where)))
    name = where.name(f"{LADDERS:,} ladders")
    seconds, posts = middle(together, lambda found: found[0]), middle(together, lambda found: found[1])
    return [
        _of(f"{name}, claim that finds nothing", looks.claim, None),
        _of(f"{name}, when the next is due", looks.next_due, None),
        _of(f"{name}, alert accepted to page at the provider, p50", pages, MOST),
        beside(
            f"{name}, the same, p99", percentile(pages.ours, 0.99) * 1000, percentile(pages.bare, 0.99) * 1000, "ms"
        ),
        beside(
            where.name(f"{TOGETHER:,} clocks due at once, last page, of bare posts"), seconds * 1000, posts * 1000, "ms"
        ),
        at_most(
            where.name(f"{TOGETHER:,} clocks due at once, first page"), middle(together, lambda f: f[2]), "s", None
        ),
    ]


def _of(name: str, seconds: Beside, most: float | None) -> Row:
    return beside(name, median(seconds.ours) * 1000, median(seconds.bare) * 1000, "ms", most=most)


def _climbing(where: Place, ntfy: str, count: int, due_in: timedelta | None = None) -> str:
    """The address of a database with so many ladders."""
    url = where.database()
    database = Database(url)
    climb(database, count, rules(load(configured(url, 1, where.scratch(), ntfy), {})), due_in=due_in)
    database.close()
    return url


def _looked(where: Place, urls: tuple[str, str], turn: int, looks: Looks) -> None:
    databases = Database(urls[0]), Database(urls[1])
    ours, bare = (SqlOutbox(database, SystemClock() if where.sqlite else None) for database in databases)
    for outbox in (ours, bare):
        # The first of each builds its statements.
        outbox.claim(64, LEASE)
        outbox.next_due()
    for place in range(LOOKS):
        for which, outbox in in_turn(place + turn, ours, bare):
            looks.claim.add(which, _took(lambda outbox=outbox: _nothing(outbox.claim(64, LEASE))))
            looks.next_due.add(which, _took(outbox.next_due))
    for database in databases:
        database.close()


def _nothing(claimed: Iterable[object]) -> None:
    if list(claimed):
        raise RuntimeError("something was due")


def _took(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


async def _paged(ports: tuple[int, int], phone: Ringing, turn: int, pages: Beside) -> None:
    ours, bare = [await connect(port) for port in ports]
    for place in range(PAGES):
        number = turn * PAGES + place
        for which, connection in in_turn(place + turn, ours, bare):
            before = len(await asyncio.to_thread(phone.came))
            begun = time.monotonic()
            await connection.ask(post(lone(number)))
            pages.add(which, await _next(phone, before) - begun)
    ours.close()
    bare.close()


async def _next(phone: Ringing, before: int) -> float:
    """When the page came that is the first after so many. It is asked for afterwards: nothing is to be done meanwhile."""

    async def came() -> float | None:
        found = (await asyncio.to_thread(phone.came))[before:]
        return found[0][1] if found else None

    return await until(came, "the page", every=0.05) or 0.0


async def _together(where: Place) -> tuple[float, float, float]:
    """Seconds from when all clocks are due until the last page is there, until as many posts of a bare client are, and until the
    first page."""
    with ringing() as phone:
        url = where.database()
        database = Database(url)
        due = climb(database, TOGETHER, rules(load(configured(url, 1, where.scratch(), phone.url), {})), due_in=AHEAD)
        database.close()
        with served(where, "klatsch", phone.url, url=url):
            if datetime.now(UTC) > due:
                raise RuntimeError("the bot was not ready when the clocks were due")
            began = time.monotonic() + (due - datetime.now(UTC)).total_seconds()
            came = [at for _, at in await _all(phone)]
        begun = time.monotonic()
        await _bare(phone.url)
        return max(came) - began, time.monotonic() - begun, min(came) - began


async def _all(phone: Ringing) -> list[tuple[int, float]]:
    async def found() -> list[tuple[int, float]] | None:
        pages = await asyncio.to_thread(phone.came)
        return pages if len({number for number, _ in pages}) >= TOGETHER else None

    return await until(found, "all pages", within=PATIENCE, every=0.25) or []


async def _bare(url: str) -> None:
    """As many messages from the same client, as many at once as go by one way."""
    turns = asyncio.Semaphore(AT_ONCE)
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:

        async def one() -> None:
            async with turns:
                (await http.post(url, json=A_PAGE)).raise_for_status()

        await asyncio.gather(*(one() for _ in range(TOGETHER)))
