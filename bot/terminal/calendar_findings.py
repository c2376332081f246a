"""What `klatsch check` says of calendars: each is asked for once, and who it names is looked for."""

from __future__ import annotations

import asyncio
from datetime import datetime

from bot.calendars import CalendarCopies, CalendarCopy, CalendarSource
from bot.database import schema_state
from bot.findings import OK, PROBLEM, WARNING, Finding
from bot.main import Klatsch
from bot.ports import DeliveryError
from bot.providers import calendars as built
from bot.refreshing import AHEAD, AT_ONCE, Calendar, strangers, used_instead
from bot.store import StoreUnavailable

LOOKED_WITHIN = 30.0
"""Seconds for one calendar: the answer, and reading it."""


class Looking:
    """The last good copies, where there are any; nothing is changed."""

    def __init__(self, copies: CalendarCopies | None) -> None:
        self._copies = copies

    def find(self, schedule: str) -> CalendarCopy | None:
        return self._copies.find(schedule) if self._copies else None

    def keep(self, schedule: str, copy: CalendarCopy) -> None:
        """Nothing."""

    def checked(self, schedule: str, source: str, at: datetime) -> None:
        """Nothing."""


def _copies(klatsch: Klatsch, reachable: bool) -> Looking:
    # Looking must not make the file.
    if not reachable or (klatsch.database.file is not None and not klatsch.database.file.exists()):
        return Looking(None)
    try:
        version, newest = schema_state(klatsch.database)
    except StoreUnavailable:
        return Looking(None)
    # An older one may not have them yet.
    return Looking(klatsch.copies if version is not None and version >= newest else None)


async def calendars(klatsch: Klatsch, reachable: bool) -> list[Finding]:
    """All at once; afterwards `klatsch.duty` knows what they say. `reachable`: the database is."""
    copies = await asyncio.to_thread(_copies, klatsch, reachable)
    turns = asyncio.Semaphore(AT_ONCE)
    sources = built(klatsch.settings, klatsch.http, klatsch.duty.roster)
    found = await asyncio.gather(*(_look(name, source, klatsch, copies, turns) for name, source in sources.items()))
    return [finding for findings in found for finding in findings]


async def _look(
    name: str, source: CalendarSource, klatsch: Klatsch, copies: Looking, turns: asyncio.Semaphore
) -> list[Finding]:
    about = f"oncall.schedules.{name}.calendar"
    calendar = Calendar(name, source, copies, klatsch.config.people, klatsch.duty, klatsch.clock, turns)
    await calendar.recall()
    wrong = ""
    try:
        async with asyncio.timeout(LOOKED_WITHIN):
            await calendar.refresh()
    except DeliveryError as error:
        wrong = error.reason
    except TimeoutError:
        wrong = f"no answer within {LOOKED_WITHIN:.0f} s"
    if wrong:
        found = [Finding(PROBLEM, about, f"{wrong}; {used_instead(calendar.copy, klatsch.clock.now())}")]
    else:
        found = [_counted(about, len(klatsch.duty.roster.schedules[name].calendar), bool(calendar.unknown))]
    if calendar.unknown:
        remedy = f"Write that name, or their id there under `{source.kind}`, at somebody's entry."
        found.append(Finding(WARNING, about, f"{strangers(name, calendar.unknown)}. {remedy}"))
    return found


def _counted(about: str, shifts: int, strangers: bool) -> Finding:
    if shifts:
        return Finding(OK, about, f"{shifts} shift{'' if shifts == 1 else 's'} in the next {AHEAD.days} days")
    why = "." if strangers else "; what is marked as free time counts only with `free: true`."
    return Finding(WARNING, about, f"it has no shift of somebody we know in the next {AHEAD.days} days{why}")
