"""What the digest tells of incidents, near misses and luck, and of their reviews. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.coffee.weekly.seen import COUNTED, NOT_ONE, REVIEWED, Seen, span
from bot.incident import events as e
from bot.incident.model import Incident, Kind, Mark, Severity, Status


class Review(StrEnum):
    """`NONE`: nobody asked for one. `DUE`: it is over, and its severity asks for one. `RUNNING` until it is closed, `DONE` then."""

    NONE = "none"
    DUE = "due"
    RUNNING = "running"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Listed:
    """An incident in a list. It lasted from `start` until `end` (UTC; None: it is not over); `impact` may be empty, and so may
    `place`, where its postmortem lies."""

    ref: str
    title: str
    severity: Severity
    status: Status
    impact: str
    start: datetime
    end: datetime | None
    review: Review
    place: str = ""


@dataclass(frozen=True, slots=True)
class Luck:
    """A lucky moment (🍀) and the incident it was in."""

    ref: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class NearMisses:
    """`told` are near misses that were recorded, as (reference, title); `luck` what went well by chance."""

    told: tuple[tuple[str, str], ...]
    luck: tuple[Luck, ...]


@dataclass(frozen=True, slots=True)
class Postmortems:
    """Those that are `due`, the oldest first, are in review, and were `written` and closed in the period."""

    due: tuple[Listed, ...]
    running: tuple[Listed, ...]
    written: tuple[Listed, ...]


def incidents(seen: Seen) -> tuple[Listed, ...] | None:
    """Those that opened, ended or were reopened in the period, and those that go on; the worst first, then the oldest. What nobody had to
    work on is noise and not among them."""
    noise = {fired.incident for fired in seen.gathered.noise}
    moved = {incident.number for incident, _ in seen.happened(e.IncidentOpened)}
    changed = seen.happened(e.StatusChanged)
    moved |= {incident.number for incident, event in changed if event.old.open is not event.new.open}
    found = [
        incident
        for incident in seen.incidents.values()
        if incident.kind in COUNTED
        and incident.status not in NOT_ONE
        and incident.number not in noise
        and (incident.number in moved or incident.status.open)
        and seen.ours(incident)
    ]
    return tuple(map(listed, sorted(found, key=lambda one: (one.severity, one.number)))) or None


def near_misses(seen: Seen) -> NearMisses | None:
    told = [
        (incident.ref, incident.title)
        for incident, _ in seen.happened(e.IncidentOpened)
        if incident.kind is Kind.NEARMISS and incident.status not in NOT_ONE
    ]
    luck = [
        Luck(incident.ref, incident.title, line.text)
        for incident, line in seen.marked(Mark.LUCKY)
        if incident.status not in NOT_ONE
    ]
    return NearMisses(tuple(told), tuple(luck)) if told or luck else None


def postmortems(seen: Seen) -> Postmortems | None:
    ours = [one for one in seen.incidents.values() if one.kind in COUNTED and seen.ours(one)]
    over = sorted(ours, key=lambda one: (one.ended or one.opened_at, one.number))
    states = [(review(one), one) for one in over]
    closed = {one.number for one, event in seen.happened(e.StatusChanged) if event.new is Status.CLOSED}
    found = Postmortems(
        due=_listed(one for state, one in states if state is Review.DUE),
        running=_listed(one for state, one in states if state is Review.RUNNING),
        written=_listed(one for state, one in states if state is Review.DONE and one.number in closed),
    )
    return found if found.due or found.running or found.written else None


def review(incident: Incident) -> Review:
    match incident.status:
        case Status.RESOLVED if incident.severity in REVIEWED:
            return Review.DUE
        case Status.REVIEW:
            return Review.RUNNING
        case Status.CLOSED if incident.postmortem is not None:
            return Review.DONE
        case _:
            return Review.NONE


def listed(incident: Incident) -> Listed:
    start, end = span(incident)
    return Listed(
        ref=incident.ref,
        title=incident.title,
        severity=incident.severity,
        status=incident.status,
        impact=incident.impact or ", ".join(incident.affected),
        start=start,
        end=end,
        review=review(incident),
        place=incident.postmortem.place if incident.postmortem else "",
    )


def _listed(found: Iterable[Incident]) -> tuple[Listed, ...]:
    return tuple(map(listed, found))
