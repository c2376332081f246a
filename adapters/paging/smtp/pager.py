"""Pages by e-mail: one mail a page, and all mails of an incident are one thread; an answer acknowledges."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterable
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import parseaddr
from typing import TYPE_CHECKING

import aiosmtplib

from adapters.excerpt import excerpt
from adapters.paging.smtp.config import ADDRESS, AnswersConfig, Config
from adapters.paging.smtp.ids import page_id
from adapters.paging.smtp.mails import answer_mail, page_mail
from adapters.paging.smtp.reading import Reply
from adapters.paging.wording import secrets_of
from bot.answering import PageAnswers
from bot.chat.document import Document
from bot.incident.model import Person
from bot.ports import Attempt, DeliveryError, PageMessage, Pager, Rejected, Unavailable

if TYPE_CHECKING:
    from adapters.http import Http

_USUAL_PORT = {"none": 25, "starttls": 587, "tls": 465}


def build(name: str, config: Config, http: Http) -> Pager:
    """The pager of the block `paging.<name>`. Mail needs no HTTP; all pagers are built alike."""
    return SmtpWithAnswers(name, config, config.answers) if config.answers else Smtp(name, config)


class Smtp:
    """A `Pager`. A mail's Message-ID is made from `attempt.key`, so a second try is the same mail again: many mailboxes
    show it once.

    What cannot be avoided: SMTP has no other idempotency. If the server took the mail and its answer, or our commit, was
    lost, it is sent again, and a mailbox that does not look at Message-IDs shows it twice.
    """

    def __init__(self, name: str, config: Config, *, answerable: bool = False) -> None:
        self._name = name
        self._config = config
        self._answerable = answerable
        display, self._sender = parseaddr(config.sender)
        self._from = Address(excerpt(display) or "Klatsch", addr_spec=self._sender)
        password = config.password.get_secret_value()
        self._secrets = (
            password,
            base64.b64encode(password.encode()).decode(),
            base64.b64encode(f"\0{config.user}\0{password}".encode()).decode(),
        )

    async def trigger(self, attempt: Attempt, page: PageMessage) -> str:
        """Hand one mail over; answers the part of its Message-ID that acknowledges nothing.

        Raises Unavailable for a lost connection and for replies 4xx. Raises Rejected for replies 5xx, for a server that
        cannot do what `tls` and `user` ask for, and for a person without an address (naming `people.<id>.email`).
        """
        to = self.address(page.person)
        message = page_mail(attempt, page, sender=self._from, to=to, answerable=self._answerable)
        await self._send(message, to, secrets_of(page), page.person.id)
        return page_id(attempt, page)

    async def send(self, attempt: Attempt, to: str, subject: str, document: Document, language: str = "en") -> None:
        """`bot.offered.SendsMail`. Raises as `trigger`; an address that is none is Rejected."""
        if not ADDRESS.fullmatch(to):
            raise Rejected(f"{self._name}: `{excerpt(to)}` is no mail address")
        # Only who sends letters pays for what draws their pictures.
        from adapters.paging.smtp.letters import letter

        message = await asyncio.to_thread(
            letter, attempt, document, subject=subject, sender=self._from, to=to, language=language
        )
        await self._send(message, to)

    async def _send(self, message: EmailMessage, to: str, secrets: Iterable[str] = (), person: str = "") -> None:
        try:
            # On leaving, aiosmtplib says QUIT and forgives every answer to it: the mail was taken already.
            async with self._client() as client:
                try:
                    await client.send_message(message, sender=self._sender, recipients=[to])
                except aiosmtplib.SMTPDataError as reply:
                    # The first digit says that the mail was taken (https://www.rfc-editor.org/rfc/rfc5321#section-4.3.2);
                    # aiosmtplib knows 250 only (and raises that only for one before the mail). A second try would be a
                    # second mail.
                    if not 200 <= reply.code < 300 or reply.code == 250:
                        raise
        except (aiosmtplib.SMTPException, OSError) as error:
            # `from None`: a traceback would quote what the server said, secrets and all.
            raise self._failure(error, secrets, person) from None

    async def probe(self) -> None:
        """Connect, greet, encrypt and log in as for a mail, and leave without one.

        Raises Unavailable when the server does not answer, Rejected when it refuses or cannot do what is asked of it.
        """
        try:
            async with self._client():
                pass
        except (aiosmtplib.SMTPException, OSError) as error:
            raise self._failure(error) from None

    def address(self, person: Person) -> str:
        """The person's mail address. Raises Rejected when there is none."""
        if not person.email:
            raise Rejected(f"{self._name}: {person.id} has no address; set people.{person.id}.email")
        if not ADDRESS.fullmatch(person.email):
            raise Rejected(f"{self._name}: people.{person.id}.email is no mail address")
        return person.email

    def _client(self) -> aiosmtplib.SMTP:
        config = self._config
        return aiosmtplib.SMTP(
            hostname=config.host,
            port=config.port or _USUAL_PORT[config.tls],
            username=config.user or None,
            password=config.password.get_secret_value() or None,
            use_tls=config.tls == "tls",
            start_tls=config.tls == "starttls",
            timeout=config.timeout,
        )

    def _failure(
        self, error: aiosmtplib.SMTPException | OSError, secrets: Iterable[str] = (), person: str = ""
    ) -> DeliveryError:
        block, hidden = f"paging.{self._name}", (*self._secrets, *secrets)
        match error:
            case aiosmtplib.SMTPRecipientsRefused(recipients=[refused, *_]):
                return self._replied(refused, hidden, f" (check people.{person}.email)" if person else "")
            case aiosmtplib.SMTPAuthenticationError():
                return self._replied(error, hidden, f" (check {block}.user and {block}.password)")
            case aiosmtplib.SMTPResponseException():
                return self._replied(error, hidden, "")
            # aiosmtplib's own timeouts are TimeoutErrors, its lost connections ConnectionErrors, ssl.SSLError an OSError.
            case TimeoutError():
                return Unavailable(f"{self._name}: no answer from the mail server within {self._config.timeout:g} s")
            case OSError():
                shown = excerpt(str(error), hidden)
                return Unavailable(f"{self._name}: no connection to the mail server ({shown})")
            case _:
                shown = excerpt(str(error), hidden)
                return Rejected(f"{self._name}: the mail server cannot do that: {shown} (check {block}.tls and .user)")

    def _replied(self, error: aiosmtplib.SMTPResponseException, hidden: Iterable[str], hint: str) -> DeliveryError:
        reason = f"{self._name}: the mail server answered {error.code}: {excerpt(error.message, hidden)}"
        return Rejected(reason + hint) if 500 <= error.code < 600 else Unavailable(reason)


class SmtpWithAnswers(Smtp):
    """The same where answers to its mails come back to us."""

    def __init__(self, name: str, config: Config, answers: AnswersConfig) -> None:
        super().__init__(name, config, answerable=True)
        self._answers = answers

    async def listen(self, answers: PageAnswers) -> None:
        """`bot.answering.ListensForAnswers`."""
        local, largest = self._answers.protocol == "lmtp", self._answers.max_size
        # Only who takes answers in pays for the server that it needs.
        from adapters.paging.smtp.intake import Intake
        from adapters.paging.smtp.listening import listen

        intake = Intake(self._name, self._sender, answers, self._say, largest=largest, local=local)
        await listen(self._name, self._answers, intake, self._from.domain)

    async def _say(self, reply: Reply, to: str, said: str) -> None:
        if not ADDRESS.fullmatch(to):
            raise Rejected(f"{self._name}: the mail's return path is no mail address")
        await self._send(answer_mail(reply, said, sender=self._from, to=to), to)
