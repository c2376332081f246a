"""What a serving bot keeps an eye on: overrides that other processes made, and who hands over to whom.

Turns of a rotation come at times that no calendar library knows (layers, hours, overrides, calendars of others), so they
are looked for. Whom a schedule had last is kept in the database: a restart tells nothing twice, and a hand-over that came
while no bot ran is told on return. The notice itself is a row in the outbox, written once, whoever writes it.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from bot.duty import Duty
from bot.inbox import Writer
from bot.lookups import Lookups
from bot.memory import Memory
from bot.oncall.handover import HandOver, notices
from bot.oncall.schedules import Schedule, Shift, shift
from bot.ports import Clock, Overloaded
from bot.store import StoreUnavailable

log = logging.getLogger(__name__)

LOOKS_EVERY = 5.0
"""Seconds; so long the next one shown on a card may not know of an override made elsewhere."""

APART = timedelta(minutes=5)
"""What the clocks of several bots may differ by. A clock that is farther behind than what was seen was set back."""


class OnDuty:
    """`memory` is its own; hand-overs are told on `platforms`."""

    def __init__(
        self,
        duty: Duty,
        lookups: Lookups,
        writer: Writer,
        memory: Memory,
        clock: Clock,
        platforms: Sequence[str],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._duty = duty
        self._lookups = lookups
        self._writer = writer
        self._memory = memory
        self._clock = clock
        self._platforms = platforms
        self._sleep = sleep
        self._looked: dict[str, tuple[Schedule, Shift]] = {}

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.look()
            except (StoreUnavailable, Overloaded) as error:
                log.warning("who is on call could not be looked at: %s", error)
            except Exception:
                log.exception("a bug while looking at who is on call")
            await self._sleep(LOOKS_EVERY)

    async def look(self) -> None:
        """Raises StoreUnavailable or Overloaded."""
        await self.refresh()
        now = self._clock.now()
        for schedule in self._duty.roster.schedules.values():
            try:
                await self._look(schedule, now)
            except (StoreUnavailable, Overloaded):
                raise
            except Exception:
                # One that nobody can make out keeps no other one from being looked at.
                log.exception("a bug while looking at who is on call in %s", schedule.name)

    async def refresh(self) -> None:
        """Know of what stands in the database. Raises StoreUnavailable."""
        now = self._clock.now()
        standing = await asyncio.to_thread(self._lookups.overrides, now)
        turns = await asyncio.to_thread(self._lookups.turns)
        self._duty.overrides(standing, turns)

    async def _look(self, schedule: Schedule, now: datetime) -> None:
        known, current = self._looked.get(schedule.name, (None, None))
        if known is schedule and current is not None and current.start <= now < current.end:
            # Nothing was said of it since, and its turn goes on: to find that out anew takes milliseconds.
            return
        current = await asyncio.to_thread(shift, schedule, now)
        # Who had it last hands over to whoever has it next, be it after a weekend.
        if current.people:
            await self._told(schedule, current, now)
        self._looked[schedule.name] = schedule, current

    async def _told(self, schedule: Schedule, current: Shift, now: datetime) -> None:
        kept = await self._memory.recall(schedule.name)
        had = json.loads(kept) if kept else None
        if had and sorted(had["people"]) == sorted(current.people):
            return
        if had and timedelta(0) < datetime.fromisoformat(had.get("at", had["since"])) - now < APART:
            # Another bot, whose clock is ahead of ours, has seen what is yet to come here.
            return
        if had:
            since = datetime.fromisoformat(had["since"])
            before = tuple(str(person) for person in had["people"])
            handover = HandOver(schedule.name, before, since, current.start)
            await self._writer.submit(notices(handover, self._platforms))
        now_have = {"people": list(current.people), "since": current.start.isoformat(), "at": now.isoformat()}
        await self._memory.keep({schedule.name: json.dumps(now_have)})
