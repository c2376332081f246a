"""What services have in common that wake people themselves: a page stays open there until it is said to be over, so that all that
is said about one incident carries one key."""

from __future__ import annotations

import hashlib
import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, SecretStr

from adapters.paging.kinds import Token
from adapters.paging.wording import link
from bot.ports import PageMessage

TEXT_BYTES = 8000
"""A page is read half asleep; the room has the rest."""

_KEY = re.compile(r"klatsch-inc-([1-9][0-9]{0,8})-([0-9a-f]{8})-[0-9a-f]{24}")


def dedup_key(page: PageMessage) -> str:
    """`klatsch-inc-7-…`, less than 70 letters, digits and `-`: the same whenever the same incident is told to the same target,
    and never for another one.

    It holds the incident's number, for people and for what comes back, and the address where it comes back, since two bots may
    send to one service. The rest is made from the target, from our public address, and, since the numbers of a bot that is
    set up anew begin again, from when the incident was opened.
    """
    ref = re.sub(r"[^a-z0-9]+", "-", page.ref.lower())[:20]
    said = f"{host(page.ack_url)}\n{page.key}\n{page.opened_at.isoformat()}"
    return f"klatsch-{ref}-{_digits(host(page.answer_url), 8)}-{_digits(said, 24)}"


def incident_of(key: str, address: str) -> int | None:
    """The number of the incident that a key of ours names; None: it is none, or one of a bot that is reached elsewhere."""
    found = _KEY.fullmatch(key)
    if found is None or found[2] != _digits(host(address), 8):
        return None
    return int(found[1])


def host(url: str) -> str:
    """The name and the port in a web address; empty for what is none."""
    return urlsplit(link(url)).netloc


def _given(key: SecretStr) -> SecretStr:
    if not key.get_secret_value():
        raise ValueError("must be the integration key of a service there")
    return key


IntegrationKey = Annotated[Token, AfterValidator(_given)]


def _digits(text: str, count: int) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:count]
