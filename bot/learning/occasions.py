"""What comes round and is to be done then: looked for by a bot that serves, and done once, whatever dies and however many bots there are.

What came due last is kept in the database. What follows it is decided once, by the first who finds it (`Memory.keep_first`), so two bots
whose clocks differ do not cover one time twice. Who finds it asks the writer for it under keys of its own, which do nothing the second
time, and remembers it behind that: one that dies in between is done again by whoever comes next, to no effect. What a rule refuses is asked
again with each look, until it may be, or until nothing is asked any more.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.handle import Request
from bot.inbox import Writer
from bot.learning.occurrences import INSTANT, Occurrences, between, latest
from bot.memory import Memory
from bot.ports import Clock, DeliveryError, Overloaded
from bot.store import StoreUnavailable

log = logging.getLogger(__name__)

LOOKS_EVERY = 10.0
"""Seconds. When nothing is due a look asks nothing of the database."""

LONGEST = timedelta(weeks=5, hours=1)
"""What was missed earlier is not looked for, and nothing covers a longer time: five weeks, also on clocks that were set back in between."""

APART = timedelta(minutes=5)
"""What the clocks of several bots may differ by. A clock that is farther behind than what came due last was set back."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """`name` is its own for ever. It is due `ahead` of each of its `occurrences`, or later, from `earliest` of it on; of several that
    were missed the last one is. `asks` answers what is asked of the writer for the one `at`; `since` is when the one before was, None:
    nothing is known of one. Both may take a second and raise as `Occurrences.after`."""

    name: str
    occurrences: Occurrences
    asks: Callable[[datetime, datetime | None], Sequence[Request]]
    ahead: timedelta = timedelta(0)
    earliest: Callable[[datetime], datetime] | None = None

    def due(self, after: datetime, now: datetime) -> datetime | None:
        """The last one that is, of those after `after`. May take a second, and raise as `Occurrences.after`."""
        until = now + self.ahead
        if self.earliest is None:
            return latest(self.occurrences, after, until)
        found = deque((at for at in between(self.occurrences, after, until) if self.earliest(at) <= now), maxlen=1)
        return found[0] if found else None


@dataclass(frozen=True, slots=True)
class Last:
    """`at` came due last; or, where nothing `came` yet, it is since when one looks."""

    at: datetime
    came: bool

    def dump(self) -> str:
        return json.dumps({"at": self.at.isoformat(), "came": self.came})

    @classmethod
    def load(cls, text: str) -> Last:
        kept = json.loads(text)
        return cls(datetime.fromisoformat(kept["at"]), bool(kept["came"]))


class Occasions:
    """`memory` is its own."""

    def __init__(
        self,
        occasions: Sequence[Occasion],
        writer: Writer,
        memory: Memory,
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._occasions = occasions
        self._writer = writer
        self._memory = memory
        self._clock = clock
        self._sleep = sleep
        self._last: dict[str, Last] = {}
        self._troubles: dict[str, str] = {}

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self.look()
            await self._sleep(LOOKS_EVERY)

    async def look(self) -> None:
        """Whatever is due. One that cannot be looked at keeps no other one from being done; why is said once in the log."""
        for occasion in self._occasions:
            try:
                await self._look(occasion)
            except (StoreUnavailable, Overloaded, DeliveryError) as error:
                # A calendar may be away for days, and is looked at every few seconds.
                if self._troubles.get(occasion.name) != (trouble := str(error)):
                    log.warning("whether %s is due could not be looked at: %s", occasion.name, trouble)
                self._troubles[occasion.name] = trouble
            except Exception:
                log.exception("a bug while looking whether %s is due", occasion.name)
            else:
                self._troubles.pop(occasion.name, None)

    async def _look(self, occasion: Occasion) -> None:
        name, now = occasion.name, self._clock.now()
        if name not in self._last:
            self._last[name] = await self._begun(occasion, now)
        if await self._due(occasion, self._last[name], now) is None:
            return
        # Another bot may have done it meanwhile.
        last = self._last[name] = await self._begun(occasion, now)
        due = await self._due(occasion, last, now)
        if due is None:
            return
        followed = f"{name} after "
        chosen = await self._memory.keep_first(f"{followed}{last.at.isoformat()}", due.isoformat())
        at = datetime.fromisoformat(chosen)
        for request in await asyncio.to_thread(occasion.asks, at, last.at if last.came else None):
            if (await self._writer.submit(request)).refused:
                # A coffee that nobody ended may be in the way, and is over by itself soon. Then this look finds it again.
                return
        self._last[name] = Last(at, came=True)
        await self._memory.keep({name: self._last[name].dump()})
        await self._memory.forget_before(followed, now - LONGEST)

    async def _begun(self, occasion: Occasion, now: datetime) -> Last:
        """What came last, as everybody knows it; the first look ever begins now."""
        last = Last.load(await self._memory.keep_first(occasion.name, Last(now, came=False).dump()))
        if last.at - occasion.ahead - now > APART:
            # Our clock was set back, or was far ahead once. What was done is not done again: its keys were there before.
            last = Last(now, came=False)
            await self._memory.keep({occasion.name: last.dump()})
        return last

    async def _due(self, occasion: Occasion, last: Last, now: datetime) -> datetime | None:
        return await asyncio.to_thread(occasion.due, max(last.at, now - LONGEST), now)


def covers(occurrences: Occurrences, at: datetime, since: datetime | None) -> datetime:
    """From when on what comes `at` covers: since the one before, which is looked for where none is known, and a week where there was none in
    `LONGEST`. What was longer ago than that is left out: it covers five weeks then, on the wall where another one would have come."""
    if since is None:
        return latest(occurrences, at - LONGEST, at - INSTANT) or at - timedelta(weeks=1)
    if since >= at - LONGEST:
        return since
    return next(between(occurrences, at - LONGEST - INSTANT, at - INSTANT), at - timedelta(weeks=5))
