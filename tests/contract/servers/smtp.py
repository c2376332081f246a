"""A mail server that records what it is given (aiosmtpd), and on order refuses, hangs or hangs up."""

import asyncio
import ssl
import warnings
from collections import deque
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from types import TracebackType
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

HANG = "hang"
DROP = "drop"
DROP_AFTER_DOING = "drop after doing"
QUEUED = "queued: "
"""Begins an order that is the reply to the mail itself."""


@dataclass(frozen=True)
class Mail:
    sender: str
    recipients: tuple[str, ...]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        message = message_from_bytes(self.raw, policy=default)
        assert isinstance(message, EmailMessage)
        return message

    def body(self, kind: str) -> str:
        """The `plain` or the `html` form, with the line ends of Python instead of the wire's."""
        part = self.message.get_body((kind,))
        assert part is not None
        text: str = part.get_content()
        return text.replace("\r\n", "\n")


class SmtpServer:
    """`user` set: nobody sends without logging in. `orders` holds what the next mails get at their recipient: a reply
    like `451 later`, HANG or DROP; DROP_AFTER_DOING takes the mail and hangs up instead of saying so, QUEUED and a reply says that instead."""

    def __init__(
        self, user: str = "", password: str = "", *, tls: ssl.SSLContext | None = None, starttls: bool = False
    ) -> None:
        self.mails: list[Mail] = []
        self.orders: deque[str] = deque()
        self.logins: list[str] = []
        self._user, self._password = user, password
        self._tls, self._starttls = tls, starttls
        self._over = asyncio.Event()
        self._sessions: set[SMTP] = set()
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        wrapped = None if self._starttls else self._tls
        self._server = await loop.create_server(self._session, "127.0.0.1", 0, ssl=wrapped)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._over.set()
        self._server.close()
        for session in self._sessions:
            _hang_up(session)
        await self._server.wait_closed()

    def _session(self) -> SMTP:
        with warnings.catch_warnings():
            # aiosmtpd warns that logging in without TLS is unsafe: true elsewhere, this is loopback.
            warnings.simplefilter("ignore", UserWarning)
            session = SMTP(
                self,
                hostname="mail.example.org",
                loop=asyncio.get_running_loop(),
                authenticator=self._login,
                auth_required=bool(self._user),
                auth_require_tls=False,
                tls_context=self._tls if self._starttls else None,
                require_starttls=self._starttls,
            )
        self._sessions.add(session)
        return session

    def _login(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        if not isinstance(data, LoginPassword):
            return AuthResult(success=False, handled=False)
        self.logins.append(data.login.decode())
        right = (data.login, data.password) == (self._user.encode(), self._password.encode())
        # What a careless server says: it quotes the password it was given.
        message = None if right else f"535 5.7.8 not accepted: {data.password.decode()}"
        return AuthResult(success=right, handled=False, message=message)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        order = self.orders[0] if self.orders else ""
        if order == HANG:
            self.orders.popleft()
            await self._over.wait()
        if order == DROP:
            self.orders.popleft()
            _hang_up(server)
        if order[:1].isdigit():
            return self.orders.popleft()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        assert envelope.mail_from is not None
        self.mails.append(Mail(envelope.mail_from, tuple(envelope.rcpt_tos), envelope.content))
        if self.orders and self.orders[0] == DROP_AFTER_DOING:
            self.orders.popleft()
            _hang_up(server)
        if self.orders and self.orders[0].startswith(QUEUED):
            return self.orders.popleft().removeprefix(QUEUED)
        return "250 2.0.0 queued"


def _hang_up(session: SMTP) -> None:
    if isinstance(session.transport, asyncio.Transport):
        session.transport.abort()
