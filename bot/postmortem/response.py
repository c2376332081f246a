"""How the response went, read off the events: how long things took, who was asked, who held a role, what was promised."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from bot.incident import events as e
from bot.incident.hours import hours_of
from bot.incident.model import Kind, Moment, Role, Status
from bot.incident.spans import Span, both
from bot.postmortem.facts import (
    BrokenPromise,
    Cited,
    Gaps,
    Line,
    PageFact,
    Paging,
    Phase,
    PostFact,
    Stamped,
    Tenure,
)
from bot.postmortem.rows import sentences
from bot.postmortem.words import Cast, upper_first

_BY_PEOPLE = frozenset({"command", "reaction", "link"})


def participants(story: Iterable[e.Recorded]) -> Cited[int] | None:
    """How many people typed, reacted, held a role or answered a page; cited with the first event of each."""
    first: dict[str, str] = {}
    for recorded in story:
        if recorded.source.kind in _BY_PEOPLE and recorded.by:
            first.setdefault(recorded.by, recorded.id)
        if isinstance(recorded.event, e.RoleAssigned | e.PageAcknowledged) and recorded.event.person:
            first.setdefault(recorded.event.person, recorded.id)
    return Cited(len(first), tuple(dict.fromkeys(first.values()))) if first else None


def gaps(kind: Kind, moments: Mapping[Moment, Stamped], posts: Sequence[PostFact]) -> Gaps:
    def took(span: Span) -> Cited[timedelta] | None:
        a, b = both(span, kind, moments)
        if a is None or b is None or b.at < a.at:
            return None
        return Cited(b.at - a.at, tuple(dict.fromkeys((a.ref, b.ref))))

    declared = moments.get(Moment.DECLARED) if kind is not Kind.RETRO else None
    first = min(posts, key=lambda post: post.at, default=None)
    told_after = None
    if declared and first and first.at >= declared.at:
        told_after = Cited(first.at - declared.at, (declared.ref, first.ref))
    return Gaps(
        detection=took(Span.DETECT),
        acknowledge=took(Span.ACKNOWLEDGE),
        mitigate=took(Span.MITIGATE),
        resolve=took(Span.RESOLVE),
        impact=took(Span.IMPACT),
        first_public_post=told_after,
    )


def phases(story: Iterable[e.Recorded]) -> tuple[Phase, ...]:
    phases: list[Phase] = []
    for recorded in story:
        event = recorded.event
        match event:
            case e.IncidentOpened(status=status) | e.StatusChanged(new=status):
                pass
            case e.MergedInto():
                status = Status.MERGED
            case _:
                continue
        if phases:
            last = phases[-1]
            phases[-1] = Phase(last.status, last.start, event.at, (*last.refs, recorded.id))
        phases.append(Phase(status, event.at, None, (recorded.id,)))
    return tuple(phases)


def tenures(story: Iterable[e.Recorded]) -> tuple[Tenure, ...]:
    tenures: list[Tenure] = []
    current: dict[Role, int] = {}
    for recorded in story:
        event = recorded.event
        if not isinstance(event, e.RoleAssigned):
            continue
        if (place := current.pop(event.role, None)) is not None:
            held = tenures[place]
            tenures[place] = Tenure(held.role, held.start, event.at, held.handed_over, (*held.refs, recorded.id))
        if event.person:
            current[event.role] = len(tenures)
            tenures.append(Tenure(event.role, event.at, None, bool(event.previous), (recorded.id,)))
    return tuple(tenures)


def paging(story: Iterable[e.Recorded], names: Cast, zone: str) -> Paging:
    asked: list[PageFact] = []
    sent: list[str] = []
    answer: Line | None = None
    for recorded in story:
        event = recorded.event
        match event:
            case e.PeoplePaged():
                hour = hours_of(event.at, ZoneInfo(zone or "UTC"))
                people = tuple(map(names.name, event.people))
                asked.append(PageFact(event.at, people, event.ladder, event.step, hour, recorded.id))
            case e.PageSent():
                sent.append(recorded.id)
            case e.PageAcknowledged() if answer is None:
                text = f"{upper_first(names.name(event.person))} acknowledged"
                answer = Line(event.at, text, (recorded.id,))
            case _:
                pass
    waited = None
    if asked and answer and answer.at >= asked[0].at:
        waited = Cited(answer.at - asked[0].at, (asked[0].ref, *answer.refs))
    exhausted = [r for r in story if isinstance(r.event, e.PagingEnded) and r.event.exhausted]
    return Paging(
        asked=tuple(asked),
        sent=tuple(sent),
        failed=sentences(story, (e.PageFailed,), names),
        acknowledged=answer,
        waited=waited,
        exhausted=sentences(exhausted, (e.PagingEnded,), names),
    )


def promises(story: Sequence[e.Recorded]) -> tuple[tuple[str, ...], tuple[BrokenPromise, ...]]:
    """The updates that came when they were promised (as the events that promised them), and those that did not."""
    updates = [(r.id, r.event) for r in story if isinstance(r.event, e.UpdatePosted)]
    missed = {r.event.promised: r.id for r in story if isinstance(r.event, e.UpdateWasDue)}
    kept = tuple(
        ref
        for (ref, update), (_, following) in pairwise(updates)
        if update.next_by and following.at <= update.next_by and update.next_by not in missed
    )
    broken = []
    for promised, ref in missed.items():
        came = next(((late, update.at) for late, update in updates if update.at > promised), None)
        broken.append(BrokenPromise(promised, came[1] if came else None, (ref, came[0]) if came else (ref,)))
    return kept, tuple(broken)
