"""What the product asks of the world: one Protocol a port. The database is bot.store, what understands alerts bot.alerts.source.

An adapter raises `Unavailable` or `Rejected` and nothing else on purpose; any other exception is a bug, logged with
its traceback and retried. No port carries words or a feature's name: it takes a `Document`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from bot.alerts.model import Notification
from bot.chat.document import Document
from bot.chat.wanting import Asked
from bot.incident.attachment import Attachment
from bot.incident.model import Person, PublicPost


class DeliveryError(Exception):
    """An effect was not done. `reason` is fit to be shown: it holds no secret."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Unavailable(DeliveryError):
    """Not now; try again, after `retry_after` if the other side said when."""

    def __init__(self, reason: str, retry_after: timedelta | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class Rejected(DeliveryError):
    """Never; trying again will not help. A person must look."""


class Gone(Rejected):
    """The message that is meant is there no more: somebody deleted it."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """Which effect this is, and which try (from 1). Providers that can, deduplicate by `key`."""

    key: str
    number: int = 1


class Clock(Protocol):
    def now(self) -> datetime:
        """The time, UTC; never earlier than an earlier answer."""
        ...


@dataclass(frozen=True, slots=True)
class RoomRef:
    """A room, by its platform's own id. `link` opens it; `private`: only who was invited reads it."""

    id: str
    link: str = ""
    private: bool = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class RoomLink:
    """An address, http or https, that a room shows under a `title`."""

    title: str
    url: str


class ChatPlatform(Protocol):
    """A place where people talk. Every method may raise Unavailable or Rejected."""

    @property
    def name(self) -> str:
        """The key of its block under `chat:`."""
        ...

    @property
    def announce_room(self) -> str:
        """Where incidents are announced; empty: nowhere."""
        ...

    async def room_named(self, name: str) -> str:
        """The id of a room as the configuration names it (empty: `announce_room`). We may write there, and what people do there is
        handed over from now on. Raises Rejected, naming it, when it is not there or does not let us."""
        ...

    async def open_room(self, attempt: Attempt, *, mark: str, name: str, topic: str, private: bool) -> RoomRef:
        """The room that carries `mark` (`inc-7`): the one that is there, else a new one, `private` or not. Never two. What
        the answer says of a room that was there before is how it is, and not how it was asked for."""
        ...

    async def say(self, attempt: Attempt, room: str, document: Document, *, thread: str = "") -> str:
        """Post, and answer the message's id. The same `attempt.key` twice posts once where the platform allows it. Raises Gone where it can
        tell that the `thread` is there no more."""
        ...

    async def edit(self, attempt: Attempt, room: str, message: str, document: Document) -> None:
        """Replace what a message of ours says. Raises Gone where it can tell that it is there no more."""
        ...

    async def pin(self, attempt: Attempt, room: str, message: str) -> None:
        """Pin it; it may be pinned already."""
        ...

    async def invite(self, attempt: Attempt, room: str, people: Sequence[Person]) -> None:
        """Bring them in; who is there already, or cannot be found, is no error."""
        ...

    async def set_topic(self, attempt: Attempt, room: str, topic: str) -> None: ...
    async def set_links(self, attempt: Attempt, room: str, links: Sequence[RoomLink]) -> None:
        """Show these above the room, if it can, in this order and no others of ours; what is no address of the web is left out."""
        ...

    async def archive(self, attempt: Attempt, room: str) -> None:
        """Nobody writes there any more; reading stays."""
        ...

    async def fetch(self, place: str, most: int) -> bytes:
        """What lies at an `Attachment.place`. Raises Rejected, to be read behind "not kept:", when it has more than `most` bytes, or is gone."""
        ...

    async def listen(self, inbox: Inbox) -> None:
        """Hand over what people say and how they react, until cancelled, and then end at once. It is begun again after whatever
        it raises, also a bug; here or in another process, by the same or another adapter of this platform. So nothing may
        be lost that was said in between, and what was handed over is handed over again rather than not at all."""
        ...

    async def aclose(self) -> None:
        """Let go of what it holds; nothing is asked of it afterwards."""
        ...


@dataclass(frozen=True, slots=True)
class Said:
    """A line somebody typed to the bot. `message` is its id at the platform (may be empty). `about`: the incident that is meant as if it
    was typed in its room, where there is no `room`. `confined`: a room has the members that act on its incident, so nothing is done in
    it to another one. `link` opens the message (`bot.incident.text.web_link`; what is none is dropped). `stands`: others read the line."""

    platform: str
    room: str
    by: str
    line: str
    message: str = ""
    at: datetime | None = None
    about: int | None = None
    confined: bool = False
    link: str = ""
    stands: bool = False


@dataclass(frozen=True, slots=True)
class Reacted:
    """A reaction put on (or taken off) a message; `text`, `author`, `at`, `files` and `link` (as in `Said`) are the message's. `aside`:
    what is answered is seen by who reacted alone."""

    platform: str
    room: str
    by: str
    emoji: str
    message: str
    text: str
    author: str = ""
    at: datetime | None = None
    added: bool = True
    event: str = ""
    files: tuple[Attachment, ...] = ()
    link: str = ""
    aside: bool = False


@dataclass(frozen=True, slots=True)
class Edited:
    """A message reads `text` now; `by` edited it at `at`. `event` is the edit's own id there. An edited line is no second line."""

    platform: str
    room: str
    by: str
    message: str
    text: str
    at: datetime | None = None
    event: str = ""


@dataclass(frozen=True, slots=True)
class Removed:
    """A message is no more; `by` removed it at `at`, empty where the platform does not say who. `event` is the removal's own id."""

    platform: str
    room: str
    by: str
    message: str
    at: datetime | None = None
    event: str = ""


class Inbox(Protocol):
    """What inbound adapters call."""

    async def said(self, said: Said) -> Document:
        """Do what the line asks; the answer is for the person who typed it."""
        ...

    async def wanting(self, said: Said) -> Asked | None:
        """The form that the line asks for, for platforms that can show one; None: it is to be done as it is."""
        ...

    async def reacted(self, reacted: Reacted) -> Document | None:
        """What is to be told to who reacted: aside, or in the thread of the message; None: nothing. Raises as `edited`."""

    async def edited(self, edited: Edited) -> None:
        """What reactions made of the message reads as it does. Of any message; of most of them nothing was made. An adapter
        hands over edits in their order, and behind the reactions that it heard before them. Raises Overloaded or
        StoreUnavailable: nothing was done."""
        ...

    async def removed(self, removed: Removed) -> None:
        """The text of the message is nowhere in the database any more. As `edited`."""
        ...

    async def notified(self, notification: Notification) -> None:
        """Returns once the alerts are stored. Raises Overloaded or StoreUnavailable: nothing was stored."""


class Overloaded(Exception):
    """Too much waits already; the sender should come back (503)."""


@dataclass(frozen=True, slots=True)
class PageMessage:
    """One page: what to say to whom, and the link that acknowledges it. `headline` is what a phone shows first, `title`
    the incident's own; `opened_at` tells INC-7 from the INC-7 of another database. `answer_url` is where the provider tells
    us of answers (`bot.answering.HearsAnswers`), empty when nobody could reach it. `ack_token` names incident and person as
    the link's own does (`bot.answering.PageAnswers.whose`), and stays the same however often the page is tried."""

    person: Person
    key: str
    ref: str
    title: str
    headline: str
    text: str
    severity: str
    opened_at: datetime
    ack_url: str = ""
    ack_token: str = ""
    answer_url: str = ""
    room_url: str = ""
    runbook_url: str = ""


class Pager(Protocol):
    """A way to wake somebody."""

    async def trigger(self, attempt: Attempt, page: PageMessage) -> str:
        """Send it; answers the provider's receipt (may be empty)."""
        ...


class StatusPage(Protocol):
    async def publish(self, attempt: Attempt, *, ref: str, number: int, at: datetime, post: PublicPost) -> str:
        """Show post `number` of incident `ref`, published at `at`, with the time that it carries if it carries another one;
        answers the incident's permanent address (may be empty)."""
        ...


@dataclass(frozen=True, slots=True)
class Written:
    """Where a text lies. `edited` is where an earlier one lies that people changed (empty: they changed none)."""

    place: str
    edited: str = ""


class Publisher(Protocol):
    async def write(self, attempt: Attempt, *, ref: str, text: str, private: bool = False) -> Written:
        """Put a Markdown text where people edit it, without overwriting what they wrote; answers where it lies. What is
        `private` is read by nobody who may not look into the bot's own files."""
        ...


AckLink = Callable[[int, str], str]
"""(incident number, person id) -> the signed address that acknowledges."""

AckToken = Callable[[int, str, datetime], str]
"""(incident number, person id, when the page came due) -> what such an address ends in; the same for the same page."""
