"""Waking people, the public word, and what came of what was done outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.incident.commands.life import Rung
from bot.incident.model import ComponentState, PublicStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Wake somebody: `target` is `policy:NAME`, `schedule:NAME` or `person:ID`."""

    target: str
    text: str = ""
    rung: Rung | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalate:
    """The clock: nobody answered the step before `step` of round `round`; ask it, or whichever comes next. `due` is the time
    that was waited for; None: it is somebody's word, and no clock's."""

    ladder: str
    step: int
    round: int
    rung: Rung | None = None
    due: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledge:
    """`by_number`: nothing shows that `person` knows of the incident but that they named its number."""

    person: str
    via: str = "command"
    by_number: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StopPaging:
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPage:
    """What came of one page; `failed` empty means it was sent. `nobody_left`: with this one every way to reach the
    rung has failed, and `rung` is the next one. An empty `ladder`: which rung it was of is not known."""

    person: str
    way: str
    receipt: str = ""
    failed: str = ""
    ladder: str = ""
    step: int = 0
    round: int = 0
    nobody_left: bool = False
    rung: Rung | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftPublicPost:
    """A preview for customers; `masked` lists what was taken out of the text because it is nobody's business. `title`
    is one that somebody wrote; `subject` names the components, for when there is none yet. `when` is the time the post
    carries on the page; None: the one at which it is published."""

    status: PublicStatus
    text: str
    title: str = ""
    subject: str = ""
    components: Mapping[str, ComponentState] = field(default_factory=dict)
    masked: tuple[str, ...] = ()
    when: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovePublicPost:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscardPublicPost:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPost:
    number: int
    page: str
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRoom:
    """`private`: only who is invited reads it."""

    platform: str
    room: str
    link: str = ""
    private: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveRooms:
    """The clock: the incident has been over for long enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordArchive:
    platform: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCard:
    platform: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoseCard:
    """Somebody deleted `message`, which was the card there."""

    platform: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordAnnouncement:
    platform: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFailure:
    effect: str
    provider: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPostmortem:
    """A draft lies at `place`; at `edited` lies one that people changed, which was left as it is. `copy`: another publisher
    keeps it as well. `removed`: it was written anew because a text in it was removed."""

    place: str
    edited: str = ""
    copy: bool = False
    removed: bool = False
