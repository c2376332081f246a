"""What people and systems ask for, in the imperative. A command is data; `decide` says whether it may be.

Commands that look something up carry the answer in a field that `bot.handle` fills in before `decide` sees them
(`Escalate.rung`, `Undo.events`): so `decide` stays a pure function of what it is given.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.incident.commands.coffee import CoffeeCommand
from bot.incident.commands.duty import DropOverride, DutyCommand, SetOverride, SwapShifts
from bot.incident.commands.life import (
    Absorb,
    Accept,
    AssignPostmortem,
    Cancel,
    Close,
    Decline,
    DraftPostmortem,
    FoldAlerts,
    MakePrivate,
    Merge,
    Open,
    PaceReplay,
    Rename,
    Reopen,
    Resolve,
    Rung,
    SetSeverity,
    SetStatus,
    StartReview,
    StepReplay,
    Twin,
)
from bot.incident.commands.outside import (
    Acknowledge,
    ApprovePublicPost,
    ArchiveRooms,
    DiscardPublicPost,
    DraftPublicPost,
    Escalate,
    LoseCard,
    Page,
    RecordAnnouncement,
    RecordArchive,
    RecordCard,
    RecordFailure,
    RecordPage,
    RecordPost,
    RecordPostmortem,
    RecordRoom,
    StopPaging,
)
from bot.incident.commands.weekly import PostDigest
from bot.incident.commands.work import (
    AddFollowUp,
    AddTask,
    AssignRole,
    ChangeFollowUp,
    ChangeTask,
    DateFollowUp,
    DescribeImpact,
    EditMessage,
    Note,
    PostUpdate,
    RecordFile,
    Remind,
    RemoveMessage,
    Retract,
    SetMoment,
    Undo,
)
from bot.incident.model import Source

__all__ = [
    "Absorb",
    "Accept",
    "Acknowledge",
    "AddFollowUp",
    "AddTask",
    "ApprovePublicPost",
    "ArchiveRooms",
    "Ask",
    "Askable",
    "AssignPostmortem",
    "AssignRole",
    "Cancel",
    "ChangeFollowUp",
    "ChangeTask",
    "Close",
    "CoffeeCommand",
    "Command",
    "DateFollowUp",
    "Decline",
    "DescribeImpact",
    "DiscardPublicPost",
    "DraftPostmortem",
    "DraftPublicPost",
    "DropOverride",
    "DutyCommand",
    "EditMessage",
    "Escalate",
    "FoldAlerts",
    "LoseCard",
    "MakePrivate",
    "Merge",
    "Note",
    "Open",
    "PaceReplay",
    "Page",
    "PostDigest",
    "PostUpdate",
    "RecordAnnouncement",
    "RecordArchive",
    "RecordCard",
    "RecordFailure",
    "RecordFile",
    "RecordPage",
    "RecordPost",
    "RecordPostmortem",
    "RecordRoom",
    "Remind",
    "RemoveMessage",
    "Rename",
    "Reopen",
    "Resolve",
    "Retract",
    "Rung",
    "SetMoment",
    "SetOverride",
    "SetSeverity",
    "SetStatus",
    "StartReview",
    "StepReplay",
    "StopPaging",
    "SwapShifts",
    "Twin",
    "Undo",
]


Command = (
    Open
    | FoldAlerts
    | StepReplay
    | PaceReplay
    | Accept
    | Decline
    | Merge
    | Absorb
    | SetStatus
    | Resolve
    | Reopen
    | Close
    | Cancel
    | SetSeverity
    | Rename
    | MakePrivate
    | AssignRole
    | Note
    | Retract
    | EditMessage
    | RemoveMessage
    | RecordFile
    | AddTask
    | ChangeTask
    | AddFollowUp
    | ChangeFollowUp
    | DateFollowUp
    | SetMoment
    | DescribeImpact
    | PostUpdate
    | Remind
    | Page
    | Escalate
    | Acknowledge
    | StopPaging
    | RecordPage
    | DraftPublicPost
    | ApprovePublicPost
    | DiscardPublicPost
    | RecordPost
    | RecordRoom
    | ArchiveRooms
    | RecordArchive
    | RecordCard
    | LoseCard
    | RecordAnnouncement
    | RecordFailure
    | DraftPostmortem
    | StartReview
    | AssignPostmortem
    | RecordPostmortem
    | Undo
)


Askable = Command | DutyCommand | CoffeeCommand


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A command with its envelope. `incident` None opens a new one, or is about none (`DutyCommand`, `CoffeeCommand`). `inbox` is the
    message's own id at its source: the same one twice does nothing."""

    command: Askable
    incident: int | None
    by: str
    source: Source
    inbox: str = ""
