"""What an incident is: one frozen row of state, folded from its events by `evolve`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.incident.links import NO_GUIDES, Guides
from bot.incident.paged import PagedAt, Paging
from bot.incident.replay import Replay
from bot.incident.terms import (
    ACTIVE,
    BY_BADNESS,
    FINAL,
    Captured,
    ComponentState,
    Kind,
    Mark,
    Moment,
    PublicStatus,
    Role,
    Severity,
    Status,
    worst,
)

__all__ = [
    "ACTIVE",
    "BY_BADNESS",
    "FINAL",
    "Captured",
    "ComponentState",
    "FollowUp",
    "Incident",
    "Kind",
    "Mark",
    "Moment",
    "NothingToPublish",
    "PagedAt",
    "Paging",
    "Person",
    "Postmortem",
    "PublicPost",
    "PublicStatus",
    "Refused",
    "Replay",
    "Role",
    "Room",
    "Severity",
    "Source",
    "Stamp",
    "Status",
    "StillDisturbed",
    "Task",
    "Window",
    "worst",
]


class Refused(Exception):
    """A rule says no. `reason` says what was wrong; `hint` says what to do instead (may be empty)."""

    def __init__(self, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint


class StillDisturbed(Refused):
    """The status page still shows trouble. `components` has what it shows, by id: names are for who tells it."""

    def __init__(self, components: Mapping[str, ComponentState], hint: str) -> None:
        super().__init__(f"The status page still shows trouble: {', '.join(sorted(components))}.", hint)
        self.components = components


class NothingToPublish(Refused):
    """There is no post, or it lacks what each first one has. How one is written says who knows the components' ids."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a command came from: `kind` is command, alert, reaction, message, clock, delivery or link; `ref` finds it again, and
    `link` opens it in its chat platform (empty: there is no message to open)."""

    kind: str
    ref: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Stamp:
    """One moment: when it was, and how we know (`alert`, `command`, `status`, …)."""

    at: datetime
    source: str
    reason: str = ""


COMES_BACK = 3
"""Times: a card in each room, an announcement on each platform. Who deletes it once more means it, or is no person."""


@dataclass(frozen=True, slots=True)
class Room:
    """An incident's room on one platform; the ids are the platform's own and opaque here.

    `earlier` are the links of its rooms that were left: not every platform gives an archived room back to a bot, or
    makes a private one of a room that everybody reads, so that a new one goes on where the old one ended. `exposed`:
    everybody reads it, and the incident is private by now. Nothing of the incident is told there any more. `lost`: how
    often somebody deleted the card there. `announced`: how often it was announced on that platform.
    """

    id: str
    link: str = ""
    card: str = ""
    announcement: str = ""
    archived: bool = False
    earlier: tuple[str, ...] = ()
    exposed: bool = False
    lost: int = 0
    announced: int = 0

    @property
    def live(self) -> bool:
        """The incident is worked on there."""
        return bool(self.id) and not self.left

    @property
    def left(self) -> bool:
        """The incident is worked on in another room, if at all."""
        return self.archived or self.exposed

    @property
    def bare(self) -> bool:
        """Its card was deleted too often to be posted there once more."""
        return self.lost > COMES_BACK

    @property
    def unannounced(self) -> bool:
        """Its announcement was deleted too often to be posted once more."""
        return self.announced > COMES_BACK


@dataclass(frozen=True, slots=True)
class Task:
    """Something to do now, during the incident. `seq` is the event that added it."""

    id: int
    text: str
    owner: str = ""
    done: bool = False
    dropped: bool = False


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Something to do afterwards. `outcome` is empty while open, else `done`, `wontdo` or `dropped`."""

    id: int
    text: str
    owner: str = ""
    due: datetime | None = None
    outcome: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PublicPost:
    """Words for customers: a status, a text and the state of components. Nothing internal is ever in it. `when` is the time
    it carries on the page; None: the one at which it is published."""

    title: str
    status: PublicStatus
    text: str
    components: Mapping[str, ComponentState] = field(default_factory=dict)
    when: datetime | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """A maintenance window and the alerts it covers, as (label, operator, value)."""

    start: datetime
    end: datetime
    matchers: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Postmortem:
    """How far the postmortem is. `through` is the last event the draft was built from, `place` where it lies; once people
    edited it, `newer` is where the next draft lies (empty: there is none)."""

    through: int
    owner: str = ""
    place: str = ""
    newer: str = ""


@dataclass(frozen=True, slots=True)
class Incident:
    """The row. `version` is the number of its last event; `number` is the 7 of INC-7. `status_since` is when it came into
    its status (None: not known); `ended` when it was over, None while it is open. `public_links` has its permanent address
    by status page, `guides` what its alerts brought along. `still_firing`: it was told that alerts fire on although it is over. `absorbed` are the alert groups of
    what was merged into it: theirs are its alerts too. `worked_on_since` is the event with which work began, or began
    again. `responders` opened it, were paged, acknowledged or made it private."""

    number: int
    opened_at: datetime
    version: int = 0
    kind: Kind = Kind.REAL
    status: Status = Status.INVESTIGATING
    status_since: datetime | None = None
    severity: Severity = Severity.SEV2
    title: str = ""
    service: str = ""
    private: bool = False
    group: str | None = None
    absorbed: tuple[str, ...] = ()
    ended: datetime | None = None
    summary: str = ""
    impact: str = ""
    plane: str = ""
    affected: tuple[str, ...] = ()
    roles: Mapping[Role, str] = field(default_factory=dict)
    responders: tuple[str, ...] = ()
    moments: Mapping[Moment, Stamp] = field(default_factory=dict)
    rooms: Mapping[str, Room] = field(default_factory=dict)
    tasks: tuple[Task, ...] = ()
    followups: tuple[FollowUp, ...] = ()
    alerts_firing: int = 0
    alerts_total: int = 0
    still_firing: bool = False
    paging: Paging | None = None
    promise: datetime | None = None
    draft: PublicPost | None = None
    public_title: str = ""
    public_status: PublicStatus | None = None
    public_posts: int = 0
    public_links: Mapping[str, str] = field(default_factory=dict)
    guides: Guides = NO_GUIDES
    components: Mapping[str, ComponentState] = field(default_factory=dict)
    merged_into: int | None = None
    window: Window | None = None
    postmortem: Postmortem | None = None
    worked_on_since: int = 0
    replay: Replay | None = None

    @property
    def ref(self) -> str:
        """`INC-7`: what people say and what every outside system shows."""
        return f"INC-{self.number}"

    def room_mark(self, platform: str) -> str:
        """What its room there is found by, `inc-7`; the second one, after the first was left, by `inc-7-2`."""
        room = self.rooms.get(platform, Room(""))
        past = len(room.earlier) + room.left
        return f"inc-{self.number}-{past + 1}" if past else f"inc-{self.number}"

    @property
    def groups(self) -> tuple[str, ...]:
        """The alert groups whose alerts are its alerts while it is open."""
        return (self.group, *self.absorbed) if self.group else self.absorbed

    @property
    def lead(self) -> str:
        return self.roles.get(Role.LEAD, "")

    @property
    def insiders(self) -> tuple[str, ...]:
        """Who is let into its room when it is private: whoever has a role, and its responders."""
        return tuple(dict.fromkeys((*self.roles.values(), *self.responders)))

    @property
    def disturbed(self) -> Mapping[str, ComponentState]:
        """What the status page shows as anything but operational, by the component's id, in order."""
        return {id_: state for id_, state in sorted(self.components.items()) if state is not ComponentState.OPERATIONAL}

    @property
    def unsettled(self) -> bool:
        """Customers still read of it: its last public post is not the resolved one, or a component is not operational."""
        return self.public_status not in (None, PublicStatus.RESOLVED) or bool(self.disturbed)

    @property
    def real(self) -> bool:
        """Counts, pages and publishes. Drills are walled off from pagers and status pages."""
        return self.kind in (Kind.REAL, Kind.MAINTENANCE, Kind.RETRO)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody we may page or name. `id` is the key under `people:`; `handles` maps a platform to its user id. `ways` are used
    in their order, each `waits` after the page began; those that are not named there at once."""

    id: str
    name: str
    email: str = ""
    ways: tuple[str, ...] = ()
    handles: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    waits: Mapping[str, timedelta] = field(default_factory=dict)
