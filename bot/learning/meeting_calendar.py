"""When people meet for coffee, as a calendar of others says: its last good copy is kept in the database, and kept current while we serve."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from bot.calendars import CalendarCopies, CalendarCopy, Fetched, MeetingSource
from bot.coffee.dated import Meeting, called
from bot.ports import Clock, DeliveryError, Overloaded, Unavailable
from bot.store import StoreUnavailable

log = logging.getLogger(__name__)

KEPT_AS = "klatsch: coffee"
"""Among the copies of schedules; no schedule can be called that."""

Then = Callable[[], Awaitable[None]]

BEFORE, AHEAD = timedelta(days=60), timedelta(days=400)
"""What is read of it at a time, counted from what is asked for."""


class MeetingCalendar:
    """`bot.learning.occurrences.Occurrences`. `match` is in the titles of the meetings that are meant."""

    def __init__(self, source: MeetingSource, copies: CalendarCopies, clock: Clock, match: str) -> None:
        self._source = source
        self._copies = copies
        self._clock = clock
        self._match = match
        self._copy: CalendarCopy | None = None
        self._read: tuple[CalendarCopy, datetime, Sequence[Meeting]] | None = None
        self._trouble = ""

    def after(self, at: datetime) -> datetime | None:
        """May take seconds. Raises Unavailable when the calendar was never read, Rejected when it cannot be understood, and
        StoreUnavailable."""
        found = self.following(at)
        return found.start if found else None

    def following(self, at: datetime) -> Meeting | None:
        """The first meeting that begins after `at`. As `after`."""
        return next((one for one in self._meetings(at) if one.start > at), None)

    async def run(self, then: Then) -> None:
        """Until cancelled: ask its source as often as the configuration says, and each time `then`."""
        while True:
            await self.look(then)
            await asyncio.sleep(self._source.every.total_seconds())

    async def look(self, then: Then | None = None) -> None:
        """Ask its source once, and `then` when it has answered. What goes wrong is said once in the log, and the copy stays."""
        try:
            await self._look()
            if then is not None:
                await then()
        except (DeliveryError, StoreUnavailable, Overloaded) as error:
            trouble = str(error)
            if trouble != self._trouble:
                log.warning("when the next coffee is could not be looked up: %s", trouble)
            self._trouble = trouble
        except Exception:
            log.exception("a bug while looking when the next coffee is")
        else:
            self._trouble = ""

    async def fetch(self) -> None:
        """Ask its source without keeping what it says anywhere but here, for who only looks. Raises as `after`."""
        now = self._clock.now()
        fetched = await self._source.fetch("", "", now - BEFORE, now + AHEAD)
        if fetched is not None:
            self._copy = self._copied(fetched, now)

    async def _look(self) -> None:
        copy, now = await asyncio.to_thread(self._known), self._clock.now()
        etag, modified = (copy.etag, copy.modified) if copy else ("", "")
        fetched = await self._source.fetch(etag, modified, now - BEFORE, now + AHEAD)
        if fetched is None:
            await asyncio.to_thread(self._copies.checked, KEPT_AS, self._source.place, now)
        else:
            await asyncio.to_thread(self._keep, fetched, now)

    def _keep(self, fetched: Fetched, now: datetime) -> None:
        # What cannot be understood does not take the place of what could.
        self._source.meetings(fetched.body, now - BEFORE, now + AHEAD)
        copy = self._copied(fetched, now)
        self._copies.keep(KEPT_AS, copy)
        self._copy = copy

    def _copied(self, fetched: Fetched, now: datetime) -> CalendarCopy:
        return CalendarCopy(self._source.place, fetched.body, fetched.etag, fetched.modified, now, now)

    def _known(self) -> CalendarCopy | None:
        if self._copy is None:
            kept = self._copies.find(KEPT_AS)
            self._copy = kept if kept and kept.source == self._source.place else None
        return self._copy

    def _meetings(self, at: datetime) -> Sequence[Meeting]:
        copy = self._known()
        if copy is None:
            raise Unavailable("the calendar of the coffee has not been read yet")
        held = self._read
        if held is None or held[0] is not copy or not held[1] <= at < held[1] + AHEAD - BEFORE:
            start = at - BEFORE
            found = called([*self._source.meetings(copy.body, start, start + AHEAD + BEFORE)], self._match)
            self._read = held = (copy, start, found)
        return held[2]
