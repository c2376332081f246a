"""`GET /digests/{token}`: the weekly digest as a page, for whoever has the link; and what it was in the weeks before.

Each is made of what is in the database now: what has become private since, or was removed, stands in none of them any more, and the state
of what they tell is today's. The link is signed, names one team, and holds for as long as the signing key does.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from itsdangerous import BadSignature, URLSafeSerializer
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from adapters.html import fragment
from adapters.web.pages import Pages
from adapters.web.problems import HEADERS, Missing
from bot.chat.document import Picture
from bot.coffee.weekly.edition import Edition
from bot.ports import Clock, Rejected, Unavailable
from bot.shared import Shared
from bot.store import StoreUnavailable

log = logging.getLogger(__name__)

NOW = "now"
"""The edition of the seven days until this moment."""

WEEK = timedelta(weeks=1)

LANGUAGES = {"en": "English", "de": "Deutsch"}
TO_COPY = {"en": "The text to copy", "de": "Der Text zum Kopieren"}

ANOTHER = "`digest link` in chat shows the link there is."
STRANGE = f"This link to a digest is not one of ours, or it was cut off. Open the whole link; {ANOTHER}"
LAST = "Read the last one"

ANSWERED_WITHIN = 20.0
"""Seconds that the database gets before the page says that it does not answer."""


class Editions(Protocol):
    """What is read, from a thread, for it asks the database. May raise StoreUnavailable, Unavailable and Rejected."""

    def past(self, team: str, now: datetime) -> Sequence[tuple[datetime, datetime]]:
        """From when until when each edition was that came before `now`, the newest first, a few dozen at most."""
        ...

    def language(self, team: str) -> str:
        """In which language the team reads."""
        ...

    def zone(self, team: str) -> ZoneInfo:
        """On whose clocks its editions end."""
        ...

    def edition(self, team: str, start: datetime, end: datetime, language: str = "") -> Edition:
        """The digest of `team` (empty: everybody's) in between. Raises Rejected when there is no such team."""
        ...


class DigestLinks:
    """Makes and reads the signed part of the address. `base` is where people reach us; empty: they do not."""

    def __init__(self, key: str, base: Callable[[], str]) -> None:
        self._signer = URLSafeSerializer(key, salt="digest")
        self._base = base

    def link(self, team: str = "") -> str:
        """The address of the team's digests; empty when nobody could reach it."""
        base = self._base()
        return f"{base}/digests/{self._signer.dumps([team])}" if base else ""

    def read(self, token: str) -> str:
        """The team. Raises BadSignature."""
        match self._signer.loads(token):
            case [str(team)]:
                return team
            case _:
                raise BadSignature("not a digest's link")


class DigestPages:
    """What lies behind the links."""

    def __init__(self, links: DigestLinks, editions: Editions, clock: Clock) -> None:
        self._links = links
        self._editions = editions
        self._clock = clock
        self._pages = Pages()
        self._made = Shared[bytes]()

    async def show(self, request: Request) -> Response:
        """404 for whatever is none of ours, so that who has no link learns nothing; 503 while the database does not answer, or days off
        cannot be looked up. Who has a link is told more."""
        token = request.path_params["token"]
        try:
            team = self._links.read(token)
        except BadSignature:
            raise HTTPException(404, STRANGE) from None
        language = request.query_params.get("lang", "")
        until = request.query_params.get("until", "")
        if language not in ("", *LANGUAGES):
            raise Missing("The digest is not written in that language: `lang` is `en` or `de`.", "?", LAST)
        if len(until) > len("2026-11-30T08:00Z"):
            raise _no_edition()
        try:
            async with asyncio.timeout(ANSWERED_WITHIN):
                # A week takes a moment to be put together: who asks at the same time shares it.
                body = await self._made.get(
                    (team, until, language), lambda: asyncio.to_thread(self._page, team, until, language)
                )
        except (StoreUnavailable, TimeoutError) as error:
            log.warning("a digest could not be shown: %s", str(error) or "no answer")
            raise HTTPException(503, "The database does not answer; try again in a minute.") from error
        except Unavailable as error:
            raise HTTPException(503, f"Not now: {error.reason}", headers={"Retry-After": "300"}) from error
        except Rejected as error:
            raise HTTPException(404, f"{error.reason}. {ANOTHER}") from error
        return HTMLResponse(body, headers=HEADERS)

    def _page(self, team: str, until: str, language: str) -> bytes:
        now = self._clock.now()
        past = list(self._editions.past(team, now))
        start, end = _chosen(past, until, now)
        language = language or self._editions.language(team)
        edition, zone = self._editions.edition(team, start, end, language), self._editions.zone(team)

        def folded(code: str) -> str:
            """A text to copy is longer than all that is said of it: it is opened by whoever wants it."""
            return f"<details><summary>{TO_COPY[language]}</summary>\n{code}</details>"

        whole = {
            "title": edition.main.summary,
            "lang": language,
            "main": fragment(edition.main, _picture),
            "details": [(block.value, fragment(detail, _picture, folded)) for block, detail in edition.details],
            "typed": fragment(edition.typed, _picture) if edition.typed else "",
            "past": [(stamp(each), f"{each.astimezone(zone):%Y-%m-%d}") for _, each in past],
            "shown": stamp(end) if (start, end) in past else NOW,
            "languages": LANGUAGES,
        }
        return self._pages.render("digest.html.j2", whole)


def _chosen(past: Sequence[tuple[datetime, datetime]], until: str, now: datetime) -> tuple[datetime, datetime]:
    """The edition that is asked for: by default the last one, or what is known until now where there was none."""
    if until == NOW or (not until and not past):
        return now - WEEK, now
    for start, end in past:
        if until in ("", stamp(end)):
            return start, end
    raise _no_edition()


def stamp(end: datetime) -> str:
    """How an edition is named in its address."""
    return f"{end:%Y-%m-%dT%H:%MZ}"


def _picture(picture: Picture) -> str:
    from adapters.pictures.svg import svg

    return f"<figure>{svg(picture.drawing, picture.alt)}</figure>"


def _no_edition() -> Missing:
    return Missing("There is no digest that ends then, or it is too old to be shown.", "?", LAST)
