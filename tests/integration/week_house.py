"""A house for the story of a week: the bot serves on a clock that is pushed, with rooms, a mailbox and a git repository that are real."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
from sqlalchemy import select

from adapters.chat.console import Config, ConsolePlatform, build
from adapters.chat.console.rooms import Message
from bot.config import load
from bot.main import Klatsch
from storage.tables import outbox
from tests.clock import FakeClock
from tests.contract.servers.git import Origin
from tests.contract.servers.smtp import SmtpServer
from tests.integration.served_bot import a_message, an_alert
from tests.servers.klatsch import BEARER, write_config
from tests.until import until

BERLIN = ZoneInfo("Europe/Berlin")
SETTLES = 10.0
"""Seconds in which a card and the lines of a thread have settled; timers wait longer."""


def berlin(text: str) -> datetime:
    """`2026-11-16 09:00` on the clocks of the house."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@dataclass
class House:
    """What is outside: it outlives every bot. `clock` is everybody's."""

    folder: Path
    database: str
    clock: FakeClock
    mailbox: SmtpServer
    origin: Origin

    def configure(self) -> None:
        people = {
            name: {"name": full, "email": f"{name}@example.org", "page": ["email"]}
            for name, full in (("ana", "Ana Ruiz"), ("ben", "Ben Okafor"))
        }
        turns = {"people": [*people], "every": "1w", "start": "2026-11-02T09:00"}
        critical = {"match": {"severity": "critical"}, "open": "active", "severity": "sev1", "group_by": ["az"]}
        warning = {"match": {"severity": "warning"}, "open": "triage", "severity": "sev3", "group_by": ["alertname"]}
        write_config(
            self.folder,
            self.database,
            http={"listen": "127.0.0.1:0", "public_url": "https://klatsch.example.org"},
            chat={"zone": "Europe/Berlin", "archive_after": "1s", "console": {"folder": str(self.folder / "rooms")}},
            people=people,
            routes=[{**critical, "service": "compute", "page": "platform"}, {**warning, "service": "volumes"}],
            oncall={
                "schedules": {"platform": {"zone": "Europe/Berlin", "rotation": turns}},
                "policies": {"platform": {"steps": [{"page": "schedule:platform", "wait": "5m"}]}},
            },
            paging={"email": {"type": "smtp", "host": "127.0.0.1", "port": self.mailbox.port, "from": "k@example.org"}},
            publishing={"learning": {"type": "git", "url": self.origin.url, "web": "https://git.example.org/learning"}},
            digest={
                "cron": "mon 09:00",
                "to": ["announce", "ops@example.org"],
                "teams": {"storage": {"services": ["volumes"], "to": ["console:storage"], "language": "de"}},
            },
            coffee={
                "every": "2w",
                "start": "2026-11-19T10:00",
                "link": "https://meet.example.org/coffee",
                "minutes": ["learning"],
            },
        )

    def letters(self) -> list[str]:
        """What came to the mailbox of the house, as it reads without pictures."""
        mails = [mail for mail in self.mailbox.mails if mail.recipients == ("ops@example.org",)]
        return [mail.body("plain") for mail in mails]

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Working]:
        config = load(self.folder / "config.yaml", {})
        console = build("console", Config(folder=str(self.folder / "rooms")), clock=self.clock, people=config.people)
        klatsch = Klatsch(config, clock=self.clock, platforms={"console": console})
        try:
            async with klatsch.running() as running, httpx.AsyncClient(timeout=20, trust_env=False) as client:
                yield Working(self, klatsch, console, client, running.listeners[0].url)
        finally:
            console.close()


@dataclass
class Working:
    """The bot, while it serves."""

    house: House
    klatsch: Klatsch
    console: ConsolePlatform
    client: httpx.AsyncClient
    url: str

    async def settled(self) -> None:
        """What is due within moments is done. Time passes only while nothing is under way."""

        def is_done() -> bool:
            deliverer = self.klatsch._deliverer
            assert deliverer is not None
            if deliverer._held or (due := self._next()) is None:
                return not deliverer._held and not self._begun()
            if due > SETTLES:
                return not self._begun()
            self.house.clock.forward(seconds=due)
            deliverer.wake()
            return False

        await until(is_done, "the end of what is due")

    def _next(self) -> float | None:
        due = self.klatsch.outbox.next_due()
        return None if due is None else due.total_seconds()

    def _begun(self) -> bool:
        begun = select(outbox.c.key).where(outbox.c.state == "waiting", outbox.c.attempt > 0).limit(1)
        with self.klatsch.database.read() as connection:
            return connection.execute(begun).scalar() is not None

    async def at(self, when: str) -> None:
        """It is `when` in Berlin, and what came round is looked for. No clock goes back, and nothing is under way while hours pass."""
        await self.settled()
        self.house.clock.forward(seconds=(berlin(when) - self.house.clock.now()).total_seconds())
        await self.klatsch.learning.occasions.look()
        await self.settled()

    async def types(self, line: str, room: str = "incidents", by: str = "ana") -> str:
        return (await self.console.type(by, room, line)).to_plain()

    async def fires(self, number: int, **changed: object) -> None:
        """An alert comes; with `status="resolved"` it is over."""
        status = str(changed.get("status", "firing"))
        name = str(dict(changed.get("labels", {})).get("alertname", ""))  # type: ignore[call-overload] - a mapping, as the callers write it
        body = a_message(an_alert(number, **changed), status=status, groupKey=f"{name}{number}")
        (await self.client.post(f"{self.url}/alerts/prometheus", json=body, headers=BEARER)).raise_for_status()

    def said(self, room: str = "incidents") -> list[Message]:
        """What we said there by ourselves."""
        return [one for one in self.console.messages(room) if not one.by and not one.key.startswith("to ")]

    def weeklies(self, room: str = "incidents") -> list[Message]:
        """The digests there."""
        return [one for one in self.said(room) if one.key.startswith("weekly:") and not one.thread]

    def thread(self, root: Message, room: str = "incidents") -> list[str]:
        return [one.document.to_plain() for one in self.said(room) if one.thread == root.id]
