"""`GET /coffee.ics`: the lean coffee, for the calendar of whoever wants to come (RFC 5545, https://www.rfc-editor.org/rfc/rfc5545). The
link is signed, for nothing but this, and holds for as long as the signing key does."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from itsdangerous import BadSignature, URLSafeSerializer
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from adapters.web.calendars import HEADERS, REFRESH
from bot.coffee.invitation import Invitation, Series
from bot.ports import DeliveryError
from bot.store import StoreUnavailable

if TYPE_CHECKING:
    from icalendar import Event

log = logging.getLogger(__name__)

SUMMARY = "Lean coffee"
DESCRIPTION = "Bring a topic: `coffee add TOPIC` in chat. What we talk about first is what most of us put dots on: `coffee` shows it."
STRANGE = (
    "This link to the coffee's calendar is not one of ours, or it was cut off. Open the whole link; `coffee link` in chat "
    "shows the one there is."
)
UID = "lean-coffee@klatsch"
"""For ever: what changes is the same invitation."""

YEARS = 10
"""For which the changes of the clocks are told."""


class CoffeeLinks:
    """Makes and reads the signed part of the address. `base` is where people reach us; empty: they do not."""

    def __init__(self, key: str, base: Callable[[], str]) -> None:
        self._signer = URLSafeSerializer(key, salt="coffee calendar")
        self._base = base

    def link(self) -> str:
        """Empty when nobody could reach it."""
        base = self._base()
        return f"{base}/coffee.ics?token={self._signer.dumps('coffee')}" if base else ""

    def admits(self, token: str) -> bool:
        try:
            return bool(self._signer.loads(token) == "coffee")
        except BadSignature:
            return False


class CoffeeCalendar:
    """What lies behind the link. `invitation` may take a second, and raise Unavailable, Rejected and StoreUnavailable; None: there is
    no coffee."""

    def __init__(self, links: CoffeeLinks, invitation: Callable[[], Invitation | None]) -> None:
        self._links = links
        self._invitation = invitation

    async def show(self, request: Request) -> Response:
        """404 for whatever is none of ours: who has no link learns nothing."""
        if not self._links.admits(request.query_params.get("token", "")):
            raise HTTPException(404, STRANGE)
        try:
            invitation = await asyncio.to_thread(self._invitation)
        except DeliveryError as error:
            raise HTTPException(503, f"Not now: {error.reason}", headers={"Retry-After": "300"}) from error
        except StoreUnavailable as error:
            log.warning("the coffee's calendar could not be shown: %s", error)
            raise HTTPException(503, "The database does not answer; try again in a minute.") from error
        if invitation is None:
            raise HTTPException(404, "There is no coffee: nothing stands under `coffee:` in the configuration.")
        body = await asyncio.to_thread(written, invitation)
        tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        headers = {**HEADERS, "ETag": tag}
        if tag in request.headers.get("if-none-match", "").replace("W/", ""):
            return Response(status_code=304, headers=headers)
        return Response(body, media_type="text/calendar; charset=utf-8", headers=headers)


def written(invitation: Invitation) -> bytes:
    """As a calendar: one series with the rule and the days left out, or an event a date. The same invitation gives the same bytes."""
    # Only who subscribes pays for the library.
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", "-//Klatsch//Lean coffee//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", SUMMARY)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    if invitation.series is not None:
        calendar.add_component(_series(invitation, invitation.series))
        year = invitation.series.start.year
        calendar.add_missing_timezones(date(year - 1, 1, 1), date(year + YEARS, 1, 1))
    for at in invitation.dates:
        calendar.add_component(_event(invitation, at, f"{at:%Y%m%dT%H%M%SZ}-{UID}"))
    return bytes(calendar.to_ical())


def _series(invitation: Invitation, series: Series) -> Event:
    zone = invitation.zone
    event = _event(invitation, _in(series.start, zone), UID)
    rule: dict[str, object] = {"freq": "weekly"}
    if series.weeks > 1:
        rule["interval"] = series.weeks
    if series.weekdays:
        rule["byday"] = [day[:2].upper() for day in series.weekdays]
    event.add("rrule", rule)
    if series.left_out:
        event.add("exdate", [_in(local, zone) for local in series.left_out])
    return event


def _in(local: datetime, zone: ZoneInfo) -> datetime:
    return local.replace(tzinfo=zone)


def _event(invitation: Invitation, at: datetime, uid: str) -> Event:
    from icalendar import Event

    event = Event()
    event.add("uid", uid)
    # Not when it was asked for: what did not change must read the same.
    event.add("dtstamp", at)
    event.add("dtstart", at)
    event.add("duration", max(invitation.length, timedelta(minutes=1)))
    event.add("summary", SUMMARY)
    event.add("description", DESCRIPTION)
    if invitation.link:
        event.add("location", invitation.link)
        event.add("url", invitation.link)
    return event
