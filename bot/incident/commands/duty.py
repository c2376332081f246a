"""What people say about who is on call. It is about no incident: its answer are overrides, and no events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SetOverride:
    """`person` is on call from `start` until just before `end`, in the place of `instead` only or (empty) of everybody. An
    empty `schedule`: the one that can be meant."""

    person: str
    start: datetime
    end: datetime
    schedule: str = ""
    instead: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SwapShifts:
    """`person`, who is on call at or next after `after`, and `other` take each other's next shift."""

    person: str
    other: str
    after: datetime
    schedule: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DropOverride:
    """Take back the override `id` and those that were made with it."""

    id: int


DutyCommand = SetOverride | SwapShifts | DropOverride
