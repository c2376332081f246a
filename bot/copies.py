"""Keeps copies of the files in messages that were taken to the timeline: fetched from their platform, put into our database.

What is fetched is looked up in its event when it is fetched: of a message that was removed meanwhile nothing is left there, so
nothing is fetched, and what was on its way is not stored.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.incident import commands as c
from bot.incident import effects as f
from bot.incident.attachment import Attachment
from bot.incident.captured import Capture
from bot.lookups import Lookups
from bot.ports import ChatPlatform, Rejected, Unavailable
from bot.rooms import known
from bot.sizes import format_size
from bot.store import Claimed, Conflict, Copy, Files, Full

AT_ONCE = 2
"""Files in memory at the same time; each may be as large as `Limits.largest`."""

IN_LINE = 8
"""And those that wait for it, so that a platform that hangs takes no more of the places of what is delivered."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes: of one file, and of all that an incident keeps. 0: no copies are kept."""

    largest: int = 10_000_000
    per_incident: int = 100_000_000


class Copies:
    """Does `f.KeepFile`."""

    def __init__(self, lookups: Lookups, files: Files, platforms: Mapping[str, ChatPlatform], limits: Limits) -> None:
        self._lookups = lookups
        self._files = files
        self._platforms = platforms
        self._limits = limits
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._asking = 0

    async def keep(self, item: Claimed, effect: f.KeepFile) -> c.Command | None:
        """As `bot.perform.Performer.do`; what will not be kept is no failure but an answer."""
        wanted = await asyncio.to_thread(self._wanted, item, effect)
        if wanted is None:
            return None
        before = await asyncio.to_thread(self._files.find, item.incident, effect.message, effect.number)
        if before is not None:
            return _kept(effect, before)
        try:
            platform = known(self._platforms, effect.platform, "chat")
            async with self._turn():
                copy = await self._copied(platform, item, effect, wanted)
        except Rejected as error:
            return not_kept(effect, error.reason)
        return _kept(effect, copy) if copy else None

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if self._asking >= AT_ONCE + IN_LINE:
            raise Unavailable("other files are fetched first")
        self._asking += 1
        try:
            async with self._turns:
                yield
        finally:
            self._asking -= 1

    def _wanted(self, item: Claimed, effect: f.KeepFile) -> Attachment | None:
        """None: its message was removed."""
        for recorded in self._lookups.history(item.incident, since=item.since, upto=item.since):
            if isinstance(recorded.event, Capture) and effect.number < len(recorded.event.files):
                return recorded.event.files[effect.number]
        return None

    async def _copied(
        self, platform: ChatPlatform, item: Claimed, effect: f.KeepFile, wanted: Attachment
    ) -> Copy | None:
        limits = self._limits
        most = min(limits.largest, limits.per_incident)
        if not most:
            raise Rejected("copies are switched off (storage.files)")
        if wanted.size > most:
            raise Rejected(f"it is larger than {format_size(most)}")
        full = f"with it INC-{item.incident} would keep more than {format_size(limits.per_incident)} of files"
        if await asyncio.to_thread(self._files.used, item.incident) + max(1, wanted.size) > limits.per_incident:
            raise Rejected(full)
        content = await platform.fetch(wanted.place, most)
        try:
            return await asyncio.to_thread(
                self._files.keep, item.incident, item.since, effect.number, content, limits.per_incident
            )
        except Full:
            raise Rejected(full) from None
        except Conflict as error:
            raise Unavailable(f"another process was first: {error}") from error


def _kept(effect: f.KeepFile, copy: Copy) -> c.RecordFile:
    return c.RecordFile(message=effect.message, number=effect.number, size=copy.size, sha256=copy.sha256)


def not_kept(effect: f.KeepFile, reason: str) -> c.RecordFile:
    """What tells the incident that there will be no copy."""
    return c.RecordFile(message=effect.message, number=effect.number, failed=reason)
