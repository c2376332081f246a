"""Somebody else is on call for a while: what people say in chat over what the rotation says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Override:
    """`person` is on call in `schedule` from `start` until just before `end` (UTC): for everybody who would be, or only in the
    place of `instead`. Of two at the same time the one with the higher `id` holds. `together` is the id of the first of
    those that were made with it: a swap is two."""

    id: int
    schedule: str
    person: str
    start: datetime
    end: datetime
    instead: str = ""
    by: str = ""
    together: int = 0
