"""What came in is answered in the dialogue with the mail server that brought it: what is refused that server tells the person."""

from __future__ import annotations

import asyncio
import logging
import unicodedata
from collections.abc import Awaitable, Callable

from aiosmtpd.smtp import SMTP, Envelope, Session

from adapters.excerpt import excerpt
from adapters.paging.smtp.reading import Reply, Unreadable, read
from adapters.paging.smtp.said import names_another
from bot.answering import NoSuchLink, PageAnswers, TooLate
from bot.ports import DeliveryError, Overloaded
from bot.sizes import format_size
from bot.store import StoreUnavailable

log = logging.getLogger(__name__)

RECIPIENTS = 10

WITHIN = 20.0
"""Seconds for the acknowledgement, and as many for what we say to it; a mail server waits for ten minutes
(https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.2.6)."""

Send = Callable[[Reply, str, str], Awaitable[None]]
"""(the mail, its return path, the sentence): say it to whoever wrote the mail. Raises Unavailable or Rejected."""

NO_ANSWER = "Nothing was acknowledged: this mail is no reply to a page. Reply to the mail that paged you, with ack as the first line."
NOT_OURS = (
    "The page that this mail answers is older than a week, or not from this Klatsch. Nothing was acknowledged. "
    "Open the link in the page, or type ack in the room of the incident."
)
UNREADABLE = "This mail cannot be read. Nothing was acknowledged. Reply in plain text, with ack as the first line."


class Intake:
    """aiosmtpd's handler, of one pager. `largest` is how many bytes a mail may have. `local`: it is LMTP
    that is spoken, where each recipient gets an answer of its own."""

    def __init__(self, name: str, sender: str, answers: PageAnswers, send: Send, *, largest: int, local: bool) -> None:
        self._name = name
        self._sender = sender
        self._answers = answers
        self._send = send
        self._largest = largest
        self._local = local

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Nothing is taken but what is for us. Of the address only the part before the @ counts, without what is behind a +:
        servers write the name of another host behind it."""
        if len(envelope.rcpt_tos) >= RECIPIENTS:
            return _line("452 4.5.3", "Too many recipients. Bring the mail to the others once more.")
        if _mailbox(address) != _mailbox(self._sender):
            return _line("550 5.1.1", f"There is nobody else here. Answers to pages are sent to {self._sender}.")
        envelope.rcpt_tos.append(address)
        return _line("250 2.1.5", "OK")

    async def taken(self, envelope: Envelope, content: bytes, size: int) -> str:
        """What is said to a mail of `size` bytes, of which `content` is the beginning."""
        line = await self._answer(content, envelope.mail_from or "") if size <= self._largest else self._too_large()
        # https://www.rfc-editor.org/rfc/rfc2033#section-4.2
        return "\r\n".join([line] * (len(envelope.rcpt_tos) if self._local else 1))

    async def handle_exception(self, error: Exception) -> str:
        log.error("%s: an answer by mail failed", self._name, exc_info=error)
        return _line("451 4.3.0", "Klatsch failed at this. Nothing was acknowledged; try again.")

    def _too_large(self) -> str:
        limit = format_size(self._largest)
        return _line(
            "552 5.3.4", f"A mail has {limit} at most here. Reply without attachments, with ack as the first line."
        )

    async def _answer(self, content: bytes, returns_to: str) -> str:
        try:
            reply = await asyncio.to_thread(read, content, returns_to)
        except Unreadable:
            return _line("550 5.6.0", UNREADABLE)
        if reply.automatic:
            log.info("%s: an automatic mail was dropped: %s", self._name, reply.automatic)
            return _line("250 2.0.0", "Taken. An automatic mail acknowledges nothing.")
        if not reply.tokens:
            return _line("550 5.7.1", NO_ANSWER)
        owner = self._whose(reply)
        if owner is None:
            return _line("550 5.7.1", NOT_OURS)
        number, person = owner
        if not reply.said:
            return _line(
                "550 5.7.1",
                f"Nothing was acknowledged. To acknowledge INC-{number}, write ack as the first line of your answer, above "
                "the quotation.",
            )
        if names_another(reply.said, number):
            return _line("550 5.7.1", f"Nothing was acknowledged. The page that you answered is for INC-{number}.")
        return await self._acknowledged(reply, number, person, returns_to)

    def _whose(self, reply: Reply) -> tuple[int, str] | None:
        """Of the pages in the thread of the mail, the nearest that is ours."""
        for token in reply.tokens:
            try:
                return self._answers.whose(token)
            except NoSuchLink:
                continue
        return None

    async def _acknowledged(self, reply: Reply, number: int, person: str, returns_to: str) -> str:
        try:
            async with asyncio.timeout(WITHIN):
                said = await self._answers.acknowledge(number, person, via=self._name, event=reply.event)
        except (Overloaded, StoreUnavailable, TimeoutError):
            return _line("451 4.3.0", "Klatsch cannot reach its database at this moment. Bring the mail once more.")
        if isinstance(said, TooLate):
            await self._told(reply, returns_to, said)
        return _line("250 2.0.0", said)

    async def _told(self, reply: Reply, returns_to: str, said: str) -> None:
        """Once: a mail that comes again is known by its `event`, and is no `TooLate` any more."""
        try:
            async with asyncio.timeout(WITHIN):
                await self._send(reply, returns_to, said)
        except (DeliveryError, TimeoutError) as error:
            log.warning("%s: whoever answered too late could not be told so: %s", self._name, error)


def _mailbox(address: str) -> str:
    return address.rpartition("@")[0].partition("+")[0].casefold()


def _line(code: str, sentence: str) -> str:
    """One line of ASCII (https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.5 allows it 512 bytes)."""
    plain = unicodedata.normalize("NFKD", excerpt(sentence, limit=400)).encode("ascii", "ignore").decode()
    return f"{code} {plain[:500]}"
