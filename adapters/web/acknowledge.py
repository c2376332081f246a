"""Acknowledge a page from a link. GET shows a button, POST acknowledges: a mail scanner that follows links wakes
nobody's conscience. The link is signed, so it needs no login; it names one incident and one person."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from itsdangerous import BadSignature, SignatureExpired, TimestampSigner, URLSafeTimedSerializer
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from adapters.web.pages import Pages
from bot.answering import NoSuchLink
from bot.chat.acknowledging import too_late
from bot.chat.card import who
from bot.chat.document import clean
from bot.chat.templates import local
from bot.duty import Duty
from bot.inbox import Writer
from bot.incident.commands import Acknowledge, Ask
from bot.incident.model import Incident, Person, Source
from bot.lookups import Lookups
from bot.oncall.escalation import next_people
from bot.ports import Overloaded
from bot.store import StoreUnavailable

log = logging.getLogger(__name__)

SALT = "acknowledge"

VALID_FOR = 7 * 24 * 3600
"""Seconds. Longer than any page waits, short enough that an old mail opens nothing."""

ANSWERED_WITHIN = 9.0
"""Seconds that the database gets before the page says that it does not answer."""

NOTHING_DONE = "nothing was acknowledged"

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


class _Dated(TimestampSigner):
    """Signs as if it was `at`."""

    def __init__(self, *key: Any, at: datetime, **given: Any) -> None:
        super().__init__(*key, **given)
        self._at = at

    def get_timestamp(self) -> int:
        return int(self._at.timestamp())


class AckLinks:
    """Makes and reads the signed part of `/ack/{token}`."""

    def __init__(self, key: str, public_url: str) -> None:
        self._key = key
        self._signer = URLSafeTimedSerializer(key, salt=SALT)
        self._dates = TimestampSigner(key, salt=SALT)
        self._url = public_url.rstrip("/")

    @property
    def base(self) -> str:
        """The address under which people reach us; empty: they do not."""
        return self._url

    def at(self, url: str) -> None:
        """Links lead to `url` from now on: the address we really listen on, when nobody configured another."""
        self._url = url.rstrip("/")

    def link(self, number: int, person: str) -> str:
        """The address a page carries; empty when nobody could reach it (`http.public_url` is not set)."""
        if not self._url:
            return ""
        token = self._signer.dumps([number, person])
        return f"{self._url}/ack/{token}"

    def token(self, number: int, person: str, at: datetime) -> str:
        """What a link for a page that came due `at` ends in, the same whenever it is asked for; good for seven days from then."""
        signer = URLSafeTimedSerializer(self._key, salt=SALT, signer=_Dated, signer_kwargs={"at": at})
        return str(signer.dumps([number, person]))

    def whose(self, token: str) -> tuple[int, str]:
        """As `read`, for who knows no signatures. Raises NoSuchLink."""
        try:
            return self.read(token)
        except BadSignature as error:
            raise NoSuchLink(str(error)) from error

    def read(self, token: str) -> tuple[int, str]:
        """(incident number, person id). Raises BadSignature; SignatureExpired when it is too old."""
        given, signed = self._signer.loads(token, return_timestamp=True)
        # Signed later than now by us is signed by a clock that was set back since, or by a bot whose clock is ahead of ours.
        if self._dates.get_timestamp() - signed.timestamp() > VALID_FOR:
            raise SignatureExpired("too old", date_signed=signed)
        match given:
            case [int(number), str(person)]:
                return number, person
            case _:
                # Signed with our key, but not by us: the key is used for something else too.
                raise BadSignature("not an acknowledge link")


class AckPages:
    """The page behind the link. Some providers press it themselves when somebody answers there, with `?via=` and the name of
    their block, which is one of `ways`. Times are shown in `zone`."""

    def __init__(
        self,
        links: AckLinks,
        lookups: Lookups,
        writer: Writer,
        people: Mapping[str, Person],
        duty: Duty,
        ways: Collection[str] = (),
        zone: str = "UTC",
    ) -> None:
        self._links = links
        self._lookups = lookups
        self._writer = writer
        self._people = people
        self._duty = duty
        self._ways = frozenset(ways)
        self._zone = zone
        self._name = who(people)
        self._pages = Pages()

    async def show(self, request: Request) -> Response:
        try:
            number, person = self._links.read(request.path_params["token"])
        except BadSignature as error:
            return self._broken(error)
        if person not in self._people:
            return self._unknown(number, person)
        try:
            async with asyncio.timeout(ANSWERED_WITHIN):
                incident = await asyncio.to_thread(self._lookups.incident, number)
        except (StoreUnavailable, TimeoutError):
            return self._later(NOTHING_DONE)
        if incident is None:
            return self._broken(BadSignature("no such incident"))
        return self._page(incident, person)

    async def acknowledge(self, request: Request) -> Response:
        try:
            number, person = self._links.read(request.path_params["token"])
        except BadSignature as error:
            return self._broken(error)
        if person not in self._people:
            return self._unknown(number, person)
        named = request.query_params.get("via", "")
        via = named if named in self._ways else "link"
        ask = Ask(command=Acknowledge(person=person, via=via), incident=number, by=person, source=Source("link"))
        try:
            async with asyncio.timeout(ANSWERED_WITHIN):
                outcome = await self._writer.submit(ask)
        except (StoreUnavailable, Overloaded):
            return self._later(NOTHING_DONE)
        except TimeoutError:
            return self._later("whether you acknowledged is not known; twice does no harm")
        if outcome.after is None:
            return self._broken(BadSignature("no such incident"))
        return self._page(outcome.after, person)

    def _page(self, incident: Incident, person: str) -> Response:
        paging = incident.paging
        answered = paging.acknowledged_by if paging else ""
        facts = {
            "ref": incident.ref,
            "title": clean(incident.title),
            "severity": incident.severity.value.upper(),
            "status": incident.status.value,
            "you": self._name(person),
            "answered": self._name(answered) if answered else "",
            "yours": answered == person,
            "over": not incident.status.open,
            "then": [self._name(one) for one in next_people(self._duty.roster, paging)],
            "next_at": self._next_at(incident),
            "late": too_late(incident, self._name, self._zone) if answered == person else "",
            "room": next((room.link for room in incident.rooms.values() if room.link.startswith("https://")), ""),
            "problem": "",
        }
        return self._render(200, facts)

    def _next_at(self, incident: Incident) -> str:
        """When somebody else is paged; empty when nobody is."""
        held = incident.paging
        if held is None or not held.waiting or held.next_at is None or held.last:
            return ""
        return local(held.next_at, self._zone, "%H:%M %Z")

    def _broken(self, error: BadSignature) -> Response:
        expired = isinstance(error, SignatureExpired)
        problem = (
            "This link is too old. Acknowledge in the incident's room, or with `klatsch say ack` on the server."
            if expired
            else "This link is not one of ours, or it was cut off. Open the whole link, or acknowledge in the room."
        )
        return self._render(410 if expired else 404, {"problem": problem})

    def _unknown(self, number: int, person: str) -> Response:
        """For somebody who is not under `people:` any more. An acknowledgement lets everybody else sleep, so it is only
        taken from somebody who answers for it; else the next one is asked. Nothing of the incident is shown."""
        log.warning(
            "a link for %s to acknowledge INC-%d was refused: not under people: any more", clean(person), number
        )
        problem = (
            f"This link was made for {clean(person)}, who is not configured in Klatsch any more. Paging goes on as if "
            f"nobody had answered. If you have INC-{number}, say ack in its room, where everybody sees who it is; if you "
            "should still be paged, ask whoever runs Klatsch to put you under people: again."
        )
        return self._render(403, {"problem": problem})

    def _later(self, then: str) -> Response:
        problem = f"Klatsch cannot reach its database at this moment: {then}. Try again in a minute."
        return self._render(503, {"problem": problem})

    def _render(self, status: int, facts: Mapping[str, object]) -> Response:
        return HTMLResponse(self._pages.render("acknowledge.html.j2", facts), status_code=status, headers=HEADERS)
