"""Who was woken, what customers read, and what came of everything done outside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.incident.events.happened import Happened
from bot.incident.model import PublicPost


@dataclass(frozen=True, slots=True, kw_only=True)
class PeoplePaged(Happened):
    """One rung of a ladder. `next_at` is when the next rung is asked if nobody acknowledges; after the `last` one it
    is when we say that nobody did. `beside`: these are paged too, and the ladder that is being climbed goes on. `targets` are
    what the rung names (`schedule:platform`); `turn` is the step whose turn it was, where they take turns. `unreached`: no
    page to those who were asked before got through."""

    ladder: str
    step: int
    round: int
    people: tuple[str, ...]
    next_at: datetime | None = None
    last: bool = False
    reason: str = ""
    beside: bool = False
    targets: tuple[str, ...] = ()
    turn: str = ""
    unreached: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PageTakenBack(Happened):
    """Who was paged beside a ladder by mistake is waited for no more; the ladder goes on."""

    people: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSent(Happened):
    person: str
    way: str
    receipt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFailed(Happened):
    person: str
    way: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageAcknowledged(Happened):
    person: str
    via: str = "command"


@dataclass(frozen=True, slots=True, kw_only=True)
class PagingEnded(Happened):
    """Nobody is asked any more: `exhausted` when the ladder had no rung left, else why it was stopped."""

    ladder: str
    exhausted: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicPostDrafted(Happened):
    """`before` is the preview that waited until then, for who takes this one back."""

    post: PublicPost
    masked: tuple[str, ...] = ()
    before: PublicPost | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicDraftDiscarded(Happened):
    """`post` is what was thrown away, for who takes that back."""

    post: PublicPost | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicPostPublished(Happened):
    number: int
    post: PublicPost

    @property
    def shown_at(self) -> datetime:
        """The time it carries on the page."""
        return self.post.when or self.at


@dataclass(frozen=True, slots=True, kw_only=True)
class PostReachedPage(Happened):
    """`first`: until then nobody knew where customers read of it there."""

    number: int
    page: str
    link: str = ""
    first: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomOpened(Happened):
    """`exposed`: everybody reads it, and before it was open the incident had become private."""

    platform: str
    room: str
    link: str = ""
    exposed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveWasDue(Happened):
    """The incident has been over for long enough: its rooms are read-only from now on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomArchived(Happened):
    platform: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPosted(Happened):
    platform: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CardLost(Happened):
    """Somebody deleted it."""

    platform: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementPosted(Happened):
    platform: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFailed(Happened):
    """Something we meant to do outside will not be done. Told on every other lane."""

    effect: str
    provider: str
    reason: str
