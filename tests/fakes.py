"""Providers that keep their port's promise in memory, remember what they were asked, and fail on order.

They are for tests of the loop, where the provider is not what is tested. What a provider itself must do is tested
against a server that speaks its language (tests/contract/servers).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.chat.document import Document
from bot.incident.model import Person, PublicPost
from bot.ports import Attempt, ChatPlatform, Inbox, PageMessage, Rejected, RoomLink, RoomRef, Written

Order = Exception | Callable[[], Awaitable[None]]
"""What the next call gets: an error, or something that happens while the provider works."""


@dataclass
class Orders:
    """`then` for the next calls, one each; `always` for every call after them."""

    then: deque[Order] = field(default_factory=deque)
    always: Order | None = None

    async def obey(self) -> None:
        order = self.then.popleft() if self.then else self.always
        if isinstance(order, Exception):
            raise order
        if order is not None:
            await order()


class Patience:
    """An order: the provider is asked and does not answer until `go` is set. `asked` says that it has begun."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.go = asyncio.Event()

    async def __call__(self) -> None:
        self.asked.set()
        await self.go.wait()


@dataclass(frozen=True)
class Asked:
    """One try of a page, as the pager saw it."""

    key: str
    number: int
    person: str
    text: str


class RecordingPager:
    """A `Pager`. `tries` are all calls; `sent` what a person was woken by, once for each key."""

    def __init__(self) -> None:
        self.orders = Orders()
        self.tries: list[Asked] = []
        self.sent: dict[str, Asked] = {}

    async def trigger(self, attempt: Attempt, page: PageMessage) -> str:
        asked = Asked(attempt.key, attempt.number, page.person.id, f"{page.headline}\n{page.text}".strip())
        self.tries.append(asked)
        await self.orders.obey()
        self.sent.setdefault(attempt.key, asked)
        return f"receipt {attempt.key}"

    @property
    def woken(self) -> list[str]:
        return [asked.person for asked in self.sent.values()]


class RecordingStatusPage:
    """A `StatusPage`: a post twice is on the page once."""

    def __init__(self) -> None:
        self.orders = Orders()
        self.posts: dict[tuple[str, int], PublicPost] = {}

    async def publish(self, attempt: Attempt, *, ref: str, number: int, at: datetime, post: PublicPost) -> str:
        await self.orders.obey()
        self.posts.setdefault((ref, number), post)
        return f"https://status.example.org/incidents/{ref}"


class RecordingPublisher:
    """A `Publisher`: the last text of each incident."""

    def __init__(self) -> None:
        self.orders = Orders()
        self.texts: dict[str, str] = {}
        self.private = False

    async def write(self, attempt: Attempt, *, ref: str, text: str, private: bool = False) -> Written:
        await self.orders.obey()
        self.texts[ref] = text
        self.private = private
        return Written(f"drafts/{ref}.md")


class TroubledChat:
    """A real platform behind a line that can be cut: `calls` are the methods that were tried, `orders` the trouble. Rooms
    have an address below `rooms`, if there is one; by their place `files` are fetched."""

    def __init__(self, platform: ChatPlatform) -> None:
        self._platform = platform
        self.orders = Orders()
        self.by_method: dict[str, Orders] = {}
        self.calls: list[str] = []
        self.rooms = ""
        self.files: dict[str, bytes] = {}

    @property
    def name(self) -> str:
        return self._platform.name

    @property
    def announce_room(self) -> str:
        return self._platform.announce_room

    async def room_named(self, name: str) -> str:
        await self._called("room_named")
        return await self._platform.room_named(name)

    async def open_room(self, attempt: Attempt, *, mark: str, name: str, topic: str, private: bool) -> RoomRef:
        await self._called("open_room")
        opened = await self._platform.open_room(attempt, mark=mark, name=name, topic=topic, private=private)
        return replace(opened, link=f"{self.rooms}{opened.id}" if self.rooms else "")

    async def say(self, attempt: Attempt, room: str, document: Document, *, thread: str = "") -> str:
        await self._called("say")
        return await self._platform.say(attempt, room, document, thread=thread)

    async def edit(self, attempt: Attempt, room: str, message: str, document: Document) -> None:
        await self._called("edit")
        await self._platform.edit(attempt, room, message, document)

    async def pin(self, attempt: Attempt, room: str, message: str) -> None:
        await self._called("pin")
        await self._platform.pin(attempt, room, message)

    async def invite(self, attempt: Attempt, room: str, people: Sequence[Person]) -> None:
        await self._called("invite")
        await self._platform.invite(attempt, room, people)

    async def set_topic(self, attempt: Attempt, room: str, topic: str) -> None:
        await self._called("set_topic")
        await self._platform.set_topic(attempt, room, topic)

    async def set_links(self, attempt: Attempt, room: str, links: Sequence[RoomLink]) -> None:
        await self._called("set_links")
        await self._platform.set_links(attempt, room, links)

    async def archive(self, attempt: Attempt, room: str) -> None:
        await self._called("archive")
        await self._platform.archive(attempt, room)

    async def fetch(self, place: str, most: int) -> bytes:
        await self._called("fetch")
        if place not in self.files:
            return await self._platform.fetch(place, most)
        content = self.files[place]
        if len(content) > most:
            raise Rejected("it is larger than that")
        return content

    async def listen(self, inbox: Inbox) -> None:
        await self._platform.listen(inbox)

    async def _called(self, method: str) -> None:
        self.calls.append(method)
        if method in self.by_method:
            await self.by_method[method].obey()
        await self.orders.obey()
