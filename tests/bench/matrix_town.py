"""A homeserver for the benches of Matrix: the bot's account, a bare client's, somebody who is paged, a room for announcements."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.bench.effects import Phone
from tests.bench.matrix_bare import Order
from tests.bench.matrix_client import Client, Ear
from tests.bench.places import Place, Served, child
from tests.bench.still import still
from tests.bench.webhooks import lone
from tests.servers.klatsch import BEARER, paging, served_at, write_config
from tests.servers.klatsch import Served as ServedBot
from tests.servers.synapse import NAME, Synapse

ALIAS = f"#incidents:{NAME}"


@dataclass
class Town:
    """`ana` is a person with a client of her own, which is `ear`; `bare` is the account that is measured beside the bot."""

    homeserver: Synapse
    folder: Path
    bot: Client
    bare: Client
    ana: Client
    ear: Ear
    announce: str
    opened: int = field(default=0, init=False)

    @asynccontextmanager
    async def bot_running(self) -> AsyncIterator[Bot]:
        """The `klatsch` command, from the moment when it serves."""
        async with served_at(self.folder) as served, httpx.AsyncClient(trust_env=False, timeout=30) as http:
            yield Bot(self, served, http)

    @asynccontextmanager
    async def bare_running(self, what: str, order: Order) -> AsyncIterator[Served]:
        """`tests.bench.matrix_bare`, from the moment when it is ready."""
        with child([sys.executable, "-m", "tests.bench.matrix_bare", what]) as process:
            assert process.stdin is not None
            process.stdin.write(order.as_json() + "\n")
            process.stdin.flush()
            running = Served(process, 0)
            while await asyncio.to_thread(running.told) != ["ready"]:
                pass
            yield running


@dataclass
class Bot:
    town: Town
    served: ServedBot
    http: httpx.AsyncClient

    async def fire(self) -> tuple[str, float]:
        """An alert that opens an incident: the mark of its room, and when it was accepted."""
        body = lone(self.town.opened)
        answer = await self.http.post(f"{self.served.url}/alerts/prometheus", content=body, headers=BEARER)
        accepted = time.monotonic()
        answer.raise_for_status()
        self.town.opened += 1
        return f"inc-{self.town.opened}", accepted

    async def quiet(self) -> None:
        """Nothing waits to be done, and what is measured next has the homeserver for itself."""
        await still(self.http, self.served.url)


@asynccontextmanager
async def town(where: Place, homeserver: Synapse) -> AsyncIterator[Town]:
    async with AsyncExitStack() as stack:

        async def account(name: str, device: str = "PHONE") -> Client:
            client = Client(homeserver.url, await asyncio.to_thread(homeserver.register, name, device=device))
            stack.push_async_callback(client.aclose)
            return client

        bot, bare, ana = await account("klatsch", "KLATSCH"), await account("bare", "BARE"), await account("ana")
        made = {"room_alias_name": "incidents", "preset": "public_chat"}
        announce = str((await ana.ask("POST", "createRoom", body=made))["room_id"])
        await bare.join(announce)
        phone = await stack.enter_async_context(Phone())
        folder = where.scratch()
        _configure(folder, where.database(), homeserver, bot, ana, phone)
        ear = await stack.enter_async_context(Ear(ana).open())
        yield Town(homeserver, folder, bot, bare, ana, ear, announce)


def _configure(folder: Path, url: str, homeserver: Synapse, bot: Client, ana: Client, phone: Phone) -> None:
    sections = paging(phone.url)
    sections["people"]["ana"]["matrix"] = ana.user_id
    matrix = {
        "homeserver": homeserver.url,
        "user_id": bot.user_id,
        "access_token": bot.account.access_token,
        "announce": ALIAS,
    }
    write_config(folder, url, chat={"matrix": matrix}, **sections)
