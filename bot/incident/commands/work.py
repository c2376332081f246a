"""What people do about it: roles, lines on the timeline, tasks, follow-ups, timestamps, updates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.incident.attachment import Attachment
from bot.incident.events import Recorded
from bot.incident.model import Captured, Mark, Moment, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignRole:
    """`person` empty gives the role up."""

    role: Role
    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """`message` is the one a reaction of `by` was put on, with the `files` that are in it; `events` is filled in with what
    reactions on it did before. The same of a task and a follow-up."""

    mark: Mark
    text: str
    when: datetime | None = None
    author: str = ""
    message: str = ""
    by: str = ""
    files: tuple[Attachment, ...] = ()
    events: tuple[Recorded, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Retract:
    """`by` takes back what a reaction made of a message. `events` is filled in with all that reactions on it did."""

    message: str
    captured: Captured = Captured.LINE
    mark: Mark | None = None
    by: str = ""
    events: tuple[Recorded, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EditMessage:
    """What reactions made of the message shall read as it does now. `events` is filled in with all that is recorded. The same
    when it is removed."""

    message: str
    text: str
    when: datetime | None = None
    events: tuple[Recorded, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveMessage:
    """The text of the message shall be nowhere any more. `by` removed it, as far as the platform says who."""

    message: str
    when: datetime | None = None
    by: str = ""
    events: tuple[Recorded, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFile:
    """What came of keeping a copy of the `number`-th file of `message`: `size` bytes are kept, unless it `failed`. `events` is
    filled in with all that is recorded."""

    message: str
    number: int
    size: int = 0
    sha256: str = ""
    failed: str = ""
    events: tuple[Recorded, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AddTask:
    text: str
    owner: str = ""
    message: str = ""
    author: str = ""
    by: str = ""
    files: tuple[Attachment, ...] = ()
    events: tuple[Recorded, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeTask:
    """`task` 0 is the only open one, where it is done or dropped."""

    task: int
    done: bool = False
    dropped: bool = False
    owner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddFollowUp:
    text: str
    owner: str = ""
    due: datetime | None = None
    message: str = ""
    author: str = ""
    by: str = ""
    files: tuple[Attachment, ...] = ()
    events: tuple[Recorded, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeFollowUp:
    """`followup` 0 is the only open one, where it is closed. `owner` empty: it stays with whom it is."""

    followup: int
    outcome: str
    reason: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DateFollowUp:
    """Until when it is to be done; None: nobody says."""

    followup: int
    due: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMoment:
    moment: Moment
    value: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeImpact:
    text: str = ""
    plane: str = ""
    affected: tuple[str, ...] = ()
    start: datetime | None = None
    end: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostUpdate:
    """The next one is promised for `next_at`, or for `next_in` from now."""

    text: str
    next_in: timedelta | None = None
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remind:
    """The clock: an update was promised for `promised`."""

    promised: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """Take back what one command did: `event` names one of its events, None means the person's last one."""

    by: str
    event: int | None = None
    events: tuple[Recorded, ...] = ()
