"""What an adapter may offer beside its port. That a chat platform is told of things over HTTP is `bot.mounted`."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from bot.chat.document import Document
from bot.incident.model import Person
from bot.ports import Attempt


@runtime_checkable
class Probed(Protocol):
    """What an adapter of any kind may offer, so that `klatsch check` can try it."""

    async def probe(self) -> None:
        """Go as far as one can without doing anything: connect, log in, look. Raises Unavailable or Rejected."""
        ...


@runtime_checkable
class ProbesRooms(Protocol):
    """What a chat platform may offer, so that `klatsch check` can try the rooms that the configuration names."""

    async def probe_room(self, name: str) -> None:
        """Look whether `ChatPlatform.room_named` would find it, and let us write there, without doing anything. Raises Unavailable, or
        Rejected that names it."""
        ...


@runtime_checkable
class Addressed(Protocol):
    """What a pager may offer: it knows beforehand whether it can reach somebody."""

    def address(self, person: Person) -> str:
        """Where this way reaches `person`. Raises Rejected, naming what is missing in the configuration."""
        ...


@runtime_checkable
class SendsMail(Protocol):
    """What a pager may offer: it mails things that wake nobody."""

    async def send(self, attempt: Attempt, to: str, subject: str, document: Document, language: str = "en") -> None:
        """Mail `document`, which is in `language`, to an address. The same `attempt.key` is the same mail. Raises Unavailable or Rejected."""
        ...
