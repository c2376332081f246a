"""The weekly digest, made for whoever shows it: a chat, a mailbox, a page, a terminal; and how it is posted."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Protocol
from zoneinfo import ZoneInfo

from bot.chat.document import Document
from bot.coffee.weekly.around import Around
from bot.coffee.weekly.blocks import DigestBlock
from bot.coffee.weekly.edition import Edition
from bot.coffee.weekly.gathered import Gathered
from bot.destinations import Destination, Mailbox, Place
from bot.duty import Duty
from bot.incident.effects import MailWeeklyDigest, SayWeeklyDigest
from bot.incident.model import Person
from bot.incident.outgoing import Enqueue, outgoing
from bot.lookups import Weeks
from bot.offered import SendsMail
from bot.oncall.wall import wall
from bot.ports import Attempt, ChatPlatform, Clock, DeliveryError, Rejected
from bot.shared import Shared

log = logging.getLogger(__name__)

EVERYBODY = ""
"""The team that is none: the digest of all."""


@dataclass(frozen=True, slots=True)
class Weekly:
    """How the digest of one team is held, from the configuration. `to` is where it goes, `wheel` the services that are drawn from,
    `holidays` what is off as it is configured."""

    team: str = EVERYBODY
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    language: str = "en"
    to: tuple[Destination, ...] = ()
    services: tuple[str, ...] = ()
    schedules: tuple[str, ...] = ()
    off: frozenset[DigestBlock] = frozenset()
    wheel: tuple[str, ...] = ()
    holidays: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NextCoffee:
    """When people meet for coffee next (None: nobody knows), and where: at `link`, or else where that one is, `there`. Both may take a second, and
    raise as `bot.learning.occurrences.Occurrences.after`."""

    following: Callable[[datetime], datetime | None] = lambda at: None
    link: str = ""
    there: Callable[[datetime], str] = lambda at: ""


class WeeklyWords(Protocol):
    """How it is said. Pure; `bot.words` is it."""

    def weekly(self, gathered: Gathered, around: Around, language: str, *, alone: bool = False) -> Edition: ...


class Digests:
    """Makes editions. `weeklies` are by team; `typed` is what a line begins with in each chat; `by_itself`: they are sent
    when their time comes round. `days_off` says of names under `holidays:` whether a day is one; it may raise Unavailable."""

    def __init__(
        self,
        weeks: Weeks,
        clock: Clock,
        words: WeeklyWords,
        weeklies: Mapping[str, Weekly],
        *,
        people: Mapping[str, Person],
        duty: Duty,
        coffee: NextCoffee | None = None,
        days_off: Callable[[Sequence[str]], Callable[[date], bool]] = lambda names: lambda day: False,
        typed: tuple[tuple[str, str], ...] = (),
        by_itself: bool = True,
    ) -> None:
        self._weeks = weeks
        self._clock = clock
        self._words = words
        self._people = people
        self._duty = duty
        self._coffee = coffee or NextCoffee()
        self._days_off = days_off
        self._typed = typed
        self.weeklies = weeklies
        self.by_itself = by_itself
        self._gathered = Shared[Gathered]()
        self._editions = Shared[Edition]()

    @property
    def mailboxes(self) -> list[Mailbox]:
        """Where digests are mailed to."""
        return [place for weekly in self.weeklies.values() for place in weekly.to if isinstance(place, Mailbox)]

    def edition(self, team: str, start: datetime, end: datetime, language: str = "", *, alone: bool = False) -> Edition:
        """The digest of `team` from `start` until just before `end`, in its own language when none is named; `alone` where a detail is
        shown without the message. Reads the database: call it from a thread. Raises Rejected when there is no such team any more, and
        StoreUnavailable."""
        return self._told(self._weekly(team), self._weeks.week(start, end), language, alone=alone)

    async def _posted(self, team: str, start: datetime, end: datetime) -> Edition:
        """As `edition`, read once for all places that it is posted to at the same moment, and nothing that was read before this call."""
        return await self._editions.get((team, start, end), lambda: self._shared(team, start, end))

    async def _shared(self, team: str, start: datetime, end: datetime) -> Edition:
        weekly = self._weekly(team)
        week = partial(asyncio.to_thread, self._weeks.week, start, end)
        return await asyncio.to_thread(self._told, weekly, await self._gathered.get((start, end), week))

    def _weekly(self, team: str) -> Weekly:
        if team not in self.weeklies:
            raise Rejected(f"`{team}` is not configured under `digest.teams:` any more")
        return self.weeklies[team]

    def _told(self, weekly: Weekly, gathered: Gathered, language: str = "", *, alone: bool = False) -> Edition:
        now = self._clock.now()
        around = Around(
            now=now,
            zone=weekly.zone,
            team=weekly.team,
            services=weekly.services,
            schedules=weekly.schedules,
            people=self._people,
            roster=self._duty.roster,
            off=weekly.off,
            free=self._free(weekly, gathered),
            wheel=weekly.wheel,
            next_coffee=self._next_coffee(now),
            meeting=self._coffee.link or self._there(now),
            typed=self._typed,
        )
        return self._words.weekly(gathered, around, language or weekly.language, alone=alone)

    def _free(self, weekly: Weekly, gathered: Gathered) -> frozenset[date]:
        """The days off of the period. Where they cannot be looked up, each is a day like any other."""
        first, last = (wall(at, weekly.zone).date() for at in (gathered.start, gathered.end))
        days = [first + timedelta(days=passed) for passed in range((last - first).days + 1)]
        try:
            return frozenset(filter(self._days_off(weekly.holidays), days))
        except DeliveryError as error:
            log.warning("which days were off could not be found out: %s", error.reason)
            return frozenset()

    def _there(self, now: datetime) -> str:
        try:
            return self._coffee.there(now)
        except DeliveryError:
            # That it could not be found out is said with the time.
            return ""

    def _next_coffee(self, now: datetime) -> datetime | None:
        try:
            return self._coffee.following(now)
        except DeliveryError as error:
            # The digest is worth reading without it.
            log.warning("when the next coffee is could not be found out: %s", error.reason)
            return None

    async def say(self, attempt: Attempt, platform: ChatPlatform, effect: SayWeeklyDigest) -> None:
        """Post it where `effect` says: the message, and each detail in its thread. However often it is tried, each once, as far as the
        platform allows. Raises Unavailable, Rejected, StoreUnavailable."""
        if not effect.room and not platform.announce_room:
            return
        edition = await self._posted(effect.team, effect.start, effect.end)
        room = await platform.room_named(effect.room)
        main = await platform.say(attempt, room, edition.main)
        for block, detail in edition.details:
            await platform.say(replace(attempt, key=f"{attempt.key}:{block}"), room, detail, thread=main)

    async def mail(self, attempt: Attempt, mailer: object, effect: MailWeeklyDigest) -> None:
        """The same as one mail. Raises as `say`."""
        if not isinstance(mailer, SendsMail):
            raise Rejected(f"`{effect.way}` under `paging:` sends no mail")
        edition = await self._posted(effect.team, effect.start, effect.end)
        language = self._weekly(effect.team).language
        await mailer.send(attempt, effect.to, edition.main.summary, whole(edition), language)


def whole(edition: Edition) -> Document:
    """An edition as one text, where there are no threads and nothing can be typed."""
    blocks = [block for document in documents(edition) for block in document.blocks]
    return replace(edition.main, blocks=tuple(blocks))


def documents(edition: Edition) -> list[Document]:
    """All of an edition, and at its end where the lines in it are typed."""
    foot = [edition.typed] if edition.typed else []
    return [edition.main, *(detail for _, detail in edition.details), *foot]


def posts(weekly: Weekly, start: datetime, end: datetime, moment: str = "") -> Enqueue:
    """What is to be done outside so that the digest of this time is read everywhere: each place once for each `moment`, which is that of
    its end unless one is given."""
    moment = moment or end.isoformat()
    effects = []
    for place in weekly.to:
        effect: SayWeeklyDigest | MailWeeklyDigest
        if isinstance(place, Place):
            effect = SayWeeklyDigest(place.platform, place.room, weekly.team, start, end)
        else:
            effect = MailWeeklyDigest(place.way, place.to, weekly.team, start, end)
        key = f"weekly:{weekly.team}:{moment}:{place}"
        effects.append(replace(outgoing(effect, incident=0, seq=0, place=0), key=key))
    return Enqueue(tuple(effects))
