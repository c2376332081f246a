"""A workspace for the benches of Slack: the strict fake with its documented limits on, five people who are paged and invited, and
the `klatsch` command beside it. The fake is in this process, the bot and the bare clients are in their own."""

from __future__ import annotations

import asyncio
import re
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.bench.effects import Phone
from tests.bench.load import TOKEN
from tests.bench.places import Place, Served, child
from tests.bench.still import still
from tests.bench.webhooks import lone
from tests.contract.servers.http import Answer, Request
from tests.contract.servers.slack import Call, Channel, Person, SlackServer
from tests.servers.klatsch import Served as ServedBot
from tests.servers.klatsch import served_at, write_config
from tests.until import until

PEOPLE = ("ana", "ben", "cleo", "dan", "eve")
SEVERITIES = {"critical": "sev1", "major": "sev2", "warning": "sev3"}
"""Of the alerts, and of the incidents that they open."""

_REF = re.compile(rb"INC-[0-9]+")


class Pages(Phone):
    """The phone of everybody. `came`: when a page came, and of which incident."""

    def __init__(self) -> None:
        super().__init__()
        self.came: list[tuple[float, str]] = []

    def _publish(self, request: Request) -> Answer:
        if found := _REF.search(request.body):
            self.came.append((time.monotonic(), found[0].decode()))
        return super()._publish(request)


@dataclass
class Workspace:
    """`ana` does what people do; everybody is paged for an incident."""

    slack: SlackServer
    pages: Pages
    folder: Path
    announce: Channel

    @property
    def ana(self) -> Person:
        return self.slack.person("ana")

    def room(self, number: int) -> Channel | None:
        """The channel of incident `number`, once it is there."""
        begins = f"inc-{number}-"
        return next((room for room in self.slack.channels.values() if room.name.startswith(begins)), None)

    def calls_in(self, room: Channel) -> list[Call]:
        """What was done in a channel and taken, and its creation."""
        about = ("channel", "channel_id")
        return [
            call
            for call in self.slack.calls
            if not call.error
            and (room.id in [call.args.get(name) for name in about] or call.args.get("name") == room.name)
        ]

    async def ready(self, room: Channel) -> float:
        """When the card of a channel was pinned and everybody was invited. Raises DidNotCome."""

        def when() -> float | None:
            done = {call.method: call.at for call in self.calls_in(room)}
            last = [done.get("pins.add"), done.get("conversations.invite")]
            return max(at for at in last if at) if all(last) else None

        return await until(when, f"all of #{room.name}", every=0.005) or 0.0

    @asynccontextmanager
    async def bot_running(self) -> AsyncIterator[Bot]:
        """The `klatsch` command, from the moment when it hears."""
        async with served_at(self.folder) as served, httpx.AsyncClient(trust_env=False, timeout=30) as http:
            await until(lambda: self.slack.connected, "the connection")
            yield Bot(self, served, http)


@dataclass
class Bot:
    workspace: Workspace
    served: ServedBot
    http: httpx.AsyncClient
    fired: int = field(default=0, init=False)

    @property
    def port(self) -> int:
        return int(self.served.url.rpartition(":")[2])

    async def fire(self, severity: str = "critical") -> tuple[int, float]:
        """An alert that opens an incident: its place among ours (from 1), and when it was accepted."""
        self.fired += 1
        body = lone(self.fired).replace(b'"severity":"critical"', f'"severity":"{severity}"'.encode())
        accepted = await self.post(body)
        return self.fired, accepted

    async def post(self, body: bytes) -> float:
        """When it was accepted."""
        bearer = {"Authorization": f"Bearer {TOKEN}"}
        answer = await self.http.post(f"{self.served.url}/alerts/bench", content=body, headers=bearer)
        accepted = time.monotonic()
        answer.raise_for_status()
        return accepted

    async def quiet(self, *, within: float = 40.0) -> None:
        await still(self.http, self.served.url, within=within)


@asynccontextmanager
async def workspace(where: Place) -> AsyncIterator[Workspace]:
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(SlackServer(limits=True))
        pages = await stack.enter_async_context(Pages())
        people = [slack.person(name) for name in PEOPLE]
        announce = await people[0].creates("incidents")
        folder = where.scratch()
        write_config(folder, where.database(), **sections(slack, pages.url))
        yield Workspace(slack, pages, folder, announce)


def block(slack: SlackServer) -> dict[str, str]:
    return {
        "bot_token": slack.bot_token,
        "app_token": slack.app_token,
        "announce": "#incidents",
        "api_url": slack.api_url,
    }


def sections(slack: SlackServer, ntfy_url: str) -> Mapping[str, Any]:
    """Everybody is paged for each alert that opens an incident, and nobody else afterwards."""
    people = {
        name: {"name": name.title(), "slack": slack.person(name).id, "ntfy": f"{name}-pages", "page": ["ntfy"]}
        for name in PEOPLE
    }
    step = {"page": [f"person:{name}" for name in PEOPLE], "wait": "60m"}
    return {
        "http": {"listen": "127.0.0.1:0", "public_url": "http://127.0.0.1:8080"},
        "chat": {"slack": block(slack)},
        "people": people,
        "alerts": {"bench": {"type": "alertmanager", "token": TOKEN}},
        "routes": [
            {
                "match": {"severity": severity},
                "open": "active",
                "severity": opened,
                "group_by": ["region", "az"],
                "page": "all",
            }
            for severity, opened in SEVERITIES.items()
        ],
        "oncall": {"policies": {"all": {"steps": [step]}}},
        "paging": {"ntfy": {"type": "ntfy", "url": ntfy_url}},
    }


@asynccontextmanager
async def bare_running(what: str, order: str) -> AsyncIterator[Served]:
    """`tests.bench.slack_bare`, from the moment when it is ready. Its order is one line of JSON."""
    with child([sys.executable, "-m", "tests.bench.slack_bare", what]) as process:
        assert process.stdin is not None
        process.stdin.write(order + "\n")
        process.stdin.flush()
        running = Served(process, 0)
        # In a thread, for the fake that it asks is in this one.
        while await asyncio.to_thread(running.told) != ["ready"]:
            pass
        yield running
