"""A meeting as a calendar of others has it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Meeting:
    """It begins at `start` (UTC); `link` is its address, empty where it has none that leads into the web."""

    start: datetime
    title: str
    link: str = ""


def called(meetings: list[Meeting], match: str) -> list[Meeting]:
    """Those whose title has `match` in it, in capitals or not."""
    return [one for one in meetings if match.casefold() in one.title.casefold()]
