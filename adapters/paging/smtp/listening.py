"""The address at which the house's mail server hands answers over: aiosmtpd's protocols on our own loop."""

from __future__ import annotations

import asyncio
import logging
from errno import EACCES, EPERM
from ipaddress import IPv6Address, ip_address
from typing import cast

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope

from adapters.paging.smtp.config import AnswersConfig
from adapters.paging.smtp.intake import Intake
from adapters.paging.smtp.reading import KEPT
from bot.ports import Rejected, Unavailable

log = logging.getLogger(__name__)

CONNECTIONS = 20
"""As many as Postfix makes to one place (https://www.postfix.org/postconf.5.html#default_destination_concurrency_limit)."""

COMMANDS = 100
"""Of each kind, on one connection."""

IDLE = 120.0
"""Seconds from one command to the next, and for a mail as a whole."""


async def listen(name: str, config: AnswersConfig, intake: Intake, hostname: str) -> None:
    """Until cancelled. Raises Unavailable when the address is taken, Rejected when we may not have it."""
    # It logs who wrote to whom, and every stray command.
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    loop = asyncio.get_running_loop()
    doors = _Doors(name, config, intake, hostname)
    host, port = config.listen.host, config.listen.port
    try:
        server = await loop.create_server(doors.door, host, port)
    except OSError as error:
        raise _failure(name, config, error) from error
    log.info("%s: answers by mail are taken on %s:%d", name, host, port)
    try:
        await loop.create_future()
    finally:
        server.close()
        doors.close()


def _failure(name: str, config: AnswersConfig, error: OSError) -> Unavailable | Rejected:
    place = f"{config.listen.host}:{config.listen.port}"
    reason = f"{name}: cannot listen on {place} ({error.strerror or error})"
    if error.errno in (EACCES, EPERM):
        return Rejected(f"{reason}; take a port above 1023 for `paging.{name}.answers.listen`")
    return Unavailable(f"{reason}. Another program may have it; change `paging.{name}.answers.listen`, or stop that")


class _Doors:
    """Who may come in, and who is in."""

    def __init__(self, name: str, config: AnswersConfig, intake: Intake, hostname: str) -> None:
        self._name = name
        self._config = config
        self._intake = intake
        self._hostname = hostname
        self._inside: dict[SMTP, asyncio.Transport] = {}

    def door(self) -> asyncio.Protocol:
        return _Door(self)

    def refusal(self, peer: str) -> str:
        """Why `peer` may not come in now; empty: it may."""
        address = ip_address(peer.partition("%")[0])
        if isinstance(address, IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        if not any(address in network for network in self._config.allow):
            log.warning(
                "%s: %s was sent away; paging.%s.answers.allow does not name it", self._name, address, self._name
            )
            return "554 5.7.1 You are not one of those who may bring answers here."
        self._inside = {session: line for session, line in self._inside.items() if session.transport is not None}
        return "" if len(self._inside) < CONNECTIONS else "421 4.3.2 Too many connections; come again later."

    def open(self, line: asyncio.Transport) -> SMTP:
        """Who speaks on `line` from now on."""
        session = (_Local if self._config.protocol == "lmtp" else _Session)(self._intake, self._hostname)
        self._inside[session] = line
        return session

    def close(self) -> None:
        for line in self._inside.values():
            line.abort()


class _Door(asyncio.Protocol):
    """A connection before anybody has spoken."""

    def __init__(self, doors: _Doors) -> None:
        self._doors = doors

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's are none by their type.
        line = cast(asyncio.Transport, transport)
        if refusal := self._doors.refusal(str(line.get_extra_info("peername")[0])):
            line.write(f"{refusal}\r\n".encode())
            line.close()
            return
        session = self._doors.open(line)
        line.set_protocol(session)
        session.connection_made(line)


class _Session(SMTP):
    """Keeps the beginning of a mail and counts the rest. aiosmtpd's own DATA makes an object of each line: a mail of ten
    megabytes of empty lines would take half a gigabyte. Lines may have any length."""

    def __init__(self, intake: Intake, hostname: str) -> None:
        super().__init__(
            intake,
            # Of a limit that is announced the mail server tells people in its own words, and not what they can do.
            data_size_limit=None,
            hostname=hostname,
            ident="Klatsch",
            timeout=IDLE,
            command_call_limit=COMMANDS,
            loop=asyncio.get_running_loop(),
        )
        self._intake = intake

    async def smtp_DATA(self, arg: str) -> None:
        if self.envelope is None or not self.envelope.rcpt_tos:
            await self.push("503 5.5.1 Say first who shall have it.")
            return
        await self.push("354 Go on; end with a dot on a line of its own.")
        kept, size = await self._received()
        envelope, self.envelope = self.envelope, Envelope()
        await self.push(await self._intake.taken(envelope, kept, size))

    async def _received(self) -> tuple[bytes, int]:
        """The beginning of a mail, and how long all of it is."""
        kept, size, fresh = bytearray(), 0, True
        while True:
            try:
                line, whole = await self._reader.readuntil(b"\r\n"), True
            except asyncio.LimitOverrunError as error:
                line, whole = await self._reader.read(error.consumed), False
            if fresh and line == b".\r\n":
                return bytes(kept[:KEPT]), size
            size += len(line)
            if len(kept) < KEPT:
                # https://www.rfc-editor.org/rfc/rfc5321#section-4.5.2
                kept += line[1:] if fresh and line.startswith(b".") else line
            fresh = whole


class _Local(_Session, LMTP):
    """The same by LMTP (https://www.rfc-editor.org/rfc/rfc2033)."""
