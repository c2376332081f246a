"""The chat platform: every method of the port on rooms in a folder, and people who type in them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, field_validator

from adapters.chat.console import rooms as r
from adapters.chat.console.documents import cut
from adapters.chat.console.keeper import Keeper, Outcome, short
from adapters.chat.console.screen import Screen, SilentScreen
from bot.chat.document import Document, clean
from bot.chat.document import say as words
from bot.chat.parse import nameless
from bot.config import Place
from bot.incident.links import is_web
from bot.incident.model import Person
from bot.memory import Memory
from bot.ports import Attempt, Clock, Inbox, Overloaded, Reacted, Rejected, RoomLink, RoomRef, Said, Unavailable
from bot.store import StoreUnavailable

NAME = 80
"""Characters of a room's name or of a person's; Slack's limit for rooms."""

TOPIC = 250
"""Characters of a topic; Slack's limit."""

TITLE = 60
"""Characters of a link's title."""

LINE = 4_000
"""Characters of a line somebody types: longer than any command."""

T = TypeVar("T")


def is_room(name: str) -> bool:
    """Whether a room may be called so that is no incident's."""
    harmless = clean(name) == name and not re.search(r"\s", name)
    return 0 < len(name) <= NAME and harmless and not re.fullmatch(r"inc-\d+", name)


class Config(BaseModel):
    """The block `chat.console`. `folder` is where the journal is kept, `announce` the room incidents are announced
    in; empty: nowhere."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: Place = Field(default=Path("rooms"), validate_default=True)
    announce: str = Field(default="incidents", max_length=NAME)

    @field_validator("announce")
    @classmethod
    def _is_no_incident(cls, value: str) -> str:
        if value and not is_room(value):
            raise ValueError("announce is one word, and not the name of an incident's room like inc-7")
        return value


@dataclass(frozen=True, slots=True)
class Typed:
    """A line for the bot, from whatever reads a keyboard."""

    person: str
    room: str
    line: str


def build(
    name: str,
    config: Config,
    *,
    clock: Clock,
    screen: Screen | None = None,
    lines: AsyncIterator[Typed] | None = None,
    people: Mapping[str, Person] | None = None,
    memory: Memory | None = None,
    command: str = "",
) -> ConsolePlatform:
    """The platform of the block `name`, with what its folder remembers. `people` gives names to those who type. It needs no
    `memory`: its folder is one. Keep the folder and throw it away together with the database: both count
    incidents from 1.

    Raises Unavailable when another process has the folder, Rejected when the folder cannot be used.
    """
    return ConsolePlatform(name, config, clock, screen or SilentScreen(), lines, people or {})


class ConsolePlatform:
    """`bot.ports.ChatPlatform`. What a method answered is on the disk. Changes are made one after the other by one
    thread, so that a slow disk holds up nobody else and a cancelled caller leaves nothing half done."""

    def __init__(
        self,
        name: str,
        config: Config,
        clock: Clock,
        screen: Screen,
        lines: AsyncIterator[Typed] | None,
        people: Mapping[str, Person],
    ) -> None:
        self._name = name
        self._announce = config.announce
        self._clock = clock
        self._screen = screen
        self._lines = lines
        self._people = people
        self._inbox: asyncio.Future[Inbox] | None = None
        announce = r.Room(config.announce, config.announce, "Incidents, one message each")
        self._keeper = Keeper(config.folder, clock.now(), announce if config.announce else None)
        self._writer: ThreadPoolExecutor | None = ThreadPoolExecutor(1, f"chat-{name}")

    # The port.

    @property
    def name(self) -> str:
        return self._name

    @property
    def announce_room(self) -> str:
        return self._announce

    async def room_named(self, name: str) -> str:
        """One that is not there is made."""
        room = name.removeprefix("#") if name else self._announce
        if not is_room(room):
            what = (
                f"{short(name, NAME)} is not one word, or an incident's room" if name else "nothing is announced there"
            )
            raise Rejected(f"{self._name}: {what}; name a room like #coffee.")
        await self._run(partial(self._keeper.open, r.Room(room, room)))
        self._keeper.check_writable(room)
        return room

    async def open_room(self, attempt: Attempt, *, mark: str, name: str, topic: str, private: bool) -> RoomRef:
        """A room's id is its mark."""
        if not re.fullmatch(r"[!-~]{1,80}", mark):
            raise Rejected("A room's mark is 1 to 80 ASCII letters without spaces, like inc-7.")
        room = r.Room(mark, short(name, NAME) or mark, short(topic, TOPIC), private)
        return await self._run(partial(self._keeper.open, room))

    async def say(self, attempt: Attempt, room: str, document: Document, *, thread: str = "") -> str:
        message = self._message("", document, thread=thread, key=attempt.key)
        return (await self._run(partial(self._keeper.post, room, message))).id

    async def edit(self, attempt: Attempt, room: str, message: str, document: Document) -> None:
        await self._run(partial(self._keeper.edit, room, message, cut(document)))

    async def pin(self, attempt: Attempt, room: str, message: str) -> None:
        await self._run(partial(self._keeper.pin, room, message))

    async def invite(self, attempt: Attempt, room: str, people: Sequence[Person]) -> None:
        await self._run(partial(self._keeper.join, room, {person.id: short(person.name, NAME) for person in people}))

    async def set_topic(self, attempt: Attempt, room: str, topic: str) -> None:
        await self._run(partial(self._keeper.set_topic, room, short(topic, TOPIC)))

    async def set_links(self, attempt: Attempt, room: str, links: Sequence[RoomLink]) -> None:
        shown = tuple((short(link.title, TITLE), link.url) for link in links if is_web(link.url))
        await self._run(partial(self._keeper.set_links, room, shown))

    async def archive(self, attempt: Attempt, room: str) -> None:
        await self._run(partial(self._keeper.archive, room))

    async def fetch(self, place: str, most: int) -> bytes:
        raise Rejected("nothing can be attached at a console")

    async def listen(self, inbox: Inbox) -> None:
        """Hand over what is typed, one line after the other, until cancelled; also when there is nothing to read."""
        heard = self._heard()
        heard.set_result(inbox)
        try:
            if self._lines is not None:
                async for typed in self._lines:
                    await self._take(typed)
            await asyncio.Event().wait()
        finally:
            self._inbox = None

    # People.

    async def type(self, person: str, room: str, line: str) -> Document:
        """`person` types `line`, meant for the bot, in `room`: it is said there, done, and answered below.

        Waits until somebody listens. Raises Rejected where this person cannot write, and Unavailable. A line the
        process died over was seen, and perhaps not done: like anywhere, the person types it again.
        """
        inbox = await asyncio.shield(self._heard())
        if nameless(line):
            # Neither it nor the answer is said there: nothing in the room tells who typed it.
            self._keeper.check_writable(room, person)
            return await self._answered(inbox, Said(self._name, room, person, line))
        said = await self._speak(person, room, line)
        answer = await self._answered(inbox, Said(self._name, room, person, said.document.to_plain(), said.id, said.at))
        try:
            await self._run(
                partial(self._keeper.post, room, self._message("", answer, thread=said.id, key=f"to {said.id}"))
            )
        except Rejected:
            # What was typed has closed the room; the answer must be read all the same.
            self._screen.note(answer.to_plain())
        return answer

    async def talk(self, person: str, room: str, text: str) -> str:
        """`person` says something to the others, and the bot is not asked; answers the message's id."""
        return (await self._speak(person, room, text)).id

    async def react(self, person: str, room: str, message: str, emoji: str, added: bool = True) -> None:
        """`person` puts `emoji` on a message, or takes it off. What is there (or gone) already changes nothing."""
        inbox = await asyncio.shield(self._heard())
        event = await self._run(partial(self._keeper.react, room, message, (short(emoji, NAME), person), added))
        if event is None:
            return
        on, number = event
        reacted = Reacted(
            self._name, room, person, short(emoji, NAME), message, on.document.to_plain(), on.by, on.at, added, number
        )
        try:
            answer = await inbox.reacted(reacted)
        except (Overloaded, StoreUnavailable) as problem:
            self._screen.note(f"{emoji} was not noted: {problem} Please take it off and put it on again.")
            return
        if answer:
            below = self._message("", answer, thread=on.thread or message, key=f"to {number}")
            await self._run(partial(self._keeper.post, room, below))

    # To look at it.

    def rooms(self) -> tuple[r.Room, ...]:
        return tuple(self._keeper.state.rooms.values())

    def room(self, room: str) -> r.Room:
        """Raises Rejected when there is none."""
        return self._keeper.room(room)

    def messages(self, room: str) -> tuple[r.Message, ...]:
        """Oldest first, threads and all. Raises Rejected when there is no such room."""
        return self._keeper.room(room).messages

    def message(self, room: str, message: str) -> r.Message:
        """Raises Rejected when there is none."""
        return self._keeper.message(room, message)

    def people(self, room: str) -> Mapping[str, str]:
        """Who is in the room: their names by their ids, in the order they came."""
        return self._keeper.room(room).people

    def may_read(self, room: str, person: str) -> bool:
        """A private room is read by those who were invited."""
        return self._keeper.may_read(room, person)

    def close(self) -> None:
        """Finish what was begun and let another process have the folder. Nothing can be said afterwards."""
        if self._writer is not None:
            self._writer.shutdown()
            self._writer = None
            self._keeper.close()

    async def aclose(self) -> None:
        self.close()

    # The rest.

    async def _run(self, change: Callable[[], Outcome[T]]) -> T:
        if self._writer is None:
            raise Unavailable(f"The rooms in {self._keeper.folder} are closed.")
        result, seen = await asyncio.get_running_loop().run_in_executor(self._writer, change)
        if seen is not None:
            self._screen.changed(seen)
        return result

    async def _answered(self, inbox: Inbox, said: Said) -> Document:
        try:
            return await inbox.said(said)
        except (Overloaded, StoreUnavailable) as problem:
            return words(f"Nothing was done: {problem} Please type it again in a moment.", "refused")

    async def _speak(self, person: str, room: str, text: str) -> r.Message:
        text = clean(text).strip()
        if not text or len(text) > LINE:
            raise Rejected(f"A line has 1 to {LINE:,} characters; this one has {len(text):,}.")
        self._keeper.check_writable(room, person)
        known = self._people.get(person)
        if person not in self.people(room):
            name = known.name if known else person
            await self._run(partial(self._keeper.join, room, {person: short(name, NAME)}))
        return await self._run(partial(self._keeper.post, room, self._message(person, words(text))))

    def _message(self, by: str, document: Document, *, thread: str = "", key: str = "") -> r.Message:
        return r.Message("", by, cut(document), self._clock.now(), thread, key)

    async def _take(self, typed: Typed) -> None:
        try:
            await self.type(typed.person, typed.room, typed.line)
        except (Rejected, Unavailable) as problem:
            self._screen.note(problem.reason)

    def _heard(self) -> asyncio.Future[Inbox]:
        """Who listens, or will."""
        if self._inbox is None:
            self._inbox = asyncio.get_running_loop().create_future()
        return self._inbox
