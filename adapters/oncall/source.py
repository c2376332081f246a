"""What the sources of calendars have in common: how often they are asked, addresses, and how one is told from another."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

import msgspec
from pydantic import BaseModel, ConfigDict, SecretStr, field_validator

from adapters.excerpt import excerpt
from bot.config.kinds import Duration
from bot.oncall.calendar import NamedShift
from bot.ports import Rejected

T = TypeVar("T")

OFTENEST = timedelta(minutes=1)
SELDOMEST = timedelta(days=1)

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""A time with an offset: one without would be taken for one of this machine's."""


class Common(BaseModel):
    """`every`: how long a copy is good before the source is asked again."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    every: Duration = timedelta(minutes=5)

    @field_validator("every")
    @classmethod
    def _in_reason(cls, every: timedelta) -> timedelta:
        if not OFTENEST <= every <= SELDOMEST:
            raise ValueError("must be between 1m and 1d")
        return every


def address(url: str, *, root: bool = False) -> str:
    """`url` if it is one of http or https, `root` without a path; raises ValueError. Empty stays empty."""
    if not url:
        return url
    try:
        parts = urlsplit(url)
        known = (
            parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and re.fullmatch(r"[!-~]+", url)
        )
    except ValueError:
        raise ValueError("must be an address that begins with https:// or http://") from None
    if not known:
        raise ValueError("must be an address that begins with https:// or http://")
    if parts.username or parts.password:
        raise ValueError("must hold no user and password; they have keys of their own")
    if root and (parts.query or parts.fragment):
        raise ValueError("must be the server's address alone, like https://goalert.example.org")
    return url.rstrip("/") if root else url


def printable(secret: SecretStr) -> SecretStr:
    """`secret` if it can stand in a header; raises ValueError."""
    if not re.fullmatch(r"[!-~]*", secret.get_secret_value()):
        raise ValueError("must be plain letters, digits and signs, without spaces or line breaks")
    return secret


def digest(*parts: str) -> str:
    """Tells one place from another, and not what it is."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def listed(body: bytes, kind: type[T], provider: str) -> T:
    """A list of shifts as a service writes it. Raises Rejected, naming what is wrong with it."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Rejected(f"{provider}: the answer is no list of shifts: {excerpt(str(error))}") from None


def within(shifts: Iterable[NamedShift], start: datetime, end: datetime) -> list[NamedShift]:
    """Those that overlap `start` to `end`, in order."""
    found = [shift for shift in shifts if shift.start < shift.end and shift.start < end and shift.end > start]
    return sorted(found, key=lambda shift: (shift.start, shift.end, shift.people))
