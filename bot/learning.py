"""The weekly digest, put together: who makes it, and what keeps an eye on when it is due."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from adapters.holidays import holidays
from bot.config import Config
from bot.digests import Digests, Meetings, WeeklyWords
from bot.duty import Duty
from bot.inbox import Writer
from bot.occasions import Occasions
from bot.occurrences import IsOff
from bot.planned import coffee, occasions, weeklies
from bot.ports import Clock, Memory
from storage.engine import Database
from storage.weeks import SqlWeeks


class Learning:
    """`memory` is that of the occasions. Nothing is asked of the database, and no library imported, before a digest is."""

    def __init__(
        self,
        config: Config,
        database: Database,
        clock: Clock,
        words: WeeklyWords,
        duty: Duty,
        writer: Writer,
        memory: Memory,
    ) -> None:
        known = cache(lambda names: holidays(names).is_off)

        def days_off(names: Sequence[str]) -> IsOff:
            return known(tuple(names))

        met = coffee(config, days_off)
        link = config.coffee.link if config.coffee else ""
        self.digests = Digests(
            SqlWeeks(database),
            clock,
            words,
            weeklies(config),
            people=config.people,
            duty=duty,
            meetings=Meetings(met.after, link) if met else None,
        )
        self.occasions = Occasions(occasions(config, days_off), writer, memory, clock)
