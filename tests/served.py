"""A served Klatsch for tests: the real configuration file, real listeners, a phone and a mailbox beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from adapters.chat.console import Config as ConsoleConfig
from adapters.chat.console import ConsolePlatform
from adapters.chat.console import build as build_console
from adapters.clock import SystemClock
from bot.chat.document import Document
from bot.config import load
from bot.incident.model import Incident
from bot.main import Klatsch
from tests.contract.servers.ntfy import NtfyServer
from tests.contract.servers.smtp import SmtpServer
from tests.until import until

TOKEN = "a-token-for-tests"

CONFIG = """
storage: {{url: "{database}"}}
http: {{listen: "127.0.0.1:0"}}
chat:
  archive_after: 1s
  console: {{folder: "{folder}/rooms"}}
people:
  ana: {{name: Ana Ruiz, email: ana@example.org, ntfy: ana-pages, page: [ntfy, email]}}
  ben: {{name: Ben Okafor, email: ben@example.org, page: [email]}}
alerts:
  prometheus: {{type: alertmanager, token: "{token}"}}
routes:
  - {{match: {{severity: critical}}, open: active, severity: sev1, group_by: [region, az], service: compute, page: platform}}
  - {{match: {{severity: warning}}, open: triage, severity: sev3, group_by: [alertname]}}
oncall:
  schedules: {{platform: {{zone: Europe/Berlin, rotation: {{people: [ana], every: 1w, start: 2026-01-05T09:00}}}}}}
  policies: {{platform: {{steps: [{{page: "schedule:platform", wait: {wait}}}, {{page: "person:ben"}}], repeat: 2}}}}
paging:
  ntfy: {{type: ntfy, url: "{ntfy}"}}
  email: {{type: smtp, host: 127.0.0.1, port: {smtp}, from: klatsch@example.org}}
status:
  page: {{type: builtin, listen: "{page}", title: Example Cloud,
         components: [{{id: compute-az1, name: Compute, group: AZ 1}}, {{id: volumes, name: Volumes}}]}}
postmortem: {{folder: "{folder}/postmortems"}}
publishing: {{archive: {{type: folder, folder: "{folder}/archive"}}}}
"""


@dataclass
class Served:
    """What a story needs: the bot, its address, the room, the phone, the mailbox."""

    klatsch: Klatsch
    urls: list[str]
    console: ConsolePlatform
    phone: NtfyServer
    mailbox: SmtpServer
    client: httpx.AsyncClient
    folder: Path

    @property
    def url(self) -> str:
        """Where the machines are."""
        return self.urls[0]

    async def alert(self, body: bytes, token: str = TOKEN) -> httpx.Response:
        return await self.client.post(
            f"{self.url}/alerts/prometheus", content=body, headers={"Authorization": f"Bearer {token}"}
        )

    async def type(self, line: str, person: str = "ana", room: str = "inc-1") -> Document:
        return await self.console.type(person, room, line)

    def incident(self, number: int = 1) -> Incident | None:
        return self.klatsch.lookups.incident(number)

    async def quiet(self) -> None:
        """Everything that waits is delivered."""
        await until(lambda: not self.klatsch.lookups.waiting(), "the end of all work")


def write_config(
    folder: Path, database: str, *, ntfy: str, smtp: int, wait: str = "5m", page: str = "127.0.0.1:0"
) -> Path:
    path = folder / "config.yaml"
    path.write_text(
        CONFIG.format(database=database, folder=folder, token=TOKEN, ntfy=ntfy, smtp=smtp, wait=wait, page=page)
    )
    return path


@asynccontextmanager
async def served(folder: Path, database: str, *, wait: str = "5m", page: str = "127.0.0.1:0") -> AsyncIterator[Served]:
    """`page` is where the status page listens: with the machines, or on an address of its own."""
    async with AsyncExitStack() as stack:
        phone = await stack.enter_async_context(NtfyServer())
        mailbox = await stack.enter_async_context(SmtpServer())
        client = await stack.enter_async_context(httpx.AsyncClient(timeout=15, verify=False))
        config = load(write_config(folder, database, ntfy=phone.url, smtp=mailbox.port, wait=wait, page=page), {})
        clock = SystemClock()
        console = build_console(
            "console", ConsoleConfig(folder=str(folder / "rooms")), clock=clock, people=config.people
        )
        stack.callback(console.close)
        klatsch = Klatsch(config, clock=clock, platforms={"console": console})
        running = await stack.enter_async_context(klatsch.running())
        urls = [listener.url for listener in running.listeners]
        yield Served(klatsch, urls, console, phone, mailbox, client, folder)
