"""What an adapter hands over, remembered; and the bot listening to a homeserver."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from bot.alerts.model import Notification
from bot.chat import document as d
from bot.chat.wanting import Asked
from bot.ports import Attempt, Edited, Reacted, Removed, Said
from tests.contract.chat_harness import MatrixHarness
from tests.until import until


@dataclass
class Heard:
    """An inbox that answers each line with how many it heard, and each reaction of those that it `refuses`; it remembers all."""

    said_: list[Said] = field(default_factory=list)
    reacted_: list[Reacted] = field(default_factory=list)
    edited_: list[Edited] = field(default_factory=list)
    removed_: list[Removed] = field(default_factory=list)
    fails: Callable[[Said], None] = lambda said: None
    refuses: tuple[str, ...] = ()

    @property
    def lines(self) -> list[str]:
        return [said.line for said in self.said_]

    async def said(self, said: Said) -> d.Document:
        self.said_.append(said)
        self.fails(said)
        return d.say(f"answer {len(self.said_)}: {said.line}")

    async def wanting(self, said: Said) -> Asked | None:
        return None

    async def reacted(self, reacted: Reacted) -> d.Document | None:
        self.reacted_.append(reacted)
        return d.say(f"no dot: {reacted.by}") if reacted.emoji in self.refuses else None

    async def edited(self, edited: Edited) -> None:
        self.edited_.append(edited)

    async def removed(self, removed: Removed) -> None:
        self.removed_.append(removed)

    async def notified(self, notification: Notification) -> None:
        raise AssertionError("no alerts come from a chat platform")


@asynccontextmanager
async def listening(matrix: MatrixHarness, heard: Heard) -> AsyncIterator[None]:
    """The bot listens, and everything that was there before is behind it."""
    task = asyncio.create_task(matrix.platform.listen(heard))
    try:
        await until(lambda: matrix.since(), "the first look")
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def opened(matrix: MatrixHarness, mark: str = "inc-7") -> str:
    ref = await matrix.platform.open_room(
        Attempt(f"open-{mark}"), mark=mark, name=f"{mark}-ceph", topic="INC-7 Ceph", private=False
    )
    for person in matrix.people.values():
        await person.join(ref.id)
    return ref.id


def answers(matrix: MatrixHarness, room: str) -> Callable[[], Awaitable[list[dict[str, Any]]]]:
    async def look() -> list[dict[str, Any]]:
        return [said for said in await matrix.people["ana"].messages(room) if said["sender"] == matrix.user_id]

    return look
