"""From the command to the first answer, and memory: idle, and after 10,000 alerts. Beside it, importing everything."""

from __future__ import annotations

import asyncio
import sys
import time

from storage import migrate
from storage.engine import Database
from tests.bench.load import Connection, connect, post
from tests.bench.places import Place, Served, child
from tests.bench.report import Row, at_most, middle
from tests.bench.served import configured
from tests.bench.webhooks import storm
from tests.servers.processes import free_port
from tests.until import until

EVERYTHING = """
import importlib, pkgutil, sys
import aiosmtplib, alembic.command, apscheduler.schedulers.asyncio, feedgenerator, httptools, httpx, itsdangerous
import jinja2, markdown_it, msgspec, prometheus_client, psycopg, pydantic, yaml, rich.live, rich.markdown
import sqlalchemy.ext.asyncio, starlette.applications, starlette.templating, uvicorn, uvloop
import sqlalchemy.dialects.postgresql, sqlalchemy.dialects.sqlite
import bot, adapters, storage
for package in (bot, adapters, storage):
    for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if "migrations" not in found.name:
            importlib.import_module(found.name)
print("ready", flush=True)
sys.stdin.read()
"""
SERVE = "import sys; from bot.cli import main; sys.exit(main(sys.argv[1:]))"


def run(where: Place) -> list[Row]:
    found = []
    # The first of each compiles.
    _everything()
    _served(where)
    for _ in range(where.rounds):
        everything, eager = _everything()
        found.append((*_served(where), everything, eager))
    name = where.name("start to ready")
    start, everything = middle(found, lambda seen: seen[0]), middle(found, lambda seen: seen[3])
    ratio = start / everything
    bare = f"{everything:,.0f} ms importing everything"
    idle, eager = middle(found, lambda seen: seen[1]), middle(found, lambda seen: seen[4])
    return [
        Row(name, f"{start:,.0f} ms", bare, ratio, "≤ 0.6", ratio <= 0.6),
        Row(
            where.name("memory, idle"),
            f"{idle:,.1f} MB",
            f"{eager:,.0f} MB importing everything",
            idle / eager,
            "≤ 70 MB",
            idle <= 70,
        ),
        at_most(where.name("memory after 10,000 alerts"), middle(found, lambda seen: seen[2]), "MB", 200),
    ]


def _served(where: Place) -> tuple[float, float, float]:
    """(ms to the first answer, MB idle, MB after 10,000 alerts) on a database that is up to date, as at every restart."""
    url, folder, port = where.database(), where.scratch(), free_port()
    database = Database(url)
    migrate.upgrade(database)
    database.close()
    config = configured(url, port, folder)
    begun = time.perf_counter()
    with child([sys.executable, "-c", SERVE, "serve", "-c", str(config)]) as process:
        served = Served(process, port)
        asyncio.run(answered(port))
        ready = time.perf_counter() - begun
        # Idle is what is left half a second after the start: this is what is measured, nothing is waited for.
        time.sleep(0.5)
        idle = served.memory()
        asyncio.run(_storm(port))
        return ready * 1000, idle, served.memory()


async def answered(port: int) -> None:
    async def connected() -> Connection | None:
        try:
            return await connect(port)
        except OSError:
            return None

    connection = await until(connected, "the first connection", within=30, every=0.005)
    await connection.ask(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    connection.close()


async def _storm(port: int) -> None:
    connection = await connect(port)
    for part in range(10):
        if await connection.ask(post(storm(1_000, first=part * 1_000))) != 200:
            raise RuntimeError("the storm was not accepted")
    connection.close()


def _everything() -> tuple[float, float]:
    begun = time.perf_counter()
    with child([sys.executable, "-c", EVERYTHING]) as process:
        served = Served(process, 0)
        served.told()
        return (time.perf_counter() - begun) * 1000, served.memory()
