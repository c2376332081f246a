"""A night of the team that is on call: a bot that serves, with its room, and beside it everybody it pages people by."""

from __future__ import annotations

import asyncio
import smtplib
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from adapters.chat.console import Config as RoomsConfig
from adapters.chat.console import ConsolePlatform
from adapters.chat.console import build as build_console
from adapters.clock import SystemClock
from bot.chat.document import Bullets, Link
from bot.config import load
from bot.incident import events as e
from bot.incident import outgoing
from bot.incident.model import Incident, Paging
from bot.main import Klatsch
from bot.ports import Clock
from tests.contract.servers.ntfy import NtfyServer
from tests.contract.servers.pagerduty import ANA, PagerDutyServer
from tests.contract.servers.smtp import SmtpServer
from tests.contract.servers.twilio import ACCOUNT, OURS, TwilioServer
from tests.integration.served_bot import Bot
from tests.servers.klatsch import BASIC, write_config
from tests.servers.processes import free_port
from tests.until import until

PUBLIC = "https://klatsch.example.org"
"""Under which people outside reach the bot; the tests go to its listener instead."""

ROUTING_KEY = "e93facc04764012d7bfb002500d5d1a6"
BERLIN = "Europe/Berlin"
WEBHOOK_SECRET = "5ecret-of-the-webhook"
AUTH_TOKEN = "the-auth-token-of-the-account"
ANA_S_PHONE, BEN_S_PHONE = "+49301234567", "+49307654321"

AT_ONCE = timedelta(seconds=0.1)

PEOPLE: Mapping[str, Any] = {
    "ana": {
        "name": "Ana Ruiz",
        "email": "ana@example.org",
        "ntfy": "ana-pages",
        "phone": "+49 30 1234567",
        "pagerduty": ANA["id"],
        "page": ["ntfy", {"email": "1s"}, {"call": "1m"}],
    },
    "ben": {
        "name": "Ben Okafor",
        "email": "ben@example.org",
        "ntfy": "ben-pages",
        "phone": "+49 30 7654321",
        "page": ["ntfy"],
    },
}
"""Ana is pushed at once, mailed after a second and called after a minute; Ben is pushed."""

ANA_THEN_BEN: Mapping[str, Any] = {
    "schedules": {"platform": {"zone": "Europe/Berlin", "rotation": {"people": ["ana"], "start": "2026-01-05T09:00"}}},
    "policies": {"platform": {"steps": [{"page": "schedule:platform", "wait": "5m"}, {"page": "person:ben"}]}},
}
"""Ana is on call; Ben is asked when she does not answer, or cannot be reached."""


class Pushed(SystemClock):
    """A clock that goes on from `begin` at its own pace, and that somebody may push forward."""

    def __init__(self, begin: datetime) -> None:
        super().__init__()
        self._ahead = begin - super().now()

    def now(self) -> datetime:
        return super().now() + self._ahead

    def forward(self, **by: float) -> None:
        self._ahead += timedelta(**by)


@dataclass
class Night:
    """`phone` rings and shows pushes, `mailbox` has everybody's mail, `twilio` calls and writes."""

    bot: Bot
    console: ConsolePlatform
    phone: NtfyServer
    mailbox: SmtpServer
    pagerduty: PagerDutyServer
    twilio: TwilioServer
    answers: int

    def incident(self, number: int = 1) -> Incident:
        found = self.bot.klatsch.lookups.incident(number)
        assert found is not None
        return found

    @property
    def paging(self) -> Paging:
        """How far it is with INC-1."""
        held = self.incident().paging
        assert held is not None
        return held

    def field(self, name: str) -> str:
        """One line of the pinned card of INC-1; empty when it has none of that name."""
        found = [line.partition(": ")[2] for line in self.card().splitlines() if line.startswith(f"{name}: ")]
        return found[0] if found else ""

    def sent_after(self, person: str, way: str) -> timedelta:
        """How long after INC-1 was paged first the page to `person` by `way` went out."""
        events = [recorded.event for recorded in self.bot.klatsch.lookups.history(1)]
        paged = next(event.at for event in events if isinstance(event, e.PeoplePaged))
        sent = [event for event in events if isinstance(event, e.PageSent)]
        return next(event.at for event in sent if (event.person, event.way) == (person, way)) - paged

    def clock(self, at: datetime | None) -> str:
        """What the room shows of a time."""
        assert at is not None
        return f"{at.astimezone(ZoneInfo(BERLIN)):%H:%M}"

    def card(self) -> str:
        """The pinned card of INC-1; empty before there is one."""
        if "inc-1" not in {room.id for room in self.console.rooms()}:
            return ""
        card = self.console.room("inc-1").card
        return card.document.to_plain() if card else ""

    def said(self, room: str = "inc-1") -> str:
        """All that the bot said in `room`, and in its threads, but for the card."""
        known = self.console.room(room)
        return "\n".join(message.document.to_plain() for message in known.messages if message is not known.card)

    async def types(self, line: str, person: str = "ana", room: str = "inc-1") -> str:
        """What somebody is answered in a room."""
        return (await self.console.type(person, room, line)).to_plain()

    async def breaks_glass(self, line: str) -> str:
        """What `klatsch say` would show, on one line."""
        return " ".join((await self.bot.says(line)).replace("│", " ").split())

    async def quiet(self) -> None:
        """What is to be done now is done; pages may wait for their time."""
        await until(lambda: not self.waiting() - {"send_page"}, "the end of all work")

    def waiting(self) -> set[str]:
        """The kinds of what is still to be done outside, now or later."""
        return {waiting.kind for waiting in self.bot.klatsch.lookups.waiting()}

    async def alert(self, body: bytes | Mapping[str, Any]) -> None:
        assert (await self.bot.post(body)).status_code == 200

    async def links(self, line: str, person: str = "ana", room: str = "incidents") -> list[str]:
        """The addresses in what somebody is answered, as they are reached from here."""
        document = await self.console.type(person, room, line)
        rows = [row for block in document.blocks if isinstance(block, Bullets) for row in block.items]
        return [part.url.replace(PUBLIC, self.bot.url) for row in rows for part in row if isinstance(part, Link)]

    async def reply(self, mail: EmailMessage) -> None:
        """The mail server hands it over to the bot's own listener. Raises SMTPException when that refuses."""

        def brought() -> None:
            with smtplib.SMTP("127.0.0.1", self.answers, local_hostname="mail.example.org") as client:
                client.send_message(mail)

        await asyncio.to_thread(brought)

    async def at_pagerduty(self, kind: str, agent: object = ANA) -> int:
        """Somebody does `kind` to the alert there; what the bot answers to the webhook."""
        (key,) = self.pagerduty.alerts
        return await self.pagerduty.post(self.bot.client, f"{self.bot.url}/paging/rota", kind, key, agent)


def sections(night: Mapping[str, Any], folder: Path, **changed: Any) -> dict[str, Any]:
    twilio = {"type": "twilio", "account_sid": ACCOUNT, "auth_token": AUTH_TOKEN, "from": OURS, "url": night["twilio"]}
    email = {"type": "smtp", "host": "127.0.0.1", "port": night["smtp"], "from": "Klatsch <klatsch@example.org>"}
    critical, warning = BASIC["routes"]
    return {
        "http": {**BASIC["http"], "public_url": PUBLIC},
        "chat": {"zone": "Europe/Berlin", "archive_after": "1s", "console": {"folder": str(folder / "rooms")}},
        "people": PEOPLE,
        "routes": [{**critical, "page": "platform"}, {**warning, "open": "active", "page": "platform"}],
        "oncall": ANA_THEN_BEN,
        "paging": {
            "ntfy": {"type": "ntfy", "url": night["ntfy"]},
            "email": {**email, "answers": {"listen": f"127.0.0.1:{night['answers']}"}},
            "call": {**twilio, "channel": "voice"},
            "text": {**twilio, "channel": "sms", "replies": True},
            "rota": {
                "type": "pagerduty",
                "url": night["pagerduty"],
                "routing_key": ROUTING_KEY,
                "webhook_secret": WEBHOOK_SECRET,
            },
        },
        **changed,
    }


@asynccontextmanager
async def night(folder: Path, database_url: str, clock: Clock | None = None, **changed: Any) -> AsyncIterator[Night]:
    """`clock` is used in place of the real one (on PostgreSQL that is the database's); `changed` are sections of the configuration in place of the usual ones. The card and the thread follow at once."""
    async with AsyncExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(outgoing, "CARD_SETTLES", AT_ONCE)
        patch.setattr(outgoing, "DIGEST_SETTLES", AT_ONCE)
        phone = await stack.enter_async_context(NtfyServer())
        mailbox = await stack.enter_async_context(SmtpServer())
        pagerduty = await stack.enter_async_context(PagerDutyServer(ROUTING_KEY, WEBHOOK_SECRET))
        twilio = await stack.enter_async_context(TwilioServer(AUTH_TOKEN, public=PUBLIC))
        client = await stack.enter_async_context(httpx.AsyncClient(timeout=20, trust_env=False))
        answers = free_port()
        at = {
            "ntfy": phone.url,
            "smtp": mailbox.port,
            "pagerduty": pagerduty.url,
            "twilio": twilio.url,
            "answers": answers,
        }
        config = load(write_config(folder, database_url, **sections(at, folder, **changed)), {})
        rooms = RoomsConfig(folder=folder / "rooms")
        console = build_console("console", rooms, clock=clock or SystemClock(), people=config.people)
        stack.callback(console.close)
        klatsch = Klatsch(config, clock=clock, platforms={"console": console})
        running = await stack.enter_async_context(klatsch.running())
        bot = Bot(klatsch, [listener.url for listener in running.listeners], client)
        twilio.reached = bot.url
        yield Night(bot, console, phone, mailbox, pagerduty, twilio, answers)
