"""What the digest tells of incidents, near misses and luck, and of their reviews. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.coffee.weekly.seen import COUNTED, NOT_ONE, REVIEWED, Seen, hangs, span
from bot.incident import events as e
from bot.incident.model import Incident, Kind, Mark, Severity, Status


class Review(StrEnum):
    """`NONE`: nobody asked for one, or it is not known. `DUE`: it is over, and its severity asks for one. `RUNNING` until it is closed, `DONE`
    then. `SKIPPED`: it was closed without one, although its severity asks for it."""

    NONE = "none"
    DUE = "due"
    RUNNING = "running"
    DONE = "done"
    SKIPPED = "skipped"


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
    """Those that are `due`, the oldest first, are in review, and `closed` in the period with a postmortem, after a review or without one."""

    due: tuple[Listed, ...]
    running: tuple[Listed, ...]
    closed: tuple[Listed, ...]

    @property
    def done(self) -> int:
        """How many were closed after a review."""
        return sum(one.review is Review.DONE for one in self.closed)

    @property
    def skipped(self) -> int:
        return sum(one.review is Review.SKIPPED for one in self.closed)


def incidents(seen: Seen) -> tuple[Listed, ...] | None:
    """Those that opened, ended or were reopened in the period, and those that go on; the worst first, then the oldest, and last what is in
    triage, of which nobody has said yet that it is one. What nobody had to work on is noise and not among them."""
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
        and not hangs(incident)
        and (incident.number in moved or incident.status.open)
        and seen.ours(incident)
    ]
    ordered = sorted(found, key=lambda one: (one.status is Status.TRIAGE, one.severity, one.number))
    return _listed(ordered, seen.closings()) or None


def near_misses(seen: Seen) -> NearMisses | None:
    told = [
        (incident.ref, incident.title)
        for incident, _ in seen.happened(e.IncidentOpened)
        if incident.kind is Kind.NEARMISS and incident.status not in NOT_ONE
    ]
    luck = [
        Luck(incident.ref, incident.title, line.text)
        for incident, line in seen.marked(Mark.LUCKY)
        if incident.status is not Status.CANCELLED
    ]
    return NearMisses(tuple(told), tuple(luck)) if told or luck else None


def drills(seen: Seen) -> tuple[Listed, ...] | None:
    """Exercises that ended in the period, in their order, each with where what came of it lies. They count nowhere else: who practises is not in trouble."""
    ended = {one.number for one, event in seen.happened(e.StatusChanged) if event.old.open and not event.new.open}
    found = [one for number, one in sorted(seen.incidents.items()) if number in ended and one.kind is Kind.DRILL]
    held = [one for one in found if not one.status.open and one.status not in NOT_ONE and seen.ours(one)]
    return _listed(held, {}) or None


def postmortems(seen: Seen) -> Postmortems | None:
    ours = [one for one in seen.incidents.values() if one.kind in COUNTED and seen.ours(one)]
    over = sorted(ours, key=lambda one: (one.ended or one.opened_at, one.number))
    closed = seen.closings()
    states = [(review(one, closed), one) for one in over]
    written = [one for one in over if one.status is Status.CLOSED and one.postmortem and one.number in closed]
    found = Postmortems(
        due=_listed((one for state, one in states if state is Review.DUE), closed),
        running=_listed((one for state, one in states if state is Review.RUNNING), closed),
        closed=_listed(written, closed),
    )
    return found if found.due or found.running or found.closed else None


def review(incident: Incident, closed: Mapping[int, bool]) -> Review:
    """`closed` says of those that were closed in the period whether they had been in review."""
    match incident.status:
        case Status.RESOLVED if incident.severity in REVIEWED:
            return Review.DUE
        case Status.REVIEW:
            return Review.RUNNING
        case Status.CLOSED if incident.number in closed:
            if closed[incident.number]:
                return Review.DONE
            return Review.SKIPPED if incident.severity in REVIEWED else Review.NONE
        case _:
            return Review.NONE


def listed(incident: Incident, closed: Mapping[int, bool]) -> Listed:
    start, end = span(incident)
    return Listed(
        ref=incident.ref,
        title=incident.title,
        severity=incident.severity,
        status=incident.status,
        impact=incident.impact or ", ".join(incident.affected),
        start=start,
        end=end,
        review=review(incident, closed),
        place=incident.postmortem.place if incident.postmortem else "",
    )


def _listed(found: Iterable[Incident], closed: Mapping[int, bool]) -> tuple[Listed, ...]:
    return tuple(listed(one, closed) for one in found)
