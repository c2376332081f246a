"""Pages by e-mail: one mail a page, and all mails of an incident are one thread."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Iterable
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, parseaddr
from ipaddress import ip_address
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import urlsplit

import aiosmtplib
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from adapters.excerpt import excerpt
from adapters.paging.wording import cut, headline, how_to_acknowledge, link, mark, secrets_of
from bot.chat.document import clean
from bot.incident.model import Person
from bot.ports import Attempt, DeliveryError, PageMessage, Pager, Rejected, Unavailable

if TYPE_CHECKING:
    from adapters.http import Http

TEXT_BYTES = 8000
"""A page is read half asleep; the room has the rest."""

# Narrower than RFC 5321 on purpose: no quoted local part, no comment, nothing a server could read as a second command.
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.\[\]:-]{1,255}")
_HOST = re.compile(r"[A-Za-z0-9._:-]{1,255}")
_USUAL_PORT = {"none": 25, "starttls": 587, "tls": 465}


class Config(BaseModel):
    """How to hand mails to a server. `tls`: none, starttls (required then, not merely tried) or tls from the first byte.

    `port` is by default 25, 587 or 465, as `tls` says; `timeout` is how many seconds each answer may take.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    type: Literal["smtp"] = "smtp"
    host: str = "localhost"
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    sender: str = Field(alias="from")
    user: str = ""
    password: SecretStr = SecretStr("")
    tls: Literal["none", "starttls", "tls"] = "none"
    timeout: Annotated[float, Field(gt=0, le=60)] = 10.0

    @field_validator("host")
    @classmethod
    def _is_host(cls, host: str) -> str:
        if not _HOST.fullmatch(host):
            raise ValueError("must be a host name or an IP address")
        return host

    @field_validator("sender")
    @classmethod
    def _is_address(cls, sender: str) -> str:
        if not sender.isprintable() or not _ADDRESS.fullmatch(parseaddr(sender)[1]):
            raise ValueError("must be a mail address, like klatsch@example.org or Klatsch <klatsch@example.org>")
        return sender

    @model_validator(mode="after")
    def _login_is_whole_and_hidden(self) -> Config:
        if bool(self.user) != bool(self.password.get_secret_value()):
            raise ValueError("`user` and `password` go together: set both or none")
        if self.user and self.tls == "none" and not _loopback(self.host):
            raise ValueError("the password would travel in the clear; set `tls: starttls` or `tls: tls`")
        return self


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def build(name: str, config: Config, http: Http) -> Pager:
    """The pager of the block `paging.<name>`. Mail needs no HTTP; all pagers are built alike."""
    return Smtp(name, config)


class Smtp:
    """A `Pager`. A mail's Message-ID is made from `attempt.key`, so a second try is the same mail again: many mailboxes
    show it once.

    What cannot be avoided: SMTP has no other idempotency. If the server took the mail and its answer, or our commit, was
    lost, it is sent again, and a mailbox that does not look at Message-IDs shows it twice.
    """

    def __init__(self, name: str, config: Config) -> None:
        self._name = name
        self._config = config
        display, self._sender = parseaddr(config.sender)
        self._from = Address(excerpt(display) or "Klatsch", addr_spec=self._sender)
        self._domain = self._sender.rpartition("@")[2]
        password = config.password.get_secret_value()
        self._secrets = (
            password,
            base64.b64encode(password.encode()).decode(),
            base64.b64encode(f"\0{config.user}\0{password}".encode()).decode(),
        )

    async def trigger(self, attempt: Attempt, page: PageMessage) -> str:
        """Hand one mail over; answers its Message-ID.

        Raises Unavailable for a lost connection and for replies 4xx. Raises Rejected for replies 5xx, for a server that
        cannot do what `tls` and `user` ask for, and for a person without an address (naming `people.<id>.email`).
        """
        to = self.address(page.person)
        message = self._message(attempt, page, to)
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
            raise self._failure(error, secrets_of(page), page.person.id) from None
        return str(message["Message-ID"])

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
        if not _ADDRESS.fullmatch(person.email):
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
                return self._replied(refused, hidden, f" (check people.{person}.email)")
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

    def _message(self, attempt: Attempt, page: PageMessage, to: str) -> EmailMessage:
        """Every value is one clean line before it becomes a header, so a title can add none."""
        ref = excerpt(page.ref, limit=20)
        thread = self._thread(page)
        message = EmailMessage(policy=SMTP)
        message["Subject"] = headline(page)
        message["From"] = self._from
        message["To"] = Address(excerpt(page.person.name, limit=100), addr_spec=to)
        # Not a time of the incident: only when this try was made, which mail servers insist on.
        message["Date"] = formatdate(usegmt=True)
        message["Message-ID"] = f"<klatsch.page.{mark(attempt, page)}@{self._domain}>"
        message["In-Reply-To"] = thread
        message["References"] = thread
        # https://www.rfc-editor.org/rfc/rfc3834: no holiday notice shall answer this.
        message["Auto-Submitted"] = "auto-generated"
        message["X-Klatsch-Incident"] = ref
        message.set_content(_plain(page))
        message.add_alternative(_html(page), subtype="html")
        return message

    def _thread(self, page: PageMessage) -> str:
        """The id of a mail that was never sent; every mail of the incident answers it."""
        where = urlsplit(link(page.ack_url)).netloc
        digest = hashlib.sha256(f"{where}\n{page.ref}".encode(errors="replace")).hexdigest()[:32]
        return f"<klatsch.incident.{digest}@{self._domain}>"


def _plain(page: PageMessage) -> str:
    ack, room, runbook = link(page.ack_url), link(page.room_url), link(page.runbook_url)
    parts = [
        headline(page),
        cut(clean(page.text).strip(), TEXT_BYTES),
        f"Acknowledge: {ack}" if ack else how_to_acknowledge(page),
        f"Room: {room}" if room else "",
        f"Runbook: {runbook}" if runbook else "",
        f"You are paged as {_whom(page)}.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _html(page: PageMessage) -> str:
    ack, room, runbook = (html.escape(link(url)) for url in (page.ack_url, page.room_url, page.runbook_url))
    text = html.escape(cut(clean(page.text).strip(), TEXT_BYTES)).replace("\n", "<br>\n")
    parts = [
        f"<p><strong>{html.escape(headline(page))}</strong></p>",
        f"<p>{text}</p>" if text else "",
        f'<p><a href="{ack}">Acknowledge</a></p>' if ack else f"<p>{html.escape(how_to_acknowledge(page))}</p>",
        f'<p><a href="{room}">Open the room</a></p>' if room else "",
        f'<p><a href="{runbook}">Runbook</a></p>' if runbook else "",
        f"<p>You are paged as {html.escape(_whom(page))}.</p>",
    ]
    return "<html><body>\n" + "\n".join(part for part in parts if part) + "\n</body></html>\n"


def _whom(page: PageMessage) -> str:
    return excerpt(f"{page.person.name} ({page.person.id})" if page.person.name else page.person.id, limit=120)
