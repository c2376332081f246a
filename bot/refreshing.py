"""The calendars of schedules, kept current while we serve. A source that is down changes nothing: its last good copy is used, and it is
told how old that is.

Each source is followed by itself, so one that hangs holds up no other. Several processes on one database each ask for
themselves: nobody has to tell the others what is new, and what they store is the same.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from zlib import crc32

from bot.backoff import backoff
from bot.calendars import CalendarCopies, CalendarCopy, CalendarSource, Fetched
from bot.durations import format_duration
from bot.duty import Duty
from bot.incident.model import Person
from bot.oncall.calendar import NamedShift, names_of, understood
from bot.ports import Clock, DeliveryError, Rejected, Unavailable
from bot.store import StoreUnavailable

log = logging.getLogger(__name__)

BEHIND, AHEAD = timedelta(days=1), timedelta(days=90)
"""What is known of a calendar, counted from now."""

READ_AGAIN = timedelta(hours=6)
"""After this long a calendar that did not change is read on."""

EMPTY_FOR = timedelta(days=1)
"""A calendar that had shifts and has none any more is believed when it has said so for this long."""

START_WITHIN, START_AT_ALL_WITHIN = 3.0, 10.0
"""Seconds that a start waits for the newest calendars, and for those of which there is no copy."""

ANSWERED_WITHIN = 60.0
"""Seconds after which a source that has not answered is told of; it is waited for on."""

ASKED_MOST = timedelta(hours=1)
"""What a source may ask us to wait."""

RECALLED_WITHIN = 3.0
"""Seconds; most copies are read in a fifth of one."""

AT_ONCE = 2
"""Calendars that are read at the same time: each takes a thread and a core."""

REASON, NAMES = 300, 5
"""Characters of a reason, and names of strangers, that are shown."""


class Refreshing:
    """Hands what the calendars of `sources` (by schedule) say over to `duty`."""

    def __init__(
        self,
        sources: Mapping[str, CalendarSource],
        copies: CalendarCopies,
        people: Mapping[str, Person],
        duty: Duty,
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        turns = asyncio.Semaphore(AT_ONCE)
        self._sleep = sleep
        self._calendars = [
            Calendar(name, source, copies, people, duty, clock, turns) for name, source in sources.items()
        ]

    async def recall(self) -> None:
        """What the last good copies say; nobody outside is asked. One that takes long to read is read by who follows its source:
        whoever types a line at night does not wait for it."""
        reading = [asyncio.create_task(calendar.recall()) for calendar in self._calendars]
        if not reading:
            return
        _, late = await asyncio.wait(reading, timeout=RECALLED_WITHIN)
        for task in late:
            task.cancel()
        await asyncio.gather(*reading, return_exceptions=bool(late))

    @asynccontextmanager
    async def followed(self) -> AsyncIterator[None]:
        """After `recall`: every calendar is asked for and followed until this is left. Waits for the first answers, for seconds."""
        tasks = [
            asyncio.create_task(calendar.follow(self._sleep), name=f"calendar {calendar.name}")
            for calendar in self._calendars
        ]
        try:
            await asyncio.gather(*(calendar.begun() for calendar in self._calendars))
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def troubles(self) -> list[str]:
        """What is wrong with the calendars, a sentence each, bounded."""
        return [trouble for calendar in self._calendars for trouble in calendar.troubles]


class Calendar:
    """One calendar, as one process knows it."""

    def __init__(
        self,
        name: str,
        source: CalendarSource,
        copies: CalendarCopies,
        people: Mapping[str, Person],
        duty: Duty,
        clock: Clock,
        turns: asyncio.Semaphore,
    ) -> None:
        self.name = name
        self.unknown: tuple[str, ...] = ()
        self._source = source
        self._copies = copies
        self._names = names_of(people, source.kind)
        self._duty = duty
        self._clock = clock
        self._turns = turns
        self._copy: CalendarCopy | None = None
        self._stored: CalendarCopy | None = None
        self._read_at: datetime | None = None
        self._some = False
        self._empty_since: datetime | None = None
        self._asking: asyncio.Task[Fetched | None] | None = None
        self._answered = asyncio.Event()
        self._tries = 0
        self._trouble = ""
        self._late = False

    @property
    def copy(self) -> CalendarCopy | None:
        """What is used."""
        return self._copy

    @property
    def troubles(self) -> list[str]:
        found = [self._told()] if self._trouble else []
        return [*found, strangers(self.name, self.unknown)] if self.unknown else found

    async def recall(self) -> None:
        self._late = True
        try:
            copy = await asyncio.to_thread(self._copies.find, self.name)
            # Of another place it says nothing about this one.
            if copy is not None and copy.source == self._source.place:
                shifts = await self._shifts(copy.body)
                if self._copy is None:
                    self._take(copy, shifts)
                    self._stored = copy
        except (StoreUnavailable, DeliveryError) as error:
            self._fails(f"the calendar of {self.name}: its last good copy cannot be used: {error}")
        except Exception as error:  # noqa: BLE001 - logged with its traceback
            # Who cannot read a calendar can still page by rotations.
            self._bug(error)
        self._late = False

    async def begun(self) -> None:
        """Returns when it was asked for once, and at the latest after a few seconds."""
        patience = START_WITHIN if self._copy is not None else START_AT_ALL_WITHIN
        try:
            await asyncio.wait_for(self._answered.wait(), patience)
        except TimeoutError:
            self._fails(f"the calendar of {self.name}: no answer within {patience:.0f} s of the start")

    async def follow(self, sleep: Callable[[float], Awaitable[None]]) -> None:
        """Until cancelled, whatever it raises. A copy that could not be read in time is read beside it: the source may be away for
        long, and that is what there are copies for."""
        reading = asyncio.create_task(self.recall()) if self._late else None
        try:
            while True:
                after = await self._try()
                self._answered.set()
                await sleep(after.total_seconds())
        finally:
            for task in (self._asking, reading):
                if task is not None:
                    task.cancel()

    async def _try(self) -> timedelta:
        """Ask once. How long to wait then."""
        asked = timedelta(0)
        try:
            await self.refresh()
        except Unavailable as error:
            self._fails(error.reason)
            asked = min(error.retry_after or asked, ASKED_MOST)
        except DeliveryError as error:
            self._fails(error.reason)
            asked = self._source.every
        except StoreUnavailable as error:
            self._fails(
                f"the calendar of {self.name}: it is current, and no copy could be kept for a restart ({error})"
            )
        except Exception as error:  # noqa: BLE001 - logged with its traceback
            self._bug(error)
        else:
            if self._trouble:
                log.info("the calendar of %s is current again", self.name)
            self._trouble, self._tries = "", 0
            return self._spread(self._source.every)
        self._tries += 1
        own = backoff(f"{self.name}:{self._clock.now()}", self._tries, self._source.every.total_seconds())
        return max(own, asked)

    def _spread(self, every: timedelta) -> timedelta:
        """A tenth more or less: what was begun together does not ask together for ever."""
        part = crc32(f"{self.name}:{self._clock.now()}".encode()) / 0xFFFFFFFF
        return every * (0.9 + 0.2 * part)

    async def refresh(self) -> None:
        """Ask the source, and use what it says. Raises Unavailable, Rejected or StoreUnavailable; then what was known is known on."""
        now = self._clock.now()
        fetched, copy = await self._fetched(now), self._copy
        if fetched is None and copy is None:
            raise Unavailable(f"the calendar of {self.name}: answered that nothing changed, and we have nothing")
        if copy is not None and (fetched is None or fetched.body == copy.body):
            self._empty_since = None
            if fetched is not None:
                copy = replace(copy, etag=fetched.etag, modified=fetched.modified)
            copy = replace(copy, checked_at=now)
            if self._read_at is None or now - self._read_at >= READ_AGAIN:
                self._take(copy, await self._shifts(copy.body))
            self._copy = copy
        elif fetched is not None:
            shifts = await self._shifts(fetched.body)
            self._believe(shifts, now)
            self._take(CalendarCopy(self._source.place, fetched.body, fetched.etag, fetched.modified, now, now), shifts)
        await asyncio.to_thread(self._store)

    async def _fetched(self, now: datetime) -> Fetched | None:
        copy = self._copy
        etag, modified = (copy.etag, copy.modified) if copy else ("", "")
        if self._asking is None:
            wanted = self._source.fetch(etag, modified, now - BEHIND, now + AHEAD)
            self._asking = asyncio.ensure_future(wanted)
        # Not asked a second time while it hangs: a file on a disk that is away holds a thread for as long.
        done, _ = await asyncio.wait({self._asking}, timeout=ANSWERED_WITHIN)
        if not done:
            raise Unavailable(f"the calendar of {self.name}: no answer within {ANSWERED_WITHIN:.0f} s")
        asked, self._asking = self._asking, None
        return asked.result()

    async def _shifts(self, body: bytes) -> Sequence[NamedShift]:
        now = self._clock.now()
        async with self._turns:
            return await asyncio.to_thread(self._source.shifts, body, now - BEHIND, now + AHEAD)

    def _believe(self, shifts: Sequence[NamedShift], now: datetime) -> None:
        """Raises Rejected for a calendar that lost everything: mostly somebody broke it, and meant nobody to be on call
        least of all."""
        if shifts or not self._some:
            self._empty_since = None
            return
        self._empty_since = self._empty_since or now
        if now - self._empty_since < EMPTY_FOR:
            raise Rejected(
                f"the calendar of {self.name}: it has no shift any more; that is believed when it has said so for "
                f"{format_duration(EMPTY_FOR)}"
            )

    def _take(self, copy: CalendarCopy, shifts: Sequence[NamedShift]) -> None:
        self._copy, self._read_at, self._some = copy, self._clock.now(), bool(shifts)
        found = understood(shifts, self._names)
        if found.unknown and found.unknown != self.unknown:
            log.warning("%s", strangers(self.name, found.unknown))
        self.unknown = found.unknown
        self._duty.calendars({self.name: found.shifts})

    def _store(self) -> None:
        copy, stored = self._copy, self._stored
        if copy is None:
            return
        if stored is None or (stored.body, stored.etag, stored.modified) != (copy.body, copy.etag, copy.modified):
            self._copies.keep(self.name, copy)
        else:
            self._copies.checked(self.name, copy.source, copy.checked_at)
        self._stored = copy

    def _bug(self, error: Exception) -> None:
        log.error("a bug: the calendar of %s", self.name, exc_info=error)
        self._fails(f"the calendar of {self.name}: internal error ({type(error).__name__})")

    def _fails(self, reason: str) -> None:
        if reason != self._trouble:
            self._trouble = reason
            log.warning("%s", self._told())

    def _told(self) -> str:
        return f"{self._trouble[:REASON]}; {used_instead(self._copy, self._clock.now())}"


def used_instead(copy: CalendarCopy | None, now: datetime) -> str:
    """What is known of a calendar that cannot be had."""
    if copy is None:
        return "there is no copy of it, so nobody is on call by it"
    minutes = (now - copy.checked_at) // timedelta(minutes=1)
    age = format_duration(timedelta(minutes=minutes)) if minutes > 0 else "less than a minute"
    return f"its last good copy is used, {age} old"


def strangers(name: str, unknown: Sequence[str]) -> str:
    """Names in the calendar of a schedule that are nobody's, as a sentence."""
    shown = ", ".join(f"`{one}`" for one in unknown[:NAMES])
    more = f" and {len(unknown) - NAMES} more" if len(unknown) > NAMES else ""
    return f"the calendar of {name} names {shown}{more}, whom nobody under `people:` is: they are not paged"
