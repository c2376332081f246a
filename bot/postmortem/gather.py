"""Reads the facts off an incident's events. The state is folded by `evolve`, so there is one set of rules for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from bot.incident import events as e
from bot.incident.evolve import evolve
from bot.incident.files import files_of
from bot.incident.model import ComponentState, Incident, Mark, Moment, Person, Status
from bot.postmortem.facts import AlertFacts, Cited, Facts, FollowUpFact, Line, PostFact, Stamped, TaskFact
from bot.postmortem.response import gaps, paging, participants, phases, promises, tenures
from bot.postmortem.rows import rows, sentences
from bot.postmortem.told import taken_items, told
from bot.postmortem.words import Cast, cast, tidy

T = TypeVar("T")

SAMPLES = 20
"""Alerts named in a draft; the export has all of them."""

_SEEN = ("title", "kind", "severity", "status", "service", "private", "impact", "plane", "affected", "opened_at")
_WORST = (
    ComponentState.OPERATIONAL,
    ComponentState.MAINTENANCE,
    ComponentState.DEGRADED,
    ComponentState.PARTIAL_OUTAGE,
    ComponentState.MAJOR_OUTAGE,
)
_DONE_WHEN = re.compile(r"[\s;,(–-]*\bdone[ -]when:?\s+(?P<when>.+?)\)?$", re.IGNORECASE)
_URL = re.compile(r"https?://[^\s<>\"'`|\\\[\]]+[^\s<>\"'`|\\\[\].,;:!?)]")


def facts(history: Sequence[e.Recorded], *, people: Mapping[str, Person], zone: str = "") -> Facts:
    """What `history` (oldest first, possibly without its beginning) establishes. `people` are masked in every text;
    `zone` is the IANA zone whose hours count as business, off and sleep (UTC without one)."""
    if not history:
        return Facts(ref="")
    names = cast(history, people)
    incident, refs, moments = _folded(history, names)
    story = told(history)
    posts = _posts(story, names)
    severities = [
        (r.event.severity if isinstance(r.event, e.IncidentOpened) else r.event.new, r.id)
        for r in story
        if isinstance(r.event, e.IncidentOpened | e.SeverityChanged)
    ]
    worst = min(severities, default=None)
    tasks, followups = _work(history, story, incident, names)
    kept, broken = promises(story)

    def known(name: str, value: T) -> Cited[T] | None:
        return Cited(value, (refs[name],)) if name in refs and value not in ("", ()) else None

    return Facts(
        ref=f"INC-{incident.number}",
        title=known("title", names.mask(incident.title)),
        kind=known("kind", incident.kind),
        severity=known("severity", incident.severity),
        worst=Cited(worst[0], (worst[1],)) if worst else None,
        status=known("status", incident.status),
        service=known("service", names.mask(incident.service)),
        private=known("private", incident.private),
        opened=known("opened_at", incident.opened_at),
        owner=_owner(history, incident, names),
        impact=known("impact", names.mask(incident.impact)),
        plane=known("plane", names.mask(incident.plane)),
        affected=known("affected", tuple(names.mask(name) for name in incident.affected)),
        components=_components(posts),
        resolution=_resolution(history, incident, names),
        participants=participants(story),
        moments=moments,
        gaps=gaps(incident.kind, moments, posts),
        phases=phases(story),
        tenures=tenures(story),
        paging=paging(story, names, zone),
        alerts=_alerts(story, names),
        lines={mark: lines for mark in Mark if (lines := _said(story, mark, names))},
        severities=sentences(story, (e.SeverityChanged,), names),
        tasks=tasks,
        followups=followups,
        posts=posts,
        updates=tuple(
            Line(r.event.at, names.mask(r.event.text), (r.id,)) for r in story if isinstance(r.event, e.UpdatePosted)
        ),
        kept=kept,
        broken=broken,
        undelivered=sentences(story, (e.DeliveryFailed,), names),
        links=_links(story, names),
        files=_files(history, story, names),
        rows=rows(story, moments, names),
        messages={r.id: r.source.link for r in story if r.source.link},
    )


def _folded(history: Sequence[e.Recorded], names: Cast) -> tuple[Incident, dict[str, str], dict[Moment, Stamped]]:
    """The state, and for each part of it the event that made it so. What no event made is not known; what an undo made so
    again rests on the event that had made it so before, because the undo is not told."""
    first = history[0]
    undoing = {r.command for r in history if isinstance(r.event, e.Undone)}
    refs: dict[str, str] = {}
    made: dict[tuple[str, object], str] = {}
    stamps: dict[Moment, Stamped] = {}
    incident = Incident(number=first.incident, opened_at=first.event.at)
    for recorded in history:
        before = incident
        opened = isinstance(recorded.event, e.IncidentOpened)
        incident = evolve(None if opened else incident, recorded.event, number=recorded.incident)
        for name in _SEEN:
            value = getattr(incident, name)
            if opened or value != getattr(before, name):
                again = made.get((name, value)) if recorded.command in undoing else None
                refs[name] = made[name, value] = again or recorded.id
        for moment, stamp in incident.moments.items():
            if before.moments.get(moment) != stamp:
                reason = "" if stamp.source in ("status", "undo") else names.mask(stamp.reason)
                again = made.get((moment, stamp.at)) if recorded.command in undoing else None
                ref = made[moment, stamp.at] = again or recorded.id
                stamps[moment] = Stamped(stamp.at, names.mask(stamp.source), reason, ref)
    return incident, refs, {moment: stamps[moment] for moment in Moment if moment in incident.moments}


def _said(story: Iterable[e.Recorded], mark: Mark, names: Cast) -> tuple[Line, ...]:
    return tuple(
        Line(r.event.at, names.mask(r.event.text), (r.id,))
        for r in story
        if isinstance(r.event, e.Noted) and r.event.mark is mark
    )


def _owner(history: Sequence[e.Recorded], incident: Incident, names: Cast) -> Cited[str] | None:
    person = incident.postmortem.owner if incident.postmortem else ""
    assigned = [r.id for r in history if isinstance(r.event, e.PostmortemAssigned)]
    return Cited(names.name(person), (assigned[-1],)) if person and assigned else None


def _resolution(history: Sequence[e.Recorded], incident: Incident, names: Cast) -> Line | None:
    """How it ended, in the words of whoever resolved it; nothing while it is open (again). An undo resolves nothing, and
    what was undone did not either."""
    if incident.status.open:
        return None
    undone = {seq for r in history if isinstance(r.event, e.Undone) for seq in r.event.events}
    undoing = {r.command for r in history if isinstance(r.event, e.Undone)}
    ends = [
        (r, r.event)
        for r in history
        if isinstance(r.event, e.StatusChanged) and r.event.new is Status.RESOLVED
        if r.seq not in undone and r.command not in undoing
    ]
    if not ends:
        return None
    recorded, event = ends[-1]
    return Line(event.at, names.mask(event.reason), (recorded.id,))


def _components(posts: Iterable[PostFact]) -> dict[str, Cited[ComponentState]]:
    """The worst that customers were told of each component."""
    worst: dict[str, Cited[ComponentState]] = {}
    for post in posts:
        for name, state in post.components.items():
            if name not in worst or _WORST.index(state) > _WORST.index(worst[name].value):
                worst[name] = Cited(state, (post.ref,))
    return dict(sorted(worst.items()))


def _alerts(story: Iterable[e.Recorded], names: Cast) -> AlertFacts:
    fired = [(r.id, r.event) for r in story if isinstance(r.event, e.AlertsFired)]
    cleared = [(r.id, r.event) for r in story if isinstance(r.event, e.AlertsCleared)]
    last = [(r.id, r.event.firing) for r in story if isinstance(r.event, e.AlertsFired | e.AlertsCleared)][-1:]
    samples: dict[str, Cited[str]] = {}
    for ref, event in fired:
        for sample in event.samples:
            text = names.mask(": ".join(dict.fromkeys(part for part in (sample.name, sample.summary) if part)))
            samples.setdefault(sample.fingerprint, Cited(text, (ref,)))
    first = min(fired, key=lambda pair: pair[1].at, default=None)
    return AlertFacts(
        fired=Cited(sum(event.count for _, event in fired), _ends([ref for ref, _ in fired])) if fired else None,
        cleared=Cited(sum(ev.count for _, ev in cleared), _ends([ref for ref, _ in cleared])) if cleared else None,
        first=Cited(first[1].at, (first[0],)) if first else None,
        firing=Cited(last[0][1], (last[0][0],)) if last else None,
        samples=tuple(samples.values())[:SAMPLES],
    )


def _ends(refs: Sequence[str]) -> tuple[str, ...]:
    """A storm has a thousand events; a reader looks up the first and the last."""
    return tuple(refs) if len(refs) <= 4 else (refs[0], refs[-1])


def _work(
    history: Sequence[e.Recorded], story: Sequence[e.Recorded], incident: Incident, names: Cast
) -> tuple[tuple[TaskFact, ...], tuple[FollowUpFact, ...]]:
    """Tasks and follow-ups as they stand, cited with the event that added and the one that last changed each."""
    gone_tasks, gone_followups = taken_items(history)
    about_task: dict[int, list[str]] = {}
    about_followup: dict[int, list[str]] = {}
    for recorded in story:
        match recorded.event:
            case e.TaskAdded(task=number) | e.TaskChanged(task=number):
                about_task.setdefault(number, []).append(recorded.id)
            case e.FollowUpAdded(followup=number) | e.FollowUpChanged(followup=number):
                about_followup.setdefault(number, []).append(recorded.id)
            case _:
                pass
    tasks = tuple(
        TaskFact(
            task.id,
            names.mask(task.text),
            names.name(task.owner) if task.owner else "",
            "dropped" if task.dropped else "done" if task.done else "open",
            _ends(about_task[task.id]),
        )
        for task in incident.tasks
        if task.id not in gone_tasks
    )
    followups = []
    for item in incident.followups:
        if item.id in gone_followups:
            continue
        text = names.mask(item.text)
        found = _DONE_WHEN.search(text)
        followups.append(
            FollowUpFact(
                id=item.id,
                text=text[: found.start()] if found else text,
                done_when=found["when"] if found else "",
                owner=names.name(item.owner) if item.owner else "",
                due=item.due,
                outcome=item.outcome,
                reason=names.mask(item.reason),
                refs=_ends(about_followup[item.id]),
            )
        )
    return tasks, tuple(followups)


def _posts(story: Iterable[e.Recorded], names: Cast) -> tuple[PostFact, ...]:
    return tuple(
        PostFact(
            number=r.event.number,
            at=r.event.at,
            status=r.event.post.status,
            title=names.mask(r.event.post.title),
            text=names.mask(r.event.post.text),
            components=dict(r.event.post.components),
            ref=r.id,
        )
        for r in story
        if isinstance(r.event, e.PublicPostPublished)
    )


def _files(history: Sequence[e.Recorded], story: Sequence[e.Recorded], names: Cast) -> tuple[Cited[str], ...]:
    """What the files are called of which copies are kept."""
    kept = [file for file in files_of(history, story) if file.kept]
    return tuple(Cited(names.mask(file.name), (f"e{file.event}",)) for file in kept)


def _links(story: Iterable[e.Recorded], names: Cast) -> tuple[Cited[str], ...]:
    """Addresses that people put into their lines; one that holds a name is left out, as a masked one leads nowhere."""
    found: dict[str, Cited[str]] = {}
    for recorded in story:
        event = recorded.event
        match event:
            case e.Noted(text=text) | e.UpdatePosted(text=text) | e.TaskAdded(text=text) | e.FollowUpAdded(text=text):
                pass
            case _:
                continue
        for url in _URL.findall(tidy(text)):
            if names.mask(url) == url:
                found.setdefault(url, Cited(url, (recorded.id,)))
    return tuple(found.values())
