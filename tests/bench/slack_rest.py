"""From the command to the first answer and to the connection by which Slack is heard, and memory idle. Beside it, the same bot
without Slack."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

from storage import migrate
from storage.engine import Database
from tests.bench.footprint import SERVE, answered
from tests.bench.places import Place, Served, child
from tests.bench.report import Row, beside, middle
from tests.bench.slack_workspace import sections
from tests.contract.servers.ntfy import NtfyServer
from tests.contract.servers.slack import SlackServer
from tests.servers.klatsch import write_config
from tests.servers.processes import free_port
from tests.until import until

MOST = 70.0
SETTLED = 0.5
"""Seconds after the start, when it is idle."""

Found = tuple[float, float, float]
"""Milliseconds until it answers, and until Slack has it; megabytes."""


def run(where: Place) -> list[Row]:
    return asyncio.run(_measured(where))


async def _measured(where: Place) -> list[Row]:
    # The first of each compiles.
    for slack in (True, False):
        await _started(where, slack=slack)
    ours, without = [], []
    for _ in range(where.rounds):
        ours.append(await _started(where, slack=True))
        without.append(await _started(where, slack=False))
    memory = beside(
        where.name("memory idle with Slack, beside without"),
        middle(ours, lambda found: found[2]),
        middle(without, lambda found: found[2]),
        "MB",
    )
    return [
        beside(
            where.name("start to ready with Slack, beside without"),
            middle(ours, lambda found: found[0]),
            middle(without, lambda found: found[0]),
            "ms",
        ),
        beside(
            where.name("start to connected, beside without to ready"),
            middle(ours, lambda found: found[1]),
            middle(without, lambda found: found[0]),
            "ms",
        ),
        Row(
            memory.name,
            memory.number,
            memory.bare,
            memory.ratio,
            f"≤ {MOST:g} MB",
            middle(ours, lambda found: found[2]) <= MOST,
        ),
    ]


async def _started(where: Place, *, slack: bool) -> Found:
    """On a database that is up to date, as at every restart."""
    url, folder, port = where.database(), where.scratch(), free_port()
    database = Database(url)
    migrate.upgrade(database)
    database.close()
    async with SlackServer(limits=True) as server, NtfyServer() as phone:
        await server.person("ana").creates("incidents")
        config = _configured(folder, url, port, server, phone.url, slack=slack)
        begun = time.perf_counter()
        with child([sys.executable, "-c", SERVE, "serve", "-c", str(config)]) as process:
            await answered(port)
            ready = time.perf_counter() - begun
            if slack:
                await until(lambda: server.connected, "the connection", every=0.005)
            connected = time.perf_counter() - begun
            # Idle is what is left half a second after the start: this is what is measured, nothing is waited for.
            await asyncio.sleep(SETTLED)
            return ready * 1000, connected * 1000, Served(process, port).memory()


def _configured(folder: Path, url: str, port: int, server: SlackServer, ntfy: str, *, slack: bool) -> Path:
    given = {
        **sections(server, ntfy),
        "http": {"listen": f"127.0.0.1:{port}", "public_url": f"http://127.0.0.1:{port}"},
    }
    if not slack:
        given["chat"] = {"console": {"folder": str(folder / "rooms")}}
    return write_config(folder, url, **given)
