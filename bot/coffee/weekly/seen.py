"""A week as its digest sees it: lines as they stand now, whose incidents are meant, how long they took. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from bot.coffee.weekly.around import Around
from bot.coffee.weekly.gathered import Gathered
from bot.incident import events as e
from bot.incident.events import Recorded
from bot.incident.messages import as_edited
from bot.incident.model import Incident, Kind, Mark, Moment, Severity, Status
from bot.incident.text import REMOVED
from bot.oncall.escalation import Roster

REVIEWED = frozenset({Severity.SEV1, Severity.SEV2})
"""After one of these there is a review; after the others there may be one."""

COUNTED = frozenset({Kind.REAL, Kind.RETRO})
NOT_ONE = frozenset({Status.DECLINED, Status.MERGED, Status.CANCELLED})
"""It was none, it was a part of another one, or it was opened by mistake."""

TELLING = (Mark.LUCKY, Mark.KEY_MOMENT, Mark.QUESTION)
"""Marks of the lines that are told, in the order in which a story tells them. Most of a timeline is none of these."""

BEGINNINGS = (Moment.IMPACT_START, Moment.DETECTED, Moment.DECLARED)
ENDS = (Moment.IMPACT_END, Moment.RESOLVED)

E = TypeVar("E", bound=e.Happened)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an incident's timeline that stands; `seq` is the number of its event."""

    seq: int
    at: datetime
    mark: Mark
    text: str


@dataclass(frozen=True, slots=True)
class Seen:
    """`notes` are, by incident, the `TELLING` lines recorded in the period that stand at its end, as they read then. `recorded` is all
    that was, by the class of the event: a week may have tens of thousands, and each block asks for a few."""

    gathered: Gathered
    around: Around
    notes: Mapping[int, tuple[Line, ...]]
    recorded: Mapping[type[e.Happened], Sequence[Recorded]]

    @property
    def incidents(self) -> Mapping[int, Incident]:
        return self.gathered.incidents

    def happened(self, kind: type[E]) -> Iterator[tuple[Incident, E]]:
        """The events of this class that were recorded, with their incidents as they are now."""
        incidents = self.incidents
        for recorded in self.recorded.get(kind, ()):
            if isinstance(recorded.event, kind):
                yield incidents[recorded.incident], recorded.event

    def ours(self, incident: Incident) -> bool:
        """Whether the team's digest tells of it: its service is theirs, or it paged one of their schedules. Everybody's does."""
        around = self.around
        if not around.team or incident.service in around.services:
            return True
        paged = _schedules(around.roster, incident.paging.ladder) if incident.paging else frozenset()
        return not paged.isdisjoint(around.schedules)

    def closings(self) -> Mapping[int, bool]:
        """By incident that was closed in the period, whether it had been in review. What is closed at once goes through the review by the
        same command, and nobody met."""
        return {
            one.incident: one.seq == one.command
            for one in self.recorded.get(e.StatusChanged, ())
            if isinstance(one.event, e.StatusChanged) and one.event.new is Status.CLOSED
        }

    def marked(self, mark: Mark) -> Iterator[tuple[Incident, Line]]:
        """The lines of this mark and their incidents, the oldest first; exercises have none."""
        found = [
            (self.incidents[number], line)
            for number, lines in self.notes.items()
            for line in lines
            if line.mark is mark and self.incidents[number].kind is not Kind.DRILL
        ]
        yield from sorted(found, key=lambda one: (one[1].at, one[0].number, one[1].seq))


def seen(gathered: Gathered, around: Around) -> Seen:
    """Whoever gathers leaves out what is private; what became so meanwhile is left out here."""
    incidents = {number: one for number, one in gathered.incidents.items() if not one.private}
    public = replace(
        gathered,
        incidents=incidents,
        events={number: events for number, events in gathered.events.items() if number in incidents},
        owing=tuple(one for one in gathered.owing if not one.private),
        measured=tuple(one for one in gathered.measured if not one.private),
        noise=tuple(fired for fired in gathered.noise if fired.incident in incidents),
    )
    recorded: dict[type[e.Happened], list[Recorded]] = defaultdict(list)
    for events in public.events.values():
        for one in events:
            recorded[type(one.event)].append(one)
    notes = {number: _standing(events) for number, events in public.events.items()}
    return Seen(public, around, {number: lines for number, lines in notes.items() if lines}, recorded)


def span(incident: Incident) -> tuple[datetime, datetime | None]:
    """From when until when it lasted, by what is known best: the impact, else how long it was an incident. None: it is not over."""
    start = next((incident.moments[one].at for one in BEGINNINGS if one in incident.moments), incident.opened_at)
    if incident.status.open:
        return start, None
    end = next((incident.moments[one].at for one in ENDS if one in incident.moments), incident.ended)
    return start, max(start, end) if end else start


def hangs(incident: Incident) -> bool:
    """Whether it waits in triage for somebody to say that it was nothing: its alerts are over."""
    return incident.status is Status.TRIAGE and incident.alerts_total > 0 and not incident.alerts_firing


def _standing(events: Sequence[Recorded]) -> tuple[Line, ...]:
    taken = {recorded.event.event for recorded in events if isinstance(recorded.event, e.Retracted)}
    left = [
        recorded
        for recorded in events
        if isinstance(recorded.event, e.MessageEdited)
        or (isinstance(recorded.event, e.Noted) and recorded.event.mark in TELLING and recorded.seq not in taken)
    ]
    return tuple(
        Line(recorded.seq, recorded.event.at, recorded.event.mark, recorded.event.text)
        for recorded in as_edited(left)
        if isinstance(recorded.event, e.Noted) and recorded.event.text not in ("", REMOVED)
    )


def _schedules(roster: Roster, ladder: str) -> frozenset[str]:
    """The schedules that are paged by what was climbed, a policy or a schedule itself."""
    if ladder.startswith("schedule:"):
        return frozenset({ladder.removeprefix("schedule:")})
    policy = roster.ladders.get(ladder.removeprefix("policy:"))
    targets = [target for step in policy.steps for target in step.targets] if policy else []
    return frozenset(name for target in targets if (name := target.removeprefix("schedule:")) != target)
