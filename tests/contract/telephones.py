"""A town with telephones: INC-1 pages Ana, and Twilio stands between. The rules, the writer and the database are real."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.routing import Route

from adapters.http import Http
from adapters.paging.twilio.config import Config
from adapters.paging.twilio.pager import Twilio
from adapters.web.acknowledge import AckLinks
from adapters.web.mounted import Bounded
from bot.answered import Answered
from bot.incident import events as e
from bot.incident.model import Person
from bot.ports import Overloaded
from bot.store import StoreUnavailable
from storage.engine import Database
from tests.clock import START
from tests.contract.paging import PHONE, SECRET
from tests.contract.servers.twilio import ACCOUNT, OURS, TwilioServer
from tests.contract.stage import Stage, on_stage
from tests.contract.test_pagers import FIRST, page
from tests.world import PEOPLE, World

PUBLIC = "https://klatsch.example.org"
ANSWERS = f"{PUBLIC}/paging/phones"
ANA, BEN = PHONE.replace(" ", ""), "+491701112233"
STRANGER = "+491709999999"
LISTED = {
    "ana": Person("ana", "Ana Ruiz", options={"phone": PHONE}),
    "ben": Person("ben", "Ben Okafor", options={"phone": "+49 (170) 111-22-33"}),
}


class Troubled:
    """`PageAnswers` whose writer does not take what it is told while there is `trouble`."""

    def __init__(self, answers: Answered) -> None:
        self._answers = answers
        self.trouble: Callable[[], Any] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._answers, name)

    async def acknowledge(self, *given: Any, **named: Any) -> str:
        await self._obey()
        return await self._answers.acknowledge(*given, **named)

    async def failed(self, *given: Any, **named: Any) -> None:
        await self._obey()
        await self._answers.failed(*given, **named)

    async def _obey(self) -> None:
        if self.trouble is not None:
            await self.trouble()


async def overloaded() -> None:
    raise Overloaded("too much waits")


async def unavailable() -> None:
    raise StoreUnavailable("locked")


async def hanging() -> None:
    await asyncio.Event().wait()


TROUBLES = [overloaded, unavailable, hanging]


@dataclass
class Town:
    """INC-1, the telephones, and Twilio between them."""

    stage: Stage
    server: TwilioServer
    http: Http
    links: AckLinks
    answers: Troubled

    def pager(self, channel: str, **block: Any) -> Twilio:
        given = {"channel": channel, "account_sid": ACCOUNT, "auth_token": SECRET, "from": OURS, "url": self.server.url}
        return Twilio("phones", Config.model_validate(given | block), self.http)

    async def pages(self, channel: str, person: str = "ana") -> dict[str, str]:
        """One that went out, as the server has it. From now on what is told is listened to."""
        pager = self.pager(channel)
        apps = pager.answered(self.answers, ANSWERS)
        app = Starlette(
            routes=[Route(f"/paging/phones{rest}", Bounded(app), methods=["POST"]) for rest, app in apps.items()]
        )
        # Behind a proxy: what is signed is not how we are called.
        self.server.reached = "http://10.0.0.7:8080"
        self.server.transport = httpx.ASGITransport(app)
        told = page(
            person=LISTED[person], ref="INC-1", ack_url=self.links.link(1, person), answer_url=ANSWERS, opened_at=START
        )
        await pager.trigger(FIRST, told)
        return (self.server.calls or self.server.messages)[-1]

    def acknowledged(self) -> list[tuple[str, str]]:
        return [(event.person, event.via) for event in self.stage.events(e.PageAcknowledged)]

    def failed(self) -> list[tuple[str, str]]:
        return [(event.person, event.reason) for event in self.stage.events(e.PageFailed)]


@asynccontextmanager
async def telephones(folder: Path) -> AsyncIterator[Town]:
    world = World(Database(f"sqlite:///{folder}/klatsch.db"))
    links = AckLinks("0123456789abcdef0123456789abcdef", PUBLIC)
    async with on_stage(world, folder) as stage, TwilioServer(SECRET) as server, Http(trust_env=False) as http:
        await stage.open("nova API is down", page="policy:platform")
        yield Town(stage, server, http, links, Troubled(Answered(stage.writer, PEOPLE | LISTED, links.whose, "UTC")))
    world.close()
