"""The block of a pager of `type: smtp`."""

from __future__ import annotations

import re
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Annotated, Final, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)

from bot.config import Listen
from bot.config.kinds import as_size, parse_listen
from bot.config.problems import quote

_ATOM, _LABEL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+", r"[A-Za-z0-9-]+"
# Narrower than RFC 5321 on purpose: no quoted local part, no comment, nothing a server could read as a second command. No dot
# stands at an end or beside another one, and what looks like an encoded word is none: no header takes these.
ADDRESS = re.compile(
    rf"(?=[^@]{{1,64}}@[^@]{{1,255}}\Z)(?!.*=\?){_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}(?:\.{_LABEL})*|\[[A-Za-z0-9.:]+\])"
)
_HOST = re.compile(r"[A-Za-z0-9._:-]{1,255}")

LARGEST = 50_000_000
"""Bytes of a mail. Of what is larger than a hundred kilobytes only the beginning is kept."""

Network = IPv4Network | IPv6Network

_HERE: Final[tuple[Network, ...]] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


class AnswersConfig(BaseModel):
    """Where the house's mail server hands over what is sent to the address of `from`. Who connects from outside of `allow` is
    sent away, and a mail of more than `max_size` bytes is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    listen: Annotated[Listen, BeforeValidator(parse_listen)] = Listen("127.0.0.1", 2525)
    protocol: Literal["smtp", "lmtp"] = "smtp"
    max_size: Annotated[int, BeforeValidator(as_size), Field(ge=1_000, le=LARGEST)] = 10_000_000
    allow: Annotated[tuple[Network, ...], Field(min_length=1, max_length=100)] = _HERE

    @field_validator("allow", mode="before")
    @classmethod
    def _are_networks(cls, allow: object) -> object:
        if not isinstance(allow, list):
            return allow
        return tuple(_network(one) for one in allow)


def _network(written: object) -> Network:
    try:
        return ip_network(written if isinstance(written, str) else "")
    except ValueError:
        raise ValueError(f"{quote(str(written))} is no network; write for example 192.0.2.0/24 or 192.0.2.7") from None


class Config(BaseModel):
    """How to hand mails to a server. `tls`: none, starttls (required then, not merely tried) or tls from the first byte.

    `port` is by default 25, 587 or 465, as `tls` says; `timeout` is how many seconds each answer may take. `answers`: where
    answers come in; without it nobody can acknowledge by mail.
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
    answers: AnswersConfig | None = None

    @field_validator("host")
    @classmethod
    def _is_host(cls, host: str) -> str:
        if not _HOST.fullmatch(host):
            raise ValueError("must be a host name or an IP address")
        return host

    @field_validator("sender")
    @classmethod
    def _is_address(cls, sender: str) -> str:
        if not sender.isprintable() or not ADDRESS.fullmatch(parseaddr(sender)[1]):
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
