"""A coffee that is called, and that its calendar has at another time by now, or not at all."""

from __future__ import annotations

import asyncio

from bot.coffee.dated import rescheduled
from bot.inbox import Writer
from bot.incident import commands as c
from bot.incident.model import Source
from bot.learning.occurrences import Occurrences
from bot.lookups import Lookups
from bot.ports import Clock


class Rescheduled:
    """`met` is when people meet, as the calendar says."""

    def __init__(self, met: Occurrences, lookups: Lookups, writer: Writer, clock: Clock) -> None:
        self._met = met
        self._lookups = lookups
        self._writer = writer
        self._clock = clock

    async def look(self) -> None:
        """Move it, or leave it out, once however many bots look. Raises as `Occurrences.after` and `Writer.submit`."""
        command = await asyncio.to_thread(self._asked)
        if command is not None:
            await self._writer.submit(c.Ask(command=command, incident=None, by="klatsch", source=Source("clock")))

    def _asked(self) -> c.CoffeeCommand | None:
        now = self._clock.now()
        return rescheduled(self._lookups.board(), self._met.after(now), now)
