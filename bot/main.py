"""The composition root: the only module that imports adapters and storage. Everything is put together by arguments."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import Any

from pydantic import BaseModel

from adapters import registry
from adapters.clock import SystemClock
from adapters.http import Http
from adapters.settings import DRAFTS, Settings, settings
from adapters.web.acknowledge import AckLinks, AckPages
from adapters.web.machines import Health, machines_app
from adapters.web.metrics import Metrics
from adapters.web.neighbour import is_klatsch, taken
from adapters.web.public import public_app
from adapters.web.serving import CannotListen, Listener
from bot.chat.document import Document
from bot.chat.templates import Templates
from bot.config import Config
from bot.converse import Conversation
from bot.deliver import Deliverer
from bot.handle import Rules
from bot.inbox import Writer
from bot.incident.plan import Policy
from bot.lookups import Lookups
from bot.perform import Performer, Providers
from bot.ports import AlertSource, ChatPlatform, Clock, DeliveryError, Pager, Publisher, StatusPage
from bot.questions import Answers, Names
from bot.store import Store, StoreUnavailable
from bot.words import Wording
from storage import migrate
from storage.alone import AlreadyRunning, ServingLock
from storage.engine import Database
from storage.lookups import SqlLookups
from storage.outbox import SqlOutbox
from storage.public import SqlPublicPages
from storage.settings import signing_key
from storage.store import SqlStore

__all__ = [
    "DRAFTS",
    "AlreadyRunning",
    "Klatsch",
    "Running",
    "alert_sources",
    "component_names",
    "is_klatsch",
    "reading",
    "refusals",
    "rehearsal",
    "rules",
    "schema_of",
    "schema_state",
    "settings",
    "shown",
    "taken",
]

log = logging.getLogger(__name__)


def alert_sources(checked: Settings) -> dict[str, AlertSource]:
    """What understands the messages of each entry under `alerts:`."""
    return {
        name: registry.provider("alerts", str(getattr(block, "type", name))).build()(name, block)
        for name, block in checked.sources.items()
    }


@contextmanager
def reading(config: Config) -> Iterator[Lookups]:
    """The database, to look things up. Raises StoreUnavailable."""
    database = _database(config)
    try:
        yield SqlLookups(database)
    finally:
        database.close()


def _database(config: Config) -> Database:
    """The configured database with the newest schema, made if it is not there."""
    database = Database(config.storage.url.get_secret_value())
    if database.file is not None:
        database.file.parent.mkdir(parents=True, exist_ok=True)
    migrate.upgrade(database)
    return database


@contextmanager
def rehearsal(clock: Clock) -> Iterator[tuple[Store, Lookups]]:
    """A database that is thrown away: nothing that is done in it is ever delivered."""
    with TemporaryDirectory(prefix="klatsch-") as folder:
        database = Database(f"sqlite:///{folder}/rehearsal.db")
        try:
            migrate.upgrade(database)
            yield SqlStore(database, clock), SqlLookups(database)
        finally:
            database.close()


def rules(config: Config) -> Rules:
    """What the configuration adds to the rules."""
    policy = Policy(
        platforms=tuple(config.platforms),
        pagers=tuple(config.paging),
        status_pages=tuple(config.status),
        publishers=(DRAFTS, *config.publishing),
        people=config.people,
        archive_after=config.chat.archive_after,
    )
    return Rules(policy=policy, roster=config.roster, routes=config.routes)


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
        self.database = Database(config.storage.url.get_secret_value())
        self.clock: Clock = clock or SystemClock()
        # On PostgreSQL the database's clock decides what is due, so that several machines agree.
        kept = self.clock if self.database.sqlite or clock is not None else None
        self.store = SqlStore(self.database, kept)
        self.outbox = SqlOutbox(self.database, kept)
        self.lookups = SqlLookups(self.database)
        self.pages = SqlPublicPages(self.database)
        self.lock = ServingLock(self.database)
        self.http = Http()
        self._platforms = platforms
        self._deliverer: Deliverer | None = None
        self._talking: Mapping[str, ChatPlatform] = {}
        self.writer = Writer(self.store, rules(config), changed=self._changed)
        components = component_names(config)
        templates = Templates(None)
        self.words = Wording(templates, config.people, str(config.zone), components)
        names = Names(
            people=config.people,
            components=components,
            roster=config.roster,
            zone=str(config.zone),
            default_ladder=config.default_ladder,
            redact=config.redact,
            publishers=(config.postmortem.folder, *config.publishing),
        )
        answers = Answers(self.lookups, self.clock, names, self.words)
        self.conversation = Conversation(self.writer, self.lookups, self.clock, names, answers)

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
        await asyncio.to_thread(self.prepare)
        writing = asyncio.create_task(self.writer.run(), name="writer")
        try:
            yield self
        finally:
            self.writer.stop()
            await writing
            await self.http.close()
            self.database.close()

    def prepare(self) -> None:
        """Make the database and bring its schema to the newest. Raises StoreUnavailable."""
        if self.database.file is not None:
            self.database.file.parent.mkdir(parents=True, exist_ok=True)
        migrate.upgrade(self.database)

    @asynccontextmanager
    async def delivering(self) -> AsyncIterator[Deliverer]:
        """Inside `working`: the adapters are there. On SQLite this is the one process that may deliver.

        Raises AlreadyRunning, and Unavailable or Rejected when an adapter cannot begin.
        """
        self.lock.take()
        try:
            providers = await self._providers()
            await asyncio.to_thread(self._take_over)
            performer = Performer(self.lookups, self.clock, providers, self.words)
            deliverer = Deliverer(self.outbox, self.writer, self.lookups, self.clock, performer)
            self._deliverer, self._talking = deliverer, providers.platforms
            try:
                yield deliverer
            finally:
                self._deliverer = None
                if self._platforms is None:
                    for platform in self._talking.values():
                        platform.close()
        finally:
            self.lock.free()

    def _take_over(self) -> None:
        if self.database.sqlite:
            self.outbox.take_over()

    async def _providers(self) -> Providers:
        config = self.config
        key = config.security.signing_key
        secret = key.get_secret_value() if key else await asyncio.to_thread(signing_key, self.database)
        self.links = AckLinks(secret, config.http.public_url)
        return Providers(
            platforms=self._built_platforms(),
            pagers=self.pagers(),
            status_pages=self._built_pages(),
            publishers=self.publishers(),
            people=config.people,
            ack_link=lambda number, person: self.links.link(number, person),
        )

    def pagers(self) -> dict[str, Pager]:
        """A pager for each entry under `paging:`."""
        return {name: self._build("paging", name, block) for name, block in self.settings.pagers.items()}

    def publishers(self) -> dict[str, Publisher]:
        """A publisher for each entry under `publishing:`, and the one for drafts."""
        return {name: self._build("publishing", name, block) for name, block in self.settings.publishers.items()}

    def _build(self, section: str, name: str, block: BaseModel) -> Any:
        return registry.provider(section, str(getattr(block, "type", name))).build()(name, block, self.http)

    def _built_platforms(self) -> dict[str, ChatPlatform]:
        if self._platforms is not None:
            return dict(self._platforms)
        return {
            name: registry.provider("chat", name).build()(name, block, clock=self.clock, people=self.config.people)
            for name, block in self.settings.platforms.items()
        }

    def _built_pages(self) -> dict[str, StatusPage]:
        return {
            name: registry.provider("status", str(getattr(block, "type", name))).build()(name, block, self.pages)
            for name, block in self.settings.pages.items()
        }

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Running]:
        """Serve: listen, deliver, talk. Leaving stops in order and hands back what was begun."""
        async with self.working(), self.delivering() as deliverer:
            listeners = self._listeners()
            tasks = [asyncio.create_task(listener.run(), name=f"web {listener.port}") for listener in listeners]
            delivery = asyncio.create_task(deliverer.run(), name="deliver")
            talking = [
                asyncio.create_task(platform.listen(self.conversation), name=f"listen {name}")
                for name, platform in self._talking.items()
            ]
            try:
                await asyncio.gather(*(listener.started() for listener in listeners))
                yield Running(self, tuple(listeners), [*tasks, delivery, *talking])
            finally:
                for listener in listeners:
                    listener.stop()
                for task in talking:
                    task.cancel()
                deliverer.stop()
                await asyncio.gather(*tasks, delivery, *talking, return_exceptions=True)

    def addresses(self) -> dict[str, tuple[str, int]]:
        """Host and port to listen on, by the key that names them: the machines' first, then each status page's."""
        listen = self.config.http.listen
        found = {"http.listen": (listen.host, listen.port)}
        for name, block in self.settings.pages.items():
            if isinstance(address := getattr(block, "listen", None), str):
                host, _, port = address.rpartition(":")
                found[f"status.{name}.listen"] = (host.strip("[]"), int(port))
        return found

    def _listeners(self) -> list[Listener]:
        """The addresses: machines on `http.listen`, each status page on its own or on the same."""
        config = self.config
        addresses = self.addresses()
        own = addresses["http.listen"]
        publics = {
            addresses[key]: (name, block)
            for name, block in self.settings.pages.items()
            if (key := f"status.{name}.listen") in addresses
        }
        shared = publics.pop(own, None)
        apps = {address: self._public(name, block) for address, (name, block) in publics.items()}
        metrics = Metrics(self.lookups.waiting, lambda: self.writer.waiting, self.clock.now)
        machines = machines_app(
            alert_sources(self.settings),
            self.conversation,
            AckPages(self.links, self.lookups, self.writer, config.people),
            metrics,
            Health(self._ready),
            public=self._public(*shared) if shared else None,
        )
        listeners = [Listener(machines, *own, key="http.listen")]
        for address, app in apps.items():
            listeners.append(Listener(app, *address, key=f"status.{publics[address][0]}.listen"))
        if not config.http.public_url:
            self.links.at(listeners[0].url)
        return listeners

    def _public(self, name: str, block: BaseModel) -> Any:
        return public_app(name, block, self.pages, self.clock)  # type: ignore[arg-type]  # the registry ties them

    async def _ready(self) -> list[str]:
        problems = []
        try:
            await asyncio.to_thread(self.lookups.open_incidents, 1)
        except StoreUnavailable as error:
            problems.append(f"The database does not answer: {error}")
        return problems


def component_names(config: Config) -> dict[str, str]:
    """What customers call each component, with its group where that tells it from its namesakes."""
    return {c.id: f"{c.name} ({c.group})" if c.group else c.name for c in config.components}


def schema_state(klatsch: Klatsch) -> tuple[str | None, str]:
    """The schema's version in the database (None: it has none yet), and the one this release speaks.

    Raises StoreUnavailable.
    """
    return migrate.current(klatsch.database), migrate.HEAD


def refusals() -> tuple[type[Exception], ...]:
    """Why a bot may not begin; each says what to do."""
    return (AlreadyRunning, CannotListen, StoreUnavailable, DeliveryError)


def shown(document: Document, width: int, *, colour: bool) -> str:
    """A message as a terminal shows it."""
    # Only who types in a terminal pays for what draws there.
    from adapters.chat.terminal import to_text

    return to_text(document, width, colour)


def schema_of(config: Config, *, upgrade: bool) -> str:
    """The version of the database's schema, after bringing it to the newest if asked."""
    database = Database(config.storage.url.get_secret_value())
    try:
        if upgrade:
            migrate.upgrade(database)
        return migrate.current(database) or "no schema yet; `klatsch db upgrade` makes it"
    finally:
        database.close()


@dataclass(frozen=True, slots=True)
class Running:
    """A bot that serves: `listeners` are its addresses, the machines' first; `tasks` end only when something broke."""

    klatsch: Klatsch
    listeners: tuple[Listener, ...]
    tasks: list[asyncio.Task[None]]
