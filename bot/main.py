"""The composition root: everything is put together here, by arguments. Only it, `bot.providers`, `bot.database`, `bot.listeners`
and `bot.health.vital` (and the demo, which brings a chat platform of its own) import adapters and storage."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from adapters.clock import SystemClock
from adapters.http import Http
from adapters.settings import settings
from adapters.web.acknowledge import AckLinks
from adapters.web.digests import DigestPages
from adapters.web.serving import Listener
from bot.answered import Answered
from bot.chat.templates import Templates
from bot.coffee.voters import voter
from bot.config import Config
from bot.database import opened, prepare
from bot.deliver import Deliverer
from bot.duty import Duty
from bot.equipment import equipment
from bot.health.alive import Pulse
from bot.health.vital import Vital
from bot.hearing import Hearing
from bot.inbox import Writer
from bot.learning.learning import Learning, Shelf
from bot.listeners import addresses, bound, public_addresses
from bot.names import roster, wording
from bot.on_duty import OnDuty
from bot.perform import Performer
from bot.ports import ChatPlatform, Clock, Pager
from bot.providers import calendars, meetings, platforms
from bot.reach import unreachable
from bot.refreshing import Refreshing
from bot.rules import rules
from bot.signed import Signed
from bot.talking import conversation
from bot.undelivered import Undelivered
from bot.web import Web
from storage.alone import ServingLock
from storage.calendars import SqlCalendars
from storage.files import SqlFiles
from storage.lookups import SqlLookups
from storage.memory import SqlMemory
from storage.outbox import SqlOutbox
from storage.public import SqlPublicPages
from storage.store import SqlStore

log = logging.getLogger(__name__)


class Klatsch:
    """The bot, put together. Use `running` to serve, `working` to do a few things and leave."""

    def __init__(
        self,
        config: Config,
        *,
        clock: Clock | None = None,
        platforms: Mapping[str, ChatPlatform] | None = None,
    ) -> None:
        """Touches nothing outside but the database's address. `platforms` are used instead of building their own.

        Raises ConfigError.
        """
        self.config = config
        self.settings = settings(config)
        self.database = opened(config)
        self.signed = Signed(config, self.database)
        self.clock: Clock = clock or SystemClock()
        # On PostgreSQL the database's clock decides what is due, so that several machines agree.
        kept = self.clock if self.database.sqlite or clock is not None else None
        self.store = SqlStore(self.database, kept)
        self.outbox = SqlOutbox(self.database, kept)
        self._pulse = Pulse(self.outbox)
        self.lookups = SqlLookups(self.database)
        self.files = SqlFiles(self.database, kept)
        self.pages = SqlPublicPages(self.database)
        self.lock = ServingLock(self.database)
        self.http = Http()
        self.copies = SqlCalendars(self.database)
        self._undelivered = Undelivered(self._memory("undelivered"), self.clock)
        self._platforms = platforms
        self._deliverer: Deliverer | None = None
        self._talking: Mapping[str, ChatPlatform] = {}
        self._paging: Mapping[str, Pager] = {}
        ruled = replace(rules(config), voter=lambda person, ballot: voter(self.signed.secret, person, ballot))
        self.writer = Writer(self.store, ruled, changed=self._changed)
        folder = config.chat.templates
        self.duty = Duty(roster(config), changed=lambda now: self.writer.follow(now))
        templates = Templates(folder, instead=Templates() if folder else None)
        self.words = wording(config, templates, self.duty, ruled.policy)
        self.learning = Learning(
            config,
            ruled,
            self.database,
            self.clock,
            self.words,
            self.duty,
            self.writer,
            self._memory("occasions"),
            meetings(self.settings, self.http, config),
            calendar=lambda: self.signed.coffee.link(),
        )
        self.conversation = conversation(
            config,
            ruled.policy,
            self.writer,
            self.lookups,
            self.clock,
            self.duty,
            self.words,
            self.learning.digests,
            self.learning.house,
            self.signed,
            # A page knows its port once we listen.
            lambda ref: public_addresses(self.settings, ref),
        )
        sources = calendars(self.settings, self.http, self.duty.roster)
        self.calendars = Refreshing(sources, self.copies, config.people, self.duty, self.clock)
        self.on_duty = OnDuty(
            self.duty, self.lookups, self.writer, self._memory("on duty"), self.clock, ruled.policy.platforms
        )

    def _memory(self, what: str) -> SqlMemory:
        return SqlMemory(self.database, self.clock, f"klatsch: {what}")

    @asynccontextmanager
    async def looking(self) -> AsyncIterator[Klatsch]:
        """Only to look: nothing is written, listened on or sent, so a bot that runs is not disturbed."""
        try:
            yield self
        finally:
            await self.http.close()
            self.database.close()

    def _changed(self) -> None:
        if self._deliverer is not None:
            self._deliverer.wake()

    @asynccontextmanager
    async def working(self) -> AsyncIterator[Klatsch]:
        """The database is there and the writer writes; nothing is delivered. Raises StoreUnavailable."""
        await asyncio.to_thread(prepare, self.database)
        # Before the writer asks for it, in the middle of writing.
        await asyncio.to_thread(lambda: self.signed.secret)
        await self.calendars.recall()
        await self.on_duty.refresh()
        self.writing = asyncio.create_task(self.writer.run(), name="writer")
        try:
            yield self
        finally:
            self.writer.stop()
            # What it died of is said by whoever watches it.
            await asyncio.wait([self.writing])
            await self.http.close()
            self.database.close()

    @asynccontextmanager
    async def delivering(self) -> AsyncIterator[Deliverer]:
        """Inside `working`, where no bot serves: the adapters are there.

        Raises AlreadyRunning, StoreUnavailable, and Unavailable or Rejected when an adapter cannot begin.
        """
        async with self._held(self.lock.stand_in), self._delivering() as deliverer:
            yield deliverer

    @asynccontextmanager
    async def _held(self, lock: Callable[[], None]) -> AsyncIterator[None]:
        await asyncio.to_thread(lock)
        try:
            yield
        finally:
            await asyncio.to_thread(self.lock.free)

    @asynccontextmanager
    async def _delivering(self) -> AsyncIterator[Deliverer]:
        await asyncio.to_thread(lambda: self.links)
        talking = self.platforms(self.settings.platforms) if self._platforms is None else self._platforms
        house = self.learning.house
        providers = equipment(self.config, self.settings, self.http, talking, self.pages, self.signed, house)
        if self.database.sqlite:
            await asyncio.to_thread(self.outbox.take_over)
        hear, digests = self.writer.submit, self.learning.digests
        performer = Performer(self.lookups, self.files, self.clock, providers, self.words, hear, digests)
        await self._undelivered.look()
        deliverer = Deliverer(self._pulse, self.writer, self.lookups, performer, self._undelivered)
        self._deliverer, self._talking, self._paging = deliverer, providers.platforms, providers.pagers
        try:
            yield deliverer
        finally:
            self._deliverer = None
            if self._platforms is None:
                for platform in self._talking.values():
                    await platform.aclose()

    @property
    def links(self) -> AckLinks:
        return self.signed.links

    def platforms(self, names: Collection[str]) -> Mapping[str, ChatPlatform]:
        """Those of these names, built anew and connected to nothing yet; whoever asks closes them."""
        wanted = {name: block for name, block in self.settings.platforms.items() if name in names}
        settings = replace(self.settings, platforms=wanted)
        return platforms(settings, self.clock, self.config, lambda name: SqlMemory(self.database, self.clock, name))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Running]:
        """Serve: listen, deliver, talk. Leaving stops in order and hands back what was begun."""
        async with self.working(), self._held(self.lock.take):
            # From here on a page knows its port, also where it was left to chance.
            with bound(self.config, self.settings) as (listeners, self.settings):
                # The calendars before the listeners: the first page knows who is on call.
                delivering, followed = self._delivering(), self.calendars.followed()
                async with delivering as deliverer, followed, self._serving(listeners, deliverer) as running:
                    yield running

    @asynccontextmanager
    async def _serving(self, listeners: Sequence[Listener], deliverer: Deliverer) -> AsyncIterator[Running]:
        config, turns = self.config, self.lock.turns
        answers = Answered(self.writer, config.reachable, self.links.whose, str(config.zone))
        hearing = Hearing(self._talking, self.conversation, turns, self._paging, answers, config.http.public_url)
        unreached = unreachable(config.people.values(), self._paging)
        for reason in unreached:
            log.warning("%s", reason)
        vital = Vital(config, self.writer, self._pulse, self.http, self.lookups, self.database)
        web = Web(
            config,
            self.settings,
            self.lookups,
            self.writer,
            self.clock,
            self.duty,
            self.pages,
            lambda: [*self.calendars.troubles, *unreached, *self._undelivered.troubles],
        )
        digests = DigestPages(self.signed.digests, Shelf(self.learning, self.lookups), self.clock)
        invitation = self.learning.invitation
        apps = web.apps(listeners, self.conversation, hearing, vital, self.signed, digests, invitation)
        tasks = [
            asyncio.create_task(listener.run(app), name=f"web {listener.port}")
            for listener, app in zip(listeners, apps, strict=True)
        ]
        delivery = asyncio.create_task(deliverer.run(), name="deliver")
        talking = hearing.begun(self._memory("deafness"), self.clock, str(config.zone))
        talking.append(asyncio.create_task(self.on_duty.run(), name="on duty"))
        talking.append(asyncio.create_task(self._undelivered.run(), name="undelivered"))
        talking += [asyncio.create_task(one, name="learning") for one in self.learning.running()]
        try:
            await asyncio.gather(*(listener.started() for listener in listeners))
            async with vital.watching():
                yield Running(self, tuple(listeners), [*tasks, self.writing, delivery, *talking])
        finally:
            for listener in listeners:
                listener.stop()
            for task in talking:
                task.cancel()
            deliverer.stop()
            await asyncio.gather(*tasks, delivery, *talking, return_exceptions=True)

    def addresses(self) -> dict[str, tuple[str, int]]:
        """Host and port to listen on, by the key that names them: the machines' first, then each status page's."""
        return addresses(self.config, self.settings)


@dataclass(frozen=True, slots=True)
class Running:
    """A bot that serves: `listeners` are its addresses, the machines' first; `tasks` end only when something broke."""

    klatsch: Klatsch
    listeners: tuple[Listener, ...]
    tasks: list[asyncio.Task[None]]
