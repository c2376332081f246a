"""How an incident opens, what becomes of it, and when it is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.incident.events import AlertFact, Recorded
from bot.incident.links import NO_GUIDES, Guides
from bot.incident.model import Kind, Severity, Status, Window


@dataclass(frozen=True, slots=True)
class Rung:
    """Whom a ladder asks at one step, resolved for an instant, and how long they have to answer (`wait` None: no
    limit). `last`: nobody comes after. `gone` names the policy this one stands in for, because the configuration has
    it no more; then an empty `ladder` says that there is none to stand in. `targets` are what the step names. Where they take
    turns, `turn` is the step whose next turn this uses up."""

    ladder: str
    step: int
    round: int
    people: tuple[str, ...]
    wait: timedelta | None = None
    last: bool = False
    gone: str = ""
    targets: tuple[str, ...] = ()
    turn: str = ""


@dataclass(frozen=True, slots=True)
class Twin:
    """An open incident of the same title that was opened moments ago."""

    number: int
    opened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """`another`: it is opened although it may have a `twin`. `replays` is the past incident whose alerts come again, `speed` times as
    fast (0: so that it takes about twenty minutes), `as_then` with its severity; `script` has its opening and its alerts, in their order."""

    title: str
    kind: Kind = Kind.REAL
    status: Status = Status.INVESTIGATING
    severity: Severity = Severity.SEV2
    service: str = ""
    private: bool = False
    group: str | None = None
    impact_start: datetime | None = None
    impact_end: datetime | None = None
    detected: datetime | None = None
    window: Window | None = None
    page: str = ""
    rung: Rung | None = None
    fired: tuple[AlertFact, ...] = ()
    fired_count: int = 0
    again: int = 0
    truncated: int = 0
    guides: Guides = NO_GUIDES
    opener: str = ""
    another: bool = False
    twin: Twin | None = None
    replays: int = 0
    speed: int = 0
    as_then: bool = False
    script: tuple[Recorded, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StepReplay:
    """The clock of a drill: event `seq` of incident `of` was due. `script` has its alerts from there on, as far as they are needed."""

    of: int
    seq: int
    due: datetime
    script: tuple[Recorded, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceReplay:
    """Hold the replay of a drill, or go on with it (None: as it is), so many times as fast as then (0: as it is)."""

    paused: bool | None = None
    speed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldAlerts:
    """Alerts of this incident began or ended. The counts are of transitions, not of repeats; `again` says how many of
    those that began had done so before. `left` are those that fire and are another incident's from now on; `kept` those a
    repeat says still fire, where it is over for us."""

    fired: tuple[AlertFact, ...] = ()
    fired_count: int = 0
    again: int = 0
    cleared: tuple[AlertFact, ...] = ()
    cleared_count: int = 0
    left: tuple[AlertFact, ...] = ()
    left_count: int = 0
    kept: tuple[AlertFact, ...] = ()
    kept_count: int = 0
    truncated: int = 0
    guides: Guides = NO_GUIDES


@dataclass(frozen=True, slots=True, kw_only=True)
class Accept:
    page: str = ""
    rung: Rung | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decline:
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    into: int
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Absorb:
    other: int
    title: str
    alerts_firing: int = 0
    alerts_total: int = 0
    groups: tuple[str, ...] = ()
    guides: Guides = NO_GUIDES


@dataclass(frozen=True, slots=True, kw_only=True)
class SetStatus:
    status: Status
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolve:
    """With `drill` it ends a drill, and nothing that is real."""

    summary: str = ""
    when: datetime | None = None
    drill: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopen:
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSeverity:
    severity: Severity
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rename:
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MakePrivate:
    person: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftPostmortem:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class StartReview:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignPostmortem:
    person: str
