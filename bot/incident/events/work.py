"""What people do about it: roles, lines on the timeline, tasks, follow-ups, timestamps, updates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.incident.attachment import Attachment
from bot.incident.events.happened import Happened
from bot.incident.model import FollowUp, Mark, Moment, Role, Stamp, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleAssigned(Happened):
    """`person` empty: the role was given up."""

    role: Role
    person: str
    previous: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted(Happened):
    """A line for the timeline. `message` is the chat message it was taken from, `author` who wrote that. `edited`: it reads
    otherwise than when it was taken; never stored, and said by `bot.incident.timeline`. `files` are in the message. The same of
    tasks and follow-ups."""

    mark: Mark
    text: str
    author: str = ""
    message: str = ""
    edited: bool = False
    files: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Retracted(Happened):
    """An earlier line was taken back; it stays in the log and is shown nowhere."""

    event: int
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seconded(Happened):
    """Somebody put the same reaction on the message that event `event` was taken from, or (`stands` False) took theirs
    off while it stands for others."""

    event: int
    message: str
    stands: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageEdited(Happened):
    """A message reads `text` now, and so does what was taken from it: the lines, tasks and follow-ups that `events` made, these
    as the `tasks` and `followups` of these numbers."""

    message: str
    text: str
    events: tuple[int, ...]
    tasks: tuple[int, ...] = ()
    followups: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRemoved(Happened):
    """A message was removed, and its text from all that `events` had made of it: lines with these `marks`, `tasks` and
    `followups`. `by_author` None: nobody knows whether its author did it. `posts` are the public ones that quote it."""

    message: str
    events: tuple[int, ...]
    marks: tuple[Mark, ...] = ()
    tasks: tuple[int, ...] = ()
    followups: tuple[int, ...] = ()
    by_author: bool | None = None
    posts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileKept(Happened):
    """There is a copy of the `number`-th file (from 0) of a message, of `size` bytes."""

    message: str
    number: int
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileNotKept(Happened):
    """There is none, and a person is told why; `name` is what the file is called."""

    message: str
    number: int
    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskAdded(Happened):
    task: int
    text: str
    owner: str = ""
    message: str = ""
    author: str = ""
    edited: bool = False
    files: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskChanged(Happened):
    """A task was done, dropped, reopened or given to somebody. `before` is what it was, for who takes that back."""

    task: int
    done: bool = False
    dropped: bool = False
    owner: str = ""
    before: Task | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpAdded(Happened):
    followup: int
    text: str
    owner: str = ""
    due: datetime | None = None
    message: str = ""
    author: str = ""
    edited: bool = False
    files: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpChanged(Happened):
    """`outcome`: done, wontdo (with a reason), dropped, or empty when it is open (again). `owner` is who has it now, None:
    who had it. `before` is what it was."""

    followup: int
    outcome: str
    reason: str = ""
    before: FollowUp | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpDated(Happened):
    """It is due at another time than `old`; None: nobody says when."""

    followup: int
    due: datetime | None
    old: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MomentSet(Happened):
    """A timestamp was set or corrected. `value` None takes it away again. `was` is how it had been known."""

    moment: Moment
    value: datetime | None
    old: datetime | None = None
    source: str = "command"
    reason: str = ""
    was: Stamp | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpactDescribed(Happened):
    text: str = ""
    plane: str = ""
    affected: tuple[str, ...] = ()
    previous_text: str = ""
    previous_plane: str = ""
    previous_affected: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdatePosted(Happened):
    """A word to the organisation; `next_by` is when the next one is promised."""

    text: str
    next_by: datetime | None = None
    previous_text: str = ""
    previous_by: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateWasDue(Happened):
    promised: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone(Happened):
    """What follows in the same command takes back these events."""

    events: tuple[int, ...]
