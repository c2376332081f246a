"""What people do about it: roles, lines on the timeline, tasks, follow-ups, timestamps, updates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.incident.events import Recorded
from bot.incident.model import Mark, Moment, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignRole:
    """`person` empty gives the role up."""

    role: Role
    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    mark: Mark
    text: str
    when: datetime | None = None
    author: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retract:
    """Take a captured message's line back; `events` is filled in with what it made."""

    message: str
    mark: Mark | None = None
    events: tuple[Recorded, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AddTask:
    text: str
    owner: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeTask:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeFollowUp:
    followup: int
    outcome: str
    reason: str = ""


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
    text: str
    next_in: timedelta | None = None


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
