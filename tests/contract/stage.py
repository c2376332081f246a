"""The world with everybody on it, for the stories of what is delivered. The database, the writer, the deliverer and the
rooms are real; the clock is pushed forward."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import text

from adapters.chat.console import Config, ConsolePlatform, build
from bot.alerts.model import Alert, Notification
from bot.chat.document import Link, Paragraph
from bot.chat.templates import Templates
from bot.deliver import LEASE, Deliverer
from bot.destinations import Place
from bot.digests import Digests, Weekly
from bot.duty import Duty
from bot.handle import Outcome
from bot.inbox import Writer
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.timeline import sentence
from bot.perform import Performer, Providers
from bot.ports import ChatPlatform
from bot.store import Claimed
from bot.undelivered import Undelivered
from bot.words import Wording
from storage.outbox import SqlOutbox
from storage.weeks import SqlWeeks
from tests.clock import START
from tests.fakes import RecordingPager, RecordingPublisher, RecordingStatusPage, TroubledChat
from tests.until import until
from tests.world import PEOPLE, World, an_ask

LONG_ENOUGH = 3
"""Seconds after which a card and a digest have settled."""

PATIENT = 20
"""Looks, a hundredth of a second each."""


class Loop(Deliverer):
    """One of which it is seen whether it has nothing to begin."""

    pausing = False

    async def _pause(self) -> None:
        self.pausing = True
        try:
            await super()._pause()
        finally:
            self.pausing = False

    @property
    def held(self) -> list[Claimed]:
        """What is being done."""
        return [*self._held.values()]


class Stage:
    """The world with everybody on it: what is asked goes through the writer, and `settle` lets the loop run."""

    def __init__(self, world: World, writer: Writer, folder: Path) -> None:
        self.world = world
        self.clock = world.clock
        self.writer = writer
        self.folder = folder
        self.rooms: dict[str, ConsolePlatform] = {}
        self.chats: dict[str, TroubledChat] = {}
        self.ntfy, self.email = RecordingPager(), RecordingPager()
        self.duty = Duty(world.rules.roster, changed=writer.follow)
        self.page, self.publisher = RecordingStatusPage(), RecordingPublisher()
        for name in world.rules.policy.platforms:
            self.rooms[name] = build(name, Config(folder=str(folder / name)), clock=world.clock)
            self.chats[name] = TroubledChat(self.rooms[name])
        self.words = Wording(Templates(None), PEOPLE, "UTC", {}, self.duty)
        places = tuple(Place(name) for name in self.rooms)
        weeks, weekly = SqlWeeks(world.database), Weekly(to=places)
        self.digests = Digests(weeks, world.clock, self.words, {"": weekly}, people=PEOPLE, duty=self.duty)
        self.deliverer = self.another_process()
        # What a test does to the world's outbox is nothing to whoever watches it.
        self._outbox = SqlOutbox(world.database, world.clock)

    @property
    def chat(self) -> TroubledChat:
        return self.chats["console"]

    def another_process(self, *, undelivered: Undelivered | None = None, **changes: object) -> Loop:
        world = self.world
        return Loop(world.outbox, self.writer, world.lookups, self.performer(**changes), undelivered)

    def performer(self, **changes: object) -> Performer:
        platforms: dict[str, ChatPlatform] = dict(self.chats)
        everybody = Providers(
            platforms=platforms,
            pagers={"ntfy": self.ntfy, "email": self.email},
            status_pages={"page": self.page},
            publishers={"folder": self.publisher},
            people=PEOPLE,
            ack_link=lambda number, person: f"https://klatsch.example.org/ack/{number}-{person}",
        )
        world = self.world
        providers = replace(everybody, **changes)
        hear = self.writer.submit
        return Performer(world.lookups, world.files, world.clock, providers, self.words, hear, self.digests)

    async def ask(self, command: c.Command, incident: int | None = None, *, by: str = "ana") -> Outcome:
        return await self.writer.submit(an_ask(command, incident, by=by))

    async def open(self, title: str = "Volumes slow", **facts: object) -> int:
        outcome = await self.ask(c.Open(title=title, **facts))
        assert outcome.after is not None
        return outcome.after.number

    async def settle(self, *, deliverer: Deliverer | None = None) -> None:
        """Do what is due, let cards and digests settle, and do those. A retry that waits longer keeps waiting."""
        loop = deliverer or self.deliverer
        await loop.drain()
        self.clock.forward(seconds=LONG_ENOUGH)
        await loop.drain()
        self.clock.forward(seconds=LONG_ENOUGH)
        await loop.drain()

    @asynccontextmanager
    async def delivering(self) -> AsyncIterator[None]:
        """The loop runs by itself; time passes in `until`."""
        running = asyncio.create_task(self.deliverer.run())
        try:
            yield
        finally:
            self.deliverer.stop()
            await running
            self.deliverer = self.another_process()

    async def until(self, met: Callable[[], bool], what: str) -> None:
        """Until `met` says yes; a second passes from look to look, while something is being done once in `PATIENT` looks, and
        none while something is due or claimed: on a busy machine no lease ends and no timer is late because of that."""
        looks = 0

        def looked() -> bool:
            nonlocal looks
            if met():
                return True
            looks += 1
            held = self.deliverer.held
            if self._is_quiet() and (looks >= PATIENT or not held):
                looks = 0
                self._outbox.renew(held, LEASE)
                self.clock.forward(seconds=1)
                self.deliverer.wake()
            return False

        await until(looked, what, every=0.01)

    def _is_quiet(self) -> bool:
        """Nothing is due, and nothing is claimed and not begun yet."""
        return self.deliverer.pausing and self._outbox.next_due() != timedelta(0)

    def incident(self, number: int = 1):
        found = self.world.lookups.incident(number)
        assert found is not None
        return found

    def timeline(self, number: int = 1) -> list[str]:
        return [sentence(r.event, lambda person: person) for r in self.world.lookups.history(number)]

    def events(self, kind: type[e.Event], number: int = 1) -> list[e.Event]:
        return [r.event for r in self.world.lookups.history(number) if isinstance(r.event, kind)]

    def thread(self, room: str = "inc-1", *, on: str = "console") -> list[str]:
        """What was said in the thread of the card."""
        return [m.document.to_plain() for m in self.rooms[on].messages(room) if m.thread]

    def loudly(self, room: str = "inc-1", *, on: str = "console") -> list[str]:
        """What was said to everybody in the room, the card left out."""
        return [m.document.to_plain() for m in self.rooms[on].messages(room)[1:] if not m.thread]

    def card(self, room: str = "inc-1", *, on: str = "console") -> str:
        card = self.rooms[on].room(room).card
        assert card is not None
        return card.document.to_plain()

    def announced(self, *, on: str = "console") -> list[str]:
        return [m.document.to_plain() for m in self.rooms[on].messages("incidents")]

    def announced_link(self, *, on: str = "console") -> str:
        """Where the announcement leads to; empty when it leads nowhere."""
        (message,) = self.rooms[on].messages("incidents")
        paragraphs = (block for block in message.document.blocks if isinstance(block, Paragraph))
        return next((text.url for block in paragraphs for text in block.inlines if isinstance(text, Link)), "")

    def effects(self, *kinds: str) -> list[tuple[str, str, int]]:
        """(kind, state, attempt) of these effects, the oldest first."""
        with self.world.database.read() as connection:
            found = connection.execute(text("SELECT kind, state, attempt FROM outbox ORDER BY id")).all()
        return [(row.kind, row.state, row.attempt) for row in found if row.kind in kinds]


@asynccontextmanager
async def on_stage(world: World, folder: Path) -> AsyncIterator[Stage]:
    writer = Writer(world.store, world.rules)
    writing = asyncio.create_task(writer.run())
    stage = Stage(world, writer, folder)
    try:
        yield stage
    finally:
        stage.deliverer.stop()
        await stage.deliverer.run()
        writer.stop()
        await writing
        for platform in stage.rooms.values():
            platform.close()


def firing(count: int, *, first: int = 0, severity: str = "critical") -> Notification:
    labels = {"alertname": "OSDDown", "severity": severity, "region": "r1", "az": "a"}
    alerts = tuple(
        Alert("prometheus", f"f{first + n}", True, START, labels=labels, annotations={"summary": f"osd {n}"})
        for n in range(count)
    )
    return Notification("prometheus", alerts, group="g")
