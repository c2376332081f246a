"""`GET /oncall/{schedule}.ics`: who is on call, for the calendar on somebody's phone (RFC 5545,
https://www.rfc-editor.org/rfc/rfc5545). The link is signed and holds for as long as the signing key does: calendars are
subscribed for years. It names one schedule, and whose shifts of it are shown."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

from itsdangerous import BadSignature, URLSafeSerializer
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from bot.chat.card import who
from bot.chat.document import clean
from bot.duty import Duty
from bot.incident.model import Person
from bot.oncall.schedules import Schedule, Shift, shift, shifts
from bot.ports import Clock

if TYPE_CHECKING:
    from icalendar import Event

BEFORE, AHEAD = timedelta(days=30), timedelta(days=120)
"""What the calendar shows, counted from now."""

REFRESH = timedelta(hours=1)
"""How often a calendar program is asked to look (https://www.rfc-editor.org/rfc/rfc7986#section-5.7)."""

HEADERS = {"Cache-Control": "private, max-age=300", "X-Content-Type-Options": "nosniff", "X-Robots-Tag": "noindex"}


class CalendarLinks:
    """Makes and reads the signed part of a calendar's address. `base` is where people reach us; empty: they do not."""

    def __init__(self, key: str, base: Callable[[], str]) -> None:
        self._signer = URLSafeSerializer(key, salt="calendar")
        self._base = base

    def link(self, schedule: str, person: str = "") -> str:
        """The address of the schedule's calendar, or of `person`'s shifts in it; empty when nobody could reach it."""
        base = self._base()
        return f"{base}/oncall/{quote(schedule)}.ics?token={self._signer.dumps([schedule, person])}" if base else ""

    def read(self, token: str) -> tuple[str, str]:
        """(schedule, person). Raises BadSignature."""
        match self._signer.loads(token):
            case [str(schedule), str(person)]:
                return schedule, person
            case _:
                raise BadSignature("not a calendar's link")


class Calendars:
    """What lies behind the links."""

    def __init__(self, links: CalendarLinks, duty: Duty, people: Mapping[str, Person], clock: Clock) -> None:
        self._links = links
        self._duty = duty
        self._people = people
        self._clock = clock

    async def show(self, request: Request) -> Response:
        """404 for whatever is none of ours: who has no link learns no name."""
        try:
            schedule, person = self._links.read(request.query_params.get("token", ""))
        except BadSignature:
            schedule, person = "", ""
        found = self._duty.roster.schedules.get(schedule)
        if found is None or schedule != request.path_params["schedule"]:
            raise HTTPException(404, "There is no such calendar. `oncall link` in chat shows the links there are.")
        body = await asyncio.to_thread(self._written, found, person)
        tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        headers = {**HEADERS, "ETag": tag}
        if tag in request.headers.get("if-none-match", "").replace("W/", ""):
            return Response(status_code=304, headers=headers)
        return Response(body, media_type="text/calendar; charset=utf-8", headers=headers)

    def _written(self, schedule: Schedule, person: str) -> bytes:
        now = self._clock.now()
        # Whole days, so that the calendar stays the same from minute to minute.
        day = now.replace(hour=0, minute=0, second=0, microsecond=0)
        return written(schedule, person, self._people, day - BEFORE, day + AHEAD)


def written(schedule: Schedule, person: str, people: Mapping[str, Person], start: datetime, end: datetime) -> bytes:
    """The shifts between two instants as a calendar; with a `person` only theirs. Times are in UTC, which no change of the
    clocks moves. The same shift is the same event whenever it is asked for."""
    # Only who subscribes pays for the library.
    from icalendar import Calendar

    names = who(people)
    calendar = Calendar()
    calendar.add("prodid", "-//Klatsch//On call//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    whose = f" ({names(person)})" if person else ""
    calendar.add("x-wr-calname", clean(f"On call: {schedule.name}{whose}"))
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    for found in _whole(schedule, start, end):
        for one in found.people:
            if not person or one == person:
                calendar.add_component(_event(schedule, found, one, people))
    return bytes(calendar.to_ical())


def _whole(schedule: Schedule, start: datetime, end: datetime) -> list[Shift]:
    """The first and the last of them not cut: what is shown of them would be another event each day."""
    found = shifts(schedule, start, end)
    found[:1] = [replace(one, start=shift(schedule, one.start).start) for one in found[:1]]
    found[-1:] = [replace(one, end=shift(schedule, max(one.start, start)).end) for one in found[-1:]]
    return found


def _event(schedule: Schedule, found: Shift, person: str, people: Mapping[str, Person]) -> Event:
    from icalendar import Event

    event = Event()
    event.add("uid", f"{schedule.name}-{person}-{found.start:%Y%m%dT%H%M%SZ}@klatsch")
    # Not when it was asked for: what did not change must read the same.
    event.add("dtstamp", found.start)
    event.add("dtstart", found.start)
    event.add("dtend", found.end)
    event.add("summary", clean(f"{who(people)(person)} on call: {schedule.name}"))
    event.add("transp", "TRANSPARENT")
    if person in people and people[person].email:
        event.add("attendee", f"mailto:{people[person].email}")
    return event
