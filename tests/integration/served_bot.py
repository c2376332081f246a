"""A bot that serves in this process, and what machines post to it."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
from itsdangerous import TimestampSigner, URLSafeTimedSerializer

from bot.config import load
from bot.for_commands import shown
from bot.main import Klatsch
from bot.ports import Said
from tests.servers.klatsch import BASIC, BEARER, write_config
from tests.until import until

FIXTURES = Path(__file__).parent.parent / "fixtures" / "alertmanager"
FIRING = (FIXTURES / "firing_single.json").read_bytes()
RESOLVED = (FIXTURES / "resolved_single.json").read_bytes()
EVIL = '<script>alert(1)</script>"><img src=x>\x1b[31mred\x1b]0;owned\x07\x9b1m\u202e'


class Bot:
    """A bot that serves in this process, and a client that talks to its listeners."""

    def __init__(self, klatsch: Klatsch, urls: list[str], client: httpx.AsyncClient) -> None:
        self.klatsch = klatsch
        self.url, *self.others = urls
        self.client = client

    async def post(self, body: bytes | Mapping[str, Any], name: str = "prometheus", **options: Any) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.client.post(f"{self.url}/alerts/{name}", content=content, **{"headers": BEARER, **options})

    async def get(self, path: str) -> httpx.Response:
        return await self.client.get(f"{self.url}{path}")

    async def says(self, line: str) -> str:
        """What a terminal shows when somebody types `line`."""
        said = Said(platform="terminal", room="", by="ana", line=line)
        return shown(await self.klatsch.conversation.said(said), 100, colour=False)

    async def until_posted(self, body: bytes, status: int) -> httpx.Response:
        """Post until it is answered with `status`."""

        async def posted() -> httpx.Response | None:
            answer = await self.post(body)
            return answer if answer.status_code == status else None

        return await until(posted, f"an answer with {status}")


@asynccontextmanager
async def bot_on(folder: Path, database_url: str, **sections: Any) -> AsyncIterator[Bot]:
    config = load(write_config(folder, database_url, **sections), {})
    async with (
        Klatsch(config).running() as running,
        httpx.AsyncClient(timeout=20, trust_env=False, verify=False) as client,
    ):
        yield Bot(running.klatsch, [listener.url for listener in running.listeners], client)


def an_alert(number: int = 1, **changed: Any) -> dict[str, Any]:
    return {
        "status": "firing",
        "labels": {"alertname": "NodeDown", "severity": "critical", "instance": f"node{number}", "az": "az1"},
        "annotations": {"summary": f"node{number} is down"},
        "startsAt": "2026-11-22T02:20:01Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example.org/graph?g0.expr=up",
        "fingerprint": f"{number:016x}",
        **changed,
    }


def a_message(*alerts: Mapping[str, Any], **changed: Any) -> dict[str, Any]:
    return {"version": "4", "groupKey": '{}:{az="az1"}', "status": "firing", "alerts": list(alerts), **changed}


def ack_path(number: int = 1, person: str = "ana", *, key: str = "", age: int = 0) -> str:
    """The path of a link as the bot signs it, made `age` seconds ago."""
    serializer = URLSafeTimedSerializer(key or BASIC["security"]["signing_key"], salt="acknowledge")
    signer = serializer.make_signer(b"acknowledge")
    assert isinstance(signer, TimestampSigner)
    made = signer.get_timestamp() - age
    # An old link, made now.
    signer.get_timestamp = lambda: made
    return f"/ack/{signer.sign(serializer.dump_payload([number, person])).decode()}"


LOCK = """
import sqlite3, sys
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""


@asynccontextmanager
async def locked(file: Path) -> AsyncIterator[None]:
    """Another process holds the database's write lock."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", LOCK, file, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"locked\n"
        yield
    finally:
        await process.communicate(b"")


@asynccontextmanager
async def unwritable(klatsch: Klatsch) -> AsyncIterator[None]:
    """Another process lets nobody write; reading goes on."""
    file = klatsch.database.file
    if file is not None:
        async with locked(file):
            yield
        return
    url = klatsch.database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as held:
        held.execute("LOCK TABLE setting, incident, counter IN EXCLUSIVE MODE")
        yield
