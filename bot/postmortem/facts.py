"""What the events of one incident establish, each fact with the events it rests on. Nothing is inferred or invented."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from bot.incident.hours import Hours
from bot.incident.model import ComponentState, Kind, Mark, Moment, PublicStatus, Role, Severity, Status

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Cited(Generic[T]):
    """A value and the ids (`e12`) of the events that establish it; never without one."""

    value: T
    refs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """Something that happened or was said, or went on `until` then. `text` is in one line, names nobody, and is not escaped yet."""

    at: datetime
    text: str
    refs: tuple[str, ...]
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stamped:
    """A moment, how it became known, and the reason somebody gave for changing it."""

    at: datetime
    source: str
    reason: str
    ref: str


@dataclass(frozen=True, slots=True)
class Phase:
    """How long the incident had a status; `end` None: it still has."""

    status: Status
    start: datetime
    end: datetime | None
    refs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tenure:
    """A role was held by one person; `handed_over`: it passed from one person to the next at `start`."""

    role: Role
    start: datetime
    end: datetime | None
    handed_over: bool
    refs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PageFact:
    """One rung was paged: who, by their roles, and in which hour class of the given zone."""

    at: datetime
    people: tuple[str, ...]
    ladder: str
    step: int
    hour: Hours
    ref: str


@dataclass(frozen=True, slots=True)
class Paging:
    """Who was asked, what became of the pages, and who answered. `waited` is from the first page to the answer."""

    asked: tuple[PageFact, ...] = ()
    sent: tuple[str, ...] = ()
    failed: tuple[Line, ...] = ()
    acknowledged: Line | None = None
    waited: Cited[timedelta] | None = None
    exhausted: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """`first` is when the first alert fired; the counts are of transitions."""

    fired: Cited[int] | None = None
    cleared: Cited[int] | None = None
    first: Cited[datetime] | None = None
    firing: Cited[int] | None = None
    samples: tuple[Cited[str], ...] = ()


@dataclass(frozen=True, slots=True)
class TaskFact:
    """`state` is open, done or dropped; `owner` a role, empty when nobody has it."""

    id: int
    text: str
    owner: str
    state: str
    refs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FollowUpFact:
    """`outcome` is empty (open), done, wontdo or dropped; `done_when` what the text itself says after "done when"."""

    id: int
    text: str
    done_when: str
    owner: str
    due: datetime | None
    outcome: str
    reason: str
    refs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PostFact:
    """What customers were told."""

    number: int
    at: datetime
    status: PublicStatus
    title: str
    text: str
    components: Mapping[str, ComponentState]
    ref: str


@dataclass(frozen=True, slots=True)
class BrokenPromise:
    """An update was promised for `promised` and did not come by then; `came` is when the next one did."""

    promised: datetime
    came: datetime | None
    refs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gaps:
    """How long things took, from the moments they are named after; None when one of the two is not known."""

    detection: Cited[timedelta] | None = None
    acknowledge: Cited[timedelta] | None = None
    mitigate: Cited[timedelta] | None = None
    resolve: Cited[timedelta] | None = None
    impact: Cited[timedelta] | None = None
    first_public_post: Cited[timedelta] | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a draft may say. People appear as roles only; a field is None or empty when no event tells. `messages`
    opens, by the id of an event, the message in chat that it came of."""

    ref: str
    title: Cited[str] | None = None
    kind: Cited[Kind] | None = None
    severity: Cited[Severity] | None = None
    worst: Cited[Severity] | None = None
    status: Cited[Status] | None = None
    service: Cited[str] | None = None
    private: Cited[bool] | None = None
    opened: Cited[datetime] | None = None
    owner: Cited[str] | None = None
    impact: Cited[str] | None = None
    plane: Cited[str] | None = None
    affected: Cited[tuple[str, ...]] | None = None
    components: Mapping[str, Cited[ComponentState]] = field(default_factory=dict)
    resolution: Line | None = None
    participants: Cited[int] | None = None
    moments: Mapping[Moment, Stamped] = field(default_factory=dict)
    gaps: Gaps = field(default_factory=Gaps)
    phases: tuple[Phase, ...] = ()
    tenures: tuple[Tenure, ...] = ()
    paging: Paging = field(default_factory=Paging)
    alerts: AlertFacts = field(default_factory=AlertFacts)
    lines: Mapping[Mark, tuple[Line, ...]] = field(default_factory=dict)
    severities: tuple[Line, ...] = ()
    tasks: tuple[TaskFact, ...] = ()
    followups: tuple[FollowUpFact, ...] = ()
    posts: tuple[PostFact, ...] = ()
    updates: tuple[Line, ...] = ()
    kept: tuple[str, ...] = ()
    broken: tuple[BrokenPromise, ...] = ()
    undelivered: tuple[Line, ...] = ()
    links: tuple[Cited[str], ...] = ()
    files: tuple[Cited[str], ...] = ()
    rows: tuple[Line, ...] = ()
    messages: Mapping[str, str] = field(default_factory=dict)

    def said(self, mark: Mark) -> Sequence[Line]:
        """The lines of one mark, in the order things happened."""
        return self.lines.get(mark, ())
