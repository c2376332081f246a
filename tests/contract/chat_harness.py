"""What the contract of a chat platform needs besides the port: eyes, and a way to stop and start again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from adapters.chat.console import Config, ConsolePlatform, build
from bot.ports import ChatPlatform


@dataclass(frozen=True)
class Seen:
    """A message as a person in the room reads it."""

    id: str
    text: str
    thread: str = ""


class Harness(Protocol):
    """One platform, looked at from the side of the people who use it."""

    platform: ChatPlatform
    stranger: str
    """Somebody who is on the platform and was invited nowhere."""

    async def rooms(self) -> list[str]: ...

    async def messages(self, room: str) -> list[Seen]:
        """Oldest first."""
        ...

    async def pinned(self, room: str) -> list[str]: ...

    async def topic(self, room: str) -> str: ...

    async def members(self, room: str) -> list[str]:
        """The ids (keys under `people:`) of those who are in, or invited to, the room; each as often as it is there."""
        ...

    async def may_read(self, room: str, person: str) -> bool: ...

    async def restart(self) -> None:
        """Stop the bot's side and start it anew; `platform` is another object afterwards."""
        ...


class SlowClock:
    """A second later each time it is asked."""

    def __init__(self) -> None:
        self._now = datetime(2026, 11, 22, 2, 14, tzinfo=UTC)

    def now(self) -> datetime:
        self._now += timedelta(seconds=1)
        return self._now


class ConsoleHarness:
    stranger = "eve"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._clock = SlowClock()
        self.platform: ConsolePlatform = self._build()

    def _build(self) -> ConsolePlatform:
        return build("console", Config(folder=str(self._folder)), clock=self._clock)

    async def rooms(self) -> list[str]:
        return [room.id for room in self.platform.rooms()]

    async def messages(self, room: str) -> list[Seen]:
        return [Seen(said.id, said.document.to_plain(), said.thread) for said in self.platform.messages(room)]

    async def pinned(self, room: str) -> list[str]:
        return list(self.platform.room(room).pinned)

    async def topic(self, room: str) -> str:
        return self.platform.room(room).topic

    async def members(self, room: str) -> list[str]:
        return list(self.platform.people(room))

    async def may_read(self, room: str, person: str) -> bool:
        return self.platform.may_read(room, person)

    async def restart(self) -> None:
        self.platform.close()
        self.platform = self._build()


@asynccontextmanager
async def console(folder: Path) -> AsyncIterator[Harness]:
    harness = ConsoleHarness(folder / "rooms")
    try:
        yield harness
    finally:
        harness.platform.close()


HARNESSES = {"console": console}
"""A platform that is added here is held to the whole contract."""
