"""What happened: the timeline is the list of these, in the past tense, and nothing is ever taken out of it but the text of a
message that was removed (`MessageRemoved`).

Rules of this file: an event is data, it holds facts and no words; `at` is when it happened (`Recorded.recorded_at`
is when it was said); a correction is another event. Renaming a class or a field needs an upcaster in `storage.codec`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.incident.events.happened import Happened
from bot.incident.events.life import (
    Absorbed,
    AlertFact,
    AlertsCleared,
    AlertsFired,
    AlertsLeft,
    AlertsStillFiring,
    EditedDraftKept,
    IncidentOpened,
    MadePrivate,
    MergedInto,
    PostmortemAssigned,
    PostmortemDrafted,
    PostmortemWritten,
    ReplayBegan,
    ReplayMoved,
    ReplayPaced,
    SeverityChanged,
    StatusChanged,
    TitleChanged,
)
from bot.incident.events.outside import (
    AnnouncementPosted,
    ArchiveWasDue,
    CardLost,
    CardPosted,
    DeliveryFailed,
    PageAcknowledged,
    PageFailed,
    PageSent,
    PageTakenBack,
    PagingEnded,
    PeoplePaged,
    PostReachedPage,
    PublicDraftDiscarded,
    PublicPostDrafted,
    PublicPostPublished,
    RoomArchived,
    RoomOpened,
)
from bot.incident.events.work import (
    FileKept,
    FileNotKept,
    FollowUpAdded,
    FollowUpChanged,
    FollowUpDated,
    ImpactDescribed,
    MessageEdited,
    MessageRemoved,
    MomentSet,
    Noted,
    Retracted,
    RoleAssigned,
    Seconded,
    TaskAdded,
    TaskChanged,
    Undone,
    UpdatePosted,
    UpdateWasDue,
)
from bot.incident.model import Source

__all__ = [
    "KINDS",
    "PLUMBING",
    "Absorbed",
    "AlertFact",
    "AlertsCleared",
    "AlertsFired",
    "AlertsLeft",
    "AlertsStillFiring",
    "AnnouncementPosted",
    "ArchiveWasDue",
    "CardLost",
    "CardPosted",
    "DeliveryFailed",
    "EditedDraftKept",
    "Event",
    "FileKept",
    "FileNotKept",
    "FollowUpAdded",
    "FollowUpChanged",
    "FollowUpDated",
    "Happened",
    "ImpactDescribed",
    "IncidentOpened",
    "MadePrivate",
    "MergedInto",
    "MessageEdited",
    "MessageRemoved",
    "MomentSet",
    "Noted",
    "PageAcknowledged",
    "PageFailed",
    "PageSent",
    "PageTakenBack",
    "PagingEnded",
    "PeoplePaged",
    "PostReachedPage",
    "PostmortemAssigned",
    "PostmortemDrafted",
    "PostmortemWritten",
    "PublicDraftDiscarded",
    "PublicPostDrafted",
    "PublicPostPublished",
    "Recorded",
    "ReplayBegan",
    "ReplayMoved",
    "ReplayPaced",
    "Retracted",
    "RoleAssigned",
    "RoomArchived",
    "RoomOpened",
    "Seconded",
    "SeverityChanged",
    "StatusChanged",
    "TaskAdded",
    "TaskChanged",
    "TitleChanged",
    "Undone",
    "UpdatePosted",
    "UpdateWasDue",
    "kind_of",
]


Event = (
    IncidentOpened
    | AlertsFired
    | AlertsCleared
    | AlertsLeft
    | AlertsStillFiring
    | StatusChanged
    | MergedInto
    | Absorbed
    | SeverityChanged
    | TitleChanged
    | MadePrivate
    | ReplayBegan
    | ReplayMoved
    | ReplayPaced
    | RoleAssigned
    | Noted
    | Retracted
    | Seconded
    | MessageEdited
    | MessageRemoved
    | FileKept
    | FileNotKept
    | TaskAdded
    | TaskChanged
    | FollowUpAdded
    | FollowUpChanged
    | FollowUpDated
    | MomentSet
    | ImpactDescribed
    | UpdatePosted
    | UpdateWasDue
    | PeoplePaged
    | PageTakenBack
    | PageSent
    | PageFailed
    | PageAcknowledged
    | PagingEnded
    | PublicPostDrafted
    | PublicDraftDiscarded
    | PublicPostPublished
    | PostReachedPage
    | RoomOpened
    | ArchiveWasDue
    | RoomArchived
    | CardPosted
    | CardLost
    | AnnouncementPosted
    | DeliveryFailed
    | PostmortemDrafted
    | PostmortemAssigned
    | PostmortemWritten
    | EditedDraftKept
    | Undone
)

PLUMBING = (
    RoomOpened,
    ArchiveWasDue,
    RoomArchived,
    CardPosted,
    CardLost,
    AnnouncementPosted,
    PostReachedPage,
    PostmortemWritten,
    Seconded,
    MessageEdited,
    FileKept,
)
"""Kept for the loop, not for the story: left out of timelines people read."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event as it stands on the timeline. `seq` counts from 1 inside its incident; `command` is the `seq` of the
    first event the same command caused, so that one undo takes back all of them; `by` is a person's id, a platform user (`slack:U0ANA`) or a part of the machine (`alertmanager`)."""

    incident: int
    seq: int
    recorded_at: datetime
    by: str
    source: Source
    command: int
    event: Event

    @property
    def id(self) -> str:
        """What a postmortem cites: `e12`."""
        return f"e{self.seq}"

    @property
    def kind(self) -> str:
        return kind_of(self.event)

    @property
    def public(self) -> bool:
        """May be shown to customers as it stands."""
        return isinstance(self.event, PublicPostPublished)


def kind_of(event: Event) -> str:
    """The name of an event in tables and exports: `IncidentOpened` is `incident_opened`."""
    return KINDS[type(event)]


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


KINDS: Mapping[type[Event], str] = {cls: _snake(cls.__name__) for cls in Event.__args__}
