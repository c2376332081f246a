"""A chat that costs nothing, so that what is left is ours."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from bot.chat.document import Document
from bot.incident.model import Person
from bot.ports import Attempt, Inbox, Rejected, RoomLink, RoomRef


class QuietChat:
    """`bot.ports.ChatPlatform` that takes `seconds` for every call and forgets it. `done` is told each effect's key."""

    name = "console"
    announce_room = "announcements"

    def __init__(
        self,
        *,
        seconds: float = 0.0,
        opened: Callable[[str], object] = lambda room: None,
        done: Callable[[str], object] = lambda key: None,
    ) -> None:
        self._seconds = seconds
        self._opened = opened
        self._done = done

    async def _did(self, attempt: Attempt) -> None:
        if self._seconds:
            await asyncio.sleep(self._seconds)
        self._done(attempt.key)

    async def room_named(self, name: str) -> str:
        return name or self.announce_room

    async def open_room(self, attempt: Attempt, *, mark: str, name: str, topic: str, private: bool) -> RoomRef:
        self._opened(mark)
        await self._did(attempt)
        return RoomRef(mark, f"http://127.0.0.1/{mark}", private=private)

    async def say(self, attempt: Attempt, room: str, document: Document, *, thread: str = "") -> str:
        await self._did(attempt)
        return attempt.key

    async def edit(self, attempt: Attempt, room: str, message: str, document: Document) -> None:
        await self._did(attempt)

    async def pin(self, attempt: Attempt, room: str, message: str) -> None:
        return

    async def invite(self, attempt: Attempt, room: str, people: Sequence[Person]) -> None:
        await self._did(attempt)

    async def set_topic(self, attempt: Attempt, room: str, topic: str) -> None:
        await self._did(attempt)

    async def set_links(self, attempt: Attempt, room: str, links: Sequence[RoomLink]) -> None:
        await self._did(attempt)

    async def archive(self, attempt: Attempt, room: str) -> None:
        await self._did(attempt)

    async def fetch(self, place: str, most: int) -> bytes:
        raise Rejected("nothing is attached here")

    async def listen(self, inbox: Inbox) -> None:
        await asyncio.Event().wait()

    async def aclose(self) -> None:
        return
