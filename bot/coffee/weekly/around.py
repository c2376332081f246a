"""What a weekly digest is made of besides what is in the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.coffee.weekly.blocks import DigestBlock
from bot.incident.model import Person
from bot.oncall.escalation import Roster


@dataclass(frozen=True, slots=True)
class Around:
    """`now` is when it is made. `team` empty: everybody's; else `services` and `schedules` are the team's. `off` are the blocks that
    are left out, `free` the days of the period on which nobody works in `zone`, apart from weekends, `wheel` the services that may be drawn. `next_coffee` None: none is planned; `meeting` is where people meet (may be empty).
    `typed` is what a line begins with in each chat, as (`Slack`, `/incident`)."""

    now: datetime
    zone: ZoneInfo
    team: str = ""
    services: tuple[str, ...] = ()
    schedules: tuple[str, ...] = ()
    people: Mapping[str, Person] = field(default_factory=dict)
    roster: Roster = field(default_factory=Roster)
    off: frozenset[DigestBlock] = frozenset()
    free: frozenset[date] = frozenset()
    wheel: tuple[str, ...] = ()
    next_coffee: datetime | None = None
    meeting: str = ""
    typed: tuple[tuple[str, str], ...] = ()
