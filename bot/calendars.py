"""Calendars that say who is on call, and the last good copy of each: the ports to both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.coffee.dated import Meeting
from bot.oncall.calendar import NamedShift

LARGEST = 10_000_000
"""Bytes of a calendar; more is read from nobody."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A calendar as its source has it now. `etag` and `modified` are what the source wants to hear the next time; empty: it
    does not say."""

    body: bytes
    etag: str = ""
    modified: str = ""


class CalendarSource(Protocol):
    """Where the calendar of one schedule comes from."""

    @property
    def kind(self) -> str:
        """The type of its block: ids of people at this source stand under `people.ID.KIND`."""
        ...

    @property
    def place(self) -> str:
        """A digest of 64 characters of where it comes from; another place, another digest. It tells no secret."""
        ...

    @property
    def every(self) -> timedelta:
        """How long a copy is good before the source is asked again."""
        ...

    async def fetch(self, etag: str, modified: str, start: datetime, end: datetime) -> Fetched | None:
        """What is on call from `start` to `end` (UTC) at least; None when nothing changed since the answer that had this `etag`
        and `modified`. At most LARGEST bytes. Raises Unavailable or Rejected."""
        ...

    def shifts(self, body: bytes, start: datetime, end: datetime) -> Sequence[NamedShift]:
        """The shifts of a body it fetched, now or long ago, that overlap `start` to `end` (UTC). For a thread: takes seconds at most,
        whatever the body is. Raises Rejected, naming what is wrong with it, and Unavailable when this machine has no time."""
        ...


class MeetingSource(Protocol):
    """Where it is kept when people meet. As `CalendarSource`, with meetings in place of shifts."""

    @property
    def place(self) -> str: ...

    @property
    def every(self) -> timedelta: ...

    async def fetch(self, etag: str, modified: str, start: datetime, end: datetime) -> Fetched | None: ...

    def meetings(self, body: bytes, start: datetime, end: datetime) -> Sequence[Meeting]:
        """Those that begin in between."""
        ...


@dataclass(frozen=True, slots=True)
class CalendarCopy:
    """A calendar that could be read. `source` is the `place` it came from; `fetched_at` is when, `checked_at` when its source last
    said that it is the newest."""

    source: str
    body: bytes
    etag: str
    modified: str
    fetched_at: datetime
    checked_at: datetime


class CalendarCopies(Protocol):
    """The last good copies, by schedule. Every method may raise StoreUnavailable."""

    def find(self, schedule: str) -> CalendarCopy | None: ...

    def keep(self, schedule: str, copy: CalendarCopy) -> None:
        """In place of the one before."""
        ...

    def checked(self, schedule: str, source: str, at: datetime) -> None:
        """The copy from `source` was the newest at `at`; of another one nothing changes."""
        ...
