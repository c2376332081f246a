"""A house with a mail server: pages leave by the real pager, people read and answer them, and what they send is brought to the
pager's own listener by a real client. Behind it stand the real rules and a database."""

from __future__ import annotations

import asyncio
import smtplib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path
from typing import Any

from adapters.paging.smtp import Config, build
from adapters.paging.smtp.pager import SmtpWithAnswers
from adapters.web.acknowledge import AckLinks
from bot.answered import Answered
from bot.inbox import Writer
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.model import Incident
from bot.ports import Attempt, PageMessage
from storage.engine import Database
from tests.contract.pagers import ana
from tests.contract.servers.smtp import SmtpServer
from tests.contract.test_pagers import page
from tests.servers.processes import free_port
from tests.until import until
from tests.world import PEOPLE, World

KLATSCH = "klatsch@example.org"
ANSWERS = "email"
"""The name of the block."""

MINE = [("ana", ANSWERS)]
"""What `House.acknowledged` says when Ana has it by mail."""

Answer = tuple[int, str]
"""What the listener said to the mail: the code and the sentence."""


@dataclass
class House:
    pager: SmtpWithAnswers
    world: World
    links: AckLinks
    sent: SmtpServer
    port: int
    local: bool

    async def paged(self, number: int, *, age: timedelta = timedelta(), **changed: Any) -> EmailMessage:
        """The mail that pages Ana for incident `number`, as her mail program has it."""
        due = datetime.now(UTC) - age
        token = self.links.token(number, "ana", due)
        await self.pager.trigger(Attempt(f"{number}.1"), a_page(number, ack_token=token, **changed))
        return self.sent.mails[-1].message

    async def bring(
        self, mail: EmailMessage | bytes, *, sender: str = "ana@example.org", to: Sequence[str] = (KLATSCH,)
    ) -> Answer:
        """Hand it over as a mail server does."""
        return await asyncio.to_thread(self._bring, mail if isinstance(mail, bytes) else bytes(mail), sender, to)

    def _bring(self, mail: bytes, sender: str, to: Sequence[str]) -> Answer:
        kind = smtplib.LMTP if self.local else smtplib.SMTP
        with kind("127.0.0.1", self.port, local_hostname="mail.example.org") as client:
            try:
                client.sendmail(sender, list(to), mail)
            except smtplib.SMTPRecipientsRefused as refused:
                code, text = next(iter(refused.recipients.values()))
                return code, text.decode()
            except smtplib.SMTPResponseException as refused:
                return refused.smtp_code, bytes(refused.smtp_error).decode()
        return 250, ""

    def incident(self, number: int) -> Incident:
        found = self.world.lookups.incident(number)
        assert found is not None
        return found

    def acknowledged(self, number: int) -> list[tuple[str, str]]:
        """Who has it by which way, as the timeline says."""
        events = [recorded.event for recorded in self.world.lookups.history(number)]
        return [(event.person, event.via) for event in events if isinstance(event, e.PageAcknowledged)]

    def opened(self) -> int:
        """An incident for which Ana is woken."""
        return self.world.opened("Volumes slow", page="policy:platform").number

    def ben_is_woken(self, number: int) -> None:
        self.world.clock.forward(minutes=5)
        self.world.ask(c.Escalate(ladder="platform", step=1, round=0), number)

    def ben_answers(self, number: int) -> None:
        self.world.ask(c.Acknowledge(person="ben", via="link"), number, by="ben")


def a_page(number: int, **changed: Any) -> PageMessage:
    return page(**{"ref": f"INC-{number}", "person": ana(), **changed})


def answer(to: EmailMessage, text: str, *, keep: Sequence[str] = ("In-Reply-To", "References")) -> EmailMessage:
    """As mail programs do: above the quotation, with those headers that they `keep`."""
    mail = EmailMessage()
    mail["From"] = "Ana Ruiz <ana@example.org>"
    mail["To"] = to["From"]
    mail["Subject"] = f"Re: {to['Subject']}"
    mail["Message-ID"] = make_msgid(domain="phone.example.org")
    if "In-Reply-To" in keep:
        mail["In-Reply-To"] = to["Message-ID"]
    if "References" in keep:
        mail["References"] = f"{to['References']} {to['Message-ID']}"
    mail.set_content(f"{text}\n\nOn Friday Klatsch <klatsch@example.org> wrote:\n{quoted(to)}")
    return mail


def quoted(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return "\n".join(f"> {line}" for line in body.get_content().splitlines())


@asynccontextmanager
async def house(folder: Path, store: Any = None, port: int = 0, **answers: Any) -> AsyncIterator[House]:
    """`folder` is the fixture `prepared`; `answers` is the block of that name; `store` stands before the database, where a test lets that fail."""
    world = World(Database(f"sqlite:///{folder}/klatsch.db"))
    links = AckLinks("k" * 32, "https://klatsch.example.org")
    writer = Writer(store(world) if store else world.store, world.rules)
    writing = asyncio.create_task(writer.run())
    port = port or free_port()
    async with SmtpServer() as sent:
        block = {"from": f"Klatsch <{KLATSCH}>", "host": "127.0.0.1", "port": sent.port}
        given = {"listen": f"127.0.0.1:{port}", **answers}
        pager = build(ANSWERS, Config.model_validate({**block, "answers": given}), None)
        assert isinstance(pager, SmtpWithAnswers)
        listening = asyncio.create_task(pager.listen(Answered(writer, PEOPLE, links.whose, "UTC")))
        try:
            await until(lambda: listening.done() or connects(port), "the listener")
            yield House(pager, world, links, sent, port, answers.get("protocol") == "lmtp")
        finally:
            listening.cancel()
            writer.stop()
            await asyncio.gather(listening, writing, return_exceptions=True)
            world.close()


async def connects(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True
