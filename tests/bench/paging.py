"""From an accepted alert to its page at the provider, with 500 alerts a second coming in and both chat platforms down."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from storage import migrate
from storage.engine import Database
from tests.bench.flood import flooded
from tests.bench.footprint import SERVE, answered
from tests.bench.load import TOKEN
from tests.bench.phone import Ringing, ringing
from tests.bench.places import Place, child
from tests.bench.report import Row, at_most, percentile
from tests.bench.webhooks import GROUPS
from tests.servers.klatsch import write_config
from tests.servers.processes import free_port
from tests.until import DidNotCome, until

RATE, SECONDS = 500, 15.0
PATIENCE = 30.0
"""Seconds for the last pages."""

MOST = 1000.0
"""Milliseconds of the p99."""

DOWN = ("refuse", "hang")


@dataclass(slots=True)
class Found:
    """Of pages, milliseconds from the alert's 2xx. `accepted` and `late`: p99 of the alerts' answers, and by how much they were
    sent too late at worst."""

    pages: list[float] = field(default_factory=list)
    lost: int = 0
    again: int = 0
    accepted: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)


def run(where: Place) -> list[Row]:
    found = {how: Found() for how in DOWN}
    for _ in range(where.rounds):
        for how in DOWN:
            _round(where, how, found[how])
    return [row for how in DOWN for row in _rows(where.name(f"{RATE} alerts/s, chats {how}"), found[how])]


def _rows(name: str, found: Found) -> list[Row]:
    return [
        at_most(f"{name}: 2xx to page at the provider, p50", percentile(found.pages, 0.5), "ms", None),
        at_most(f"{name}: 2xx to page at the provider, p95", percentile(found.pages, 0.95), "ms", None),
        at_most(f"{name}: 2xx to page at the provider, p99", percentile(found.pages, 0.99), "ms", MOST),
        at_most(f"{name}: worst of {len(found.pages)} pages", max(found.pages), "ms", None),
        at_most(f"{name}: pages lost", found.lost, "pages", 0),
        at_most(f"{name}: pages sent twice", found.again, "pages", 0),
        at_most(f"{name}: accept, p99, worst round", max(found.accepted), "ms", 100),
        at_most(f"{name}: sent too late, worst", max(found.late), "ms", None),
    ]


def _round(where: Place, how: str, found: Found) -> None:
    with ringing() as phone, nobody(how) as (slack, matrix), _bot(where, phone.url, slack, matrix) as port:
        sent = flooded(port, RATE, SECONDS)
        accepted: list[float] = sent["paging"]
        # Incidents are numbered as they were opened, and the first ones page nobody.
        numbers = {GROUPS + 1 + place: at for place, at in enumerate(accepted)}
        pages = asyncio.run(_pages(phone, len(numbers)))
    first = dict(reversed(pages))
    if strangers := sorted(first.keys() - numbers.keys()):
        raise RuntimeError(f"pages of incidents that should page nobody: {strangers}")
    found.pages += [(first[number] - at) * 1000 for number, at in numbers.items() if number in first]
    found.lost += len(numbers.keys() - first.keys())
    found.again += len(pages) - len(first)
    found.accepted.append(sent["p99"])
    found.late.append(sent["late"])


async def _pages(phone: Ringing, wanted: int) -> list[tuple[int, float]]:
    """All that came, once as many as are `wanted` did or patience is at its end."""
    found: list[tuple[int, float]] = []

    async def all_came() -> bool:
        found[:] = await asyncio.to_thread(phone.came)
        return len(found) >= wanted

    # The row says how many were lost.
    with suppress(DidNotCome):
        await until(all_came, "all pages", within=PATIENCE, every=0.2)
    return found


@contextmanager
def nobody(how: str) -> Iterator[tuple[int, int]]:
    """Two ports behind which nobody works: connections are refused, or taken and never answered."""
    if how == "refuse":
        yield free_port(), free_port()
        return
    silent = partial(socket.create_server, ("127.0.0.1", 0), backlog=4096)
    with silent() as one, silent() as other:
        yield one.getsockname()[1], other.getsockname()[1]


@contextmanager
def _bot(where: Place, ntfy: str, slack: int, matrix: int) -> Iterator[int]:
    """The `klatsch` command on a database that is up to date; its port."""
    url, folder, port = where.database(), where.scratch(), free_port()
    database = Database(url)
    migrate.upgrade(database)
    database.close()
    config = write_config(folder, url, **_sections(port, ntfy, slack, matrix))
    with child([sys.executable, "-c", SERVE, "serve", "-c", str(config)]):
        asyncio.run(answered(port))
        yield port


def _sections(port: int, ntfy: str, slack: int, matrix: int) -> dict[str, Any]:
    route = {"open": "active", "group_by": ["region", "az"]}
    return {
        "http": {"listen": f"127.0.0.1:{port}", "public_url": f"http://127.0.0.1:{port}"},
        "chat": {
            "slack": {
                "bot_token": "xoxb-nobody",
                "app_token": "xapp-nobody",
                "announce": "#incidents",
                "api_url": f"http://127.0.0.1:{slack}/api/",
            },
            "matrix": {
                "homeserver": f"http://127.0.0.1:{matrix}",
                "user_id": "@klatsch:example.org",
                "access_token": "nobody",
                "announce": "#incidents:example.org",
            },
        },
        "people": {
            "ana": {
                "name": "Ana Ruiz",
                "slack": "U0ANA00001",
                "matrix": "@ana:example.org",
                "ntfy": "ana-pages",
                "page": ["ntfy"],
            }
        },
        "alerts": {"bench": {"type": "alertmanager", "token": TOKEN}},
        "routes": [
            {**route, "match": {"severity": "critical"}, "severity": "sev1", "page": "platform"},
            {**route, "match": {"severity": "major"}, "severity": "sev3"},
        ],
        "oncall": {"policies": {"platform": {"steps": [{"page": "person:ana", "wait": "60m"}]}}},
        "paging": {"ntfy": {"type": "ntfy", "url": ntfy}},
    }
