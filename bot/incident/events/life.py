"""How an incident opens, what becomes of it, and what is drafted when it is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.incident.events.happened import Happened
from bot.incident.links import NO_GUIDES, Guides
from bot.incident.model import Kind, Paging, Severity, Stamp, Status, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentOpened(Happened):
    kind: Kind
    title: str
    severity: Severity
    status: Status
    service: str = ""
    private: bool = False
    group: str | None = None
    impact_start: datetime | None = None
    impact_end: datetime | None = None
    detected: datetime | None = None
    source: str = "command"
    opener: str = ""
    window: Window | None = None


@dataclass(frozen=True, slots=True)
class AlertFact:
    """The little of an alert that a timeline row needs."""

    fingerprint: str
    name: str
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertsFired(Happened):
    """`count` alerts began, `again` of them not for the first time; `samples` holds the first of them, `firing` how
    many fire now. `guides` are those they brought along that the incident had none of."""

    count: int
    firing: int
    samples: tuple[AlertFact, ...] = ()
    again: int = 0
    truncated: int = 0
    guides: Guides = NO_GUIDES


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertsCleared(Happened):
    count: int
    firing: int
    samples: tuple[AlertFact, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertsLeft(Happened):
    """They fire and are another incident's now: fired anew after the end of this one, or after its maintenance window.
    `firing` is how many stay."""

    count: int
    firing: int
    samples: tuple[AlertFact, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertsStillFiring(Happened):
    """Well after the end their sender repeats that `count` alerts fire: they never cleared. Told once an episode."""

    count: int
    samples: tuple[AlertFact, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChanged(Happened):
    """`reopened`: a new episode begins, in which nobody has been asked yet. Not so when its end was only undone. `ended` and
    `resolved` are when it had been over, `paging` whom that had woken: what a reopening puts away, and the undo of one
    brings back. `stated` is when an open one had been said to be over, for who takes the step back. `backdated`: somebody said
    afterwards that it was at `at`."""

    old: Status
    new: Status
    reason: str = ""
    reopened: bool = False
    ended: datetime | None = None
    resolved: Stamp | None = None
    paging: Paging | None = None
    stated: Stamp | None = None
    backdated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedInto(Happened):
    """This incident was a part of another one."""

    old: Status
    into: int
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Absorbed(Happened):
    """Another incident turned out to be a part of this one. `guides` are those of it that this one had none of."""

    other: int
    title: str
    alerts_firing: int = 0
    alerts_total: int = 0
    groups: tuple[str, ...] = ()
    guides: Guides = NO_GUIDES


@dataclass(frozen=True, slots=True, kw_only=True)
class SeverityChanged(Happened):
    old: Severity
    new: Severity
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleChanged(Happened):
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MadePrivate(Happened):
    """`person` asked for it."""

    person: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayBegan(Happened):
    """In a drill the alerts of incident `of`, once opened as `title`, come again, `speed` times as fast. Then they took `length`. Its event
    `seq` comes next."""

    of: int
    speed: int
    length: timedelta
    seq: int
    next_at: datetime
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayMoved(Happened):
    """What was due has come; event `seq` of then comes next (0: nothing). `withheld`: there is more, and it may not be shown any longer."""

    seq: int
    next_at: datetime | None
    withheld: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayPaced(Happened):
    """It stands still (`next_at` None) with `left` of the time of then until the next event, or goes on at this `speed`."""

    speed: int
    next_at: datetime | None
    left: timedelta
    old_speed: int
    was_paused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PostmortemDrafted(Happened):
    """Built from the events up to and including `through`. `log`: it is the log of a drill."""

    through: int
    log: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PostmortemAssigned(Happened):
    person: str
    previous: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostmortemWritten(Happened):
    """A draft lies at `place`; at `edited` lies one that people changed, which was left as it is. `copy`: it lies there as
    well, beside where people are sent. `log`: it is the log of a drill."""

    place: str
    edited: str = ""
    copy: bool = False
    log: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EditedDraftKept(Happened):
    """People had edited the draft at `place` when a text in it was removed: it was left as it is, with that text if they did
    not take it out."""

    place: str
