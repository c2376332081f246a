"""Message-IDs of ours, and what is read out of them when they come back in an answer."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from email.headerregistry import BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy, Policy
from urllib.parse import urlsplit

from adapters.paging.wording import link, mark
from bot.ports import Attempt, PageMessage

_TOKEN = re.compile(r"<klatsch\.(?:page\.[0-9a-f]{32}|ack)-([A-Za-z0-9_.-]{1,400})@")

TOKENS = 10
"""As many are read out of one mail."""


class _MessageIds(UnstructuredHeader, BaseHeader):
    """One id a line. The standard library makes encoded words of an id that is longer than a line, which is none any more then
    (https://www.rfc-editor.org/rfc/rfc2047#section-5)."""

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {(policy.linesep + ' ').join(str(self).split())}{policy.linesep}"


def _policy() -> EmailPolicy[EmailMessage]:
    headers = HeaderRegistry()
    for name in ("In-Reply-To", "References"):
        headers.map_to_type(name, _MessageIds)
    return SMTP.clone(header_factory=headers)


POLICY = _policy()
"""By which mails of ours are written."""


def page_id(attempt: Attempt, page: PageMessage) -> str:
    """The part of a page's Message-ID that names it, the same whenever it is tried again. Nobody can acknowledge with it."""
    return f"klatsch.page.{mark(attempt, page)}"


def thread(page: PageMessage, domain: str) -> str:
    """The id of a mail that was never sent; every mail of the incident answers it."""
    where = urlsplit(link(page.ack_url)).netloc
    digest = hashlib.sha256(f"{where}\n{page.ref}".encode(errors="replace")).hexdigest()[:32]
    return f"<klatsch.incident.{digest}@{domain}>"


def with_token(id: str, token: str, domain: str) -> str:
    """A Message-ID that `tokens` reads the token out of, where there is one. `id` is a `page_id` or `klatsch.ack`."""
    # A dash, since a token may begin with a dot and two dots in a row are none (RFC 5322 section 3.2.3).
    return f"<{id}-{token}@{domain}>" if token else f"<{id}@{domain}>"


def tokens(values: Iterable[str]) -> tuple[str, ...]:
    """The tokens in headers that hold Message-IDs; the last of each header, which is the nearest mail, comes first. They may be
    anybody's: who made them is not known yet."""
    found = [token for value in values for token in reversed(_TOKEN.findall("".join(value.split())))]
    return tuple(dict.fromkeys(found))[:TOKENS]
