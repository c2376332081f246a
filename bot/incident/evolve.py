"""How an event changes the incident. No rules here: what is recorded has happened, whatever anybody thinks of it.

Invariant, tested with random commands: folding `evolve` over an incident's events gives its stored row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import assert_never

from bot.incident import events as e
from bot.incident.captured import reads_now
from bot.incident.evolve_paging import paged, responders
from bot.incident.model import (
    FollowUp,
    Incident,
    Moment,
    Postmortem,
    Replay,
    Role,
    Room,
    Stamp,
    Status,
    Task,
)

NONE_LEFT = timedelta()


def replay(number: int, events: Iterable[e.Event]) -> Incident | None:
    """The incident that these events make, oldest first; None without any."""
    incident: Incident | None = None
    for event in events:
        incident = evolve(incident, event, number=number)
    return incident


def evolve(incident: Incident | None, event: e.Event, *, number: int = 0) -> Incident:
    """The incident after `event`. `number` names a new one; only `IncidentOpened` may come without an incident."""
    if incident is None:
        if not isinstance(event, e.IncidentOpened):
            raise TypeError(f"{type(event).__name__} before IncidentOpened")
        return _opened(event, number)
    return replace(_changed(incident, event), version=incident.version + 1)


def _opened(event: e.IncidentOpened, number: int) -> Incident:
    moments = {Moment.DECLARED: Stamp(event.at, event.source)}
    if event.impact_start:
        moments[Moment.IMPACT_START] = Stamp(event.impact_start, event.source)
    if event.impact_end:
        moments[Moment.IMPACT_END] = Stamp(event.impact_end, event.source)
    if event.detected:
        moments[Moment.DETECTED] = Stamp(event.detected, event.source)
    return Incident(
        number=number,
        opened_at=event.at,
        version=1,
        kind=event.kind,
        status=event.status,
        status_since=event.at if event.status.open else event.impact_end,
        severity=event.severity,
        title=event.title,
        service=event.service,
        private=event.private,
        group=event.group,
        responders=(event.opener,) if event.opener else (),
        moments=moments,
        window=event.window,
        ended=None if event.status.open else event.impact_end or event.at,
        worked_on_since=1,
    )


def _changed(incident: Incident, event: e.Event) -> Incident:
    match event:
        case e.IncidentOpened():
            raise TypeError("an incident opens once")
        case e.AlertsFired():
            total = incident.alerts_total + event.count - event.again
            guides = incident.guides.besides(event.guides)
            return replace(incident, alerts_firing=event.firing, alerts_total=total, guides=guides)
        case e.AlertsCleared() | e.AlertsLeft():
            still = incident.still_firing and event.firing > 0
            return replace(incident, alerts_firing=event.firing, still_firing=still)
        case e.AlertsStillFiring():
            return replace(incident, still_firing=True)
        case e.StatusChanged():
            return _status(incident, event)
        case e.MergedInto():
            return replace(
                incident,
                status=Status.MERGED,
                status_since=event.at,
                merged_into=event.into,
                promise=None,
                ended=event.at,
            )
        case e.Absorbed():
            return replace(
                incident,
                alerts_firing=incident.alerts_firing + event.alerts_firing,
                alerts_total=incident.alerts_total + event.alerts_total,
                absorbed=tuple(dict.fromkeys((*incident.absorbed, *event.groups))),
                guides=incident.guides.besides(event.guides),
            )
        case e.SeverityChanged():
            return replace(incident, severity=event.new)
        case e.TitleChanged():
            return replace(incident, title=event.new)
        case e.MadePrivate():
            rooms = {platform: replace(room, exposed=room.live) for platform, room in incident.rooms.items()}
            return replace(incident, private=True, rooms=rooms, responders=responders(incident, event.person))
        case e.ReplayBegan():
            left = (event.next_at - event.at) * event.speed
            return replace(incident, replay=Replay(event.of, event.speed, event.length, event.seq, event.next_at, left))
        case e.ReplayMoved() if incident.replay:
            left = (event.next_at - event.at) * incident.replay.speed if event.next_at else NONE_LEFT
            return replace(incident, replay=replace(incident.replay, seq=event.seq, due=event.next_at, left=left))
        case e.ReplayPaced() if incident.replay:
            paced = replace(incident.replay, speed=event.speed, due=event.next_at, left=event.left)
            return replace(incident, replay=paced)
        case e.ReplayMoved() | e.ReplayPaced():
            return incident
        case e.RoleAssigned():
            return replace(incident, roles=_roles(incident.roles, event))
        case (
            e.Noted()
            | e.Retracted()
            | e.Seconded()
            | e.FileKept()
            | e.FileNotKept()
            | e.UpdateWasDue()
            | e.ArchiveWasDue()
            | e.DeliveryFailed()
            | e.EditedDraftKept()
            | e.Undone()
        ):
            return incident
        case e.MessageEdited() | e.MessageRemoved():
            return reads_now(incident, event)
        case e.TaskAdded():
            return replace(incident, tasks=(*incident.tasks, Task(event.task, event.text, event.owner)))
        case e.TaskChanged():
            return replace(incident, tasks=tuple(_task(task, event) for task in incident.tasks))
        case e.FollowUpAdded():
            added = FollowUp(event.followup, event.text, event.owner, event.due)
            return replace(incident, followups=(*incident.followups, added))
        case e.FollowUpChanged():
            return replace(incident, followups=tuple(_followup(item, event) for item in incident.followups))
        case e.FollowUpDated(followup=number, due=due):
            dated = (replace(item, due=due) if item.id == number else item for item in incident.followups)
            return replace(incident, followups=tuple(dated))
        case e.MomentSet():
            return replace(incident, moments=_moments(incident.moments, event))
        case e.ImpactDescribed():
            return replace(incident, impact=event.text, plane=event.plane, affected=event.affected)
        case e.UpdatePosted():
            return replace(incident, summary=event.text, promise=event.next_by)
        case (
            e.PeoplePaged() | e.PageTakenBack() | e.PageSent() | e.PageFailed() | e.PageAcknowledged() | e.PagingEnded()
        ):
            return paged(incident, event)
        case e.PublicPostDrafted():
            return replace(incident, draft=event.post)
        case e.PublicDraftDiscarded():
            return replace(incident, draft=None)
        case e.PublicPostPublished():
            return replace(
                incident,
                draft=None,
                public_posts=event.number,
                public_title=event.post.title,
                public_status=event.post.status,
                components={**incident.components, **event.post.components},
            )
        case e.PostReachedPage():
            if not event.link:
                return incident
            return replace(incident, public_links={**incident.public_links, event.page: event.link})
        case e.RoomOpened() | e.RoomArchived() | e.CardPosted() | e.CardLost() | e.AnnouncementPosted():
            return replace(incident, rooms={**incident.rooms, event.platform: _room(incident, event)})
        case e.PostmortemDrafted():
            held = incident.postmortem or Postmortem(through=event.through)
            return replace(incident, postmortem=replace(held, through=event.through))
        case e.PostmortemAssigned():
            held = incident.postmortem or Postmortem(through=0)
            return replace(incident, postmortem=replace(held, owner=event.person))
        case e.PostmortemWritten():
            held = incident.postmortem or Postmortem(through=0)
            if event.copy and held.place:
                return incident
            place, newer = (event.edited, event.place) if event.edited else (event.place, "")
            return replace(incident, postmortem=replace(held, place=place, newer=newer))
        case _:
            assert_never(event)


def _status(incident: Incident, event: e.StatusChanged) -> Incident:
    moments = dict(incident.moments)
    if event.new is Status.MONITORING and Moment.MITIGATED not in moments:
        moments[Moment.MITIGATED] = Stamp(event.at, "status")
    if event.resolved and not event.reopened:
        moments[Moment.RESOLVED] = event.resolved
    elif event.new.open:
        moments.pop(Moment.RESOLVED, None)
    elif event.new is Status.RESOLVED and (event.old.open or Moment.RESOLVED not in moments):
        # Back from its review it goes on having been resolved when it was.
        # When it was is then known by somebody's word, as after `moment resolved`.
        moments[Moment.RESOLVED] = (
            Stamp(event.at, "command") if event.backdated else Stamp(event.at, "status", event.reason)
        )
    promise = incident.promise if event.new.open else None
    paging = None if event.reopened else event.paging or incident.paging
    still = incident.still_firing and not event.new.open
    # From resolved to closed it goes on having ended when it did.
    ended = None if event.new.open else event.ended or incident.ended or event.at
    return replace(
        incident,
        status=event.new,
        status_since=event.at,
        moments=moments,
        promise=promise,
        paging=paging,
        still_firing=still,
        ended=ended,
        replay=incident.replay and (incident.replay if event.new.open else incident.replay.stopped(event.at)),
        worked_on_since=incident.version + 1 if event.new.active and not event.old.active else incident.worked_on_since,
    )


def _roles(roles: Mapping[Role, str], event: e.RoleAssigned) -> Mapping[Role, str]:
    held = {role: person for role, person in roles.items() if role is not event.role}
    return {**held, event.role: event.person} if event.person else held


def _task(task: Task, event: e.TaskChanged) -> Task:
    if task.id != event.task:
        return task
    return replace(task, done=event.done, dropped=event.dropped, owner=event.owner)


def _followup(item: FollowUp, event: e.FollowUpChanged) -> FollowUp:
    if item.id != event.followup:
        return item
    owner = item.owner if event.owner is None else event.owner
    return replace(item, outcome=event.outcome, reason=event.reason, owner=owner)


def _moments(moments: Mapping[Moment, Stamp], event: e.MomentSet) -> Mapping[Moment, Stamp]:
    held = {moment: stamp for moment, stamp in moments.items() if moment is not event.moment}
    if event.value is None:
        return held
    return {**held, event.moment: Stamp(event.value, event.source, event.reason)}


def _room(
    incident: Incident, event: e.RoomOpened | e.RoomArchived | e.CardPosted | e.CardLost | e.AnnouncementPosted
) -> Room:
    room = incident.rooms.get(event.platform, Room(id=""))
    match event:
        case e.RoomOpened():
            earlier = (*room.earlier, room.link or room.id) if room.left else room.earlier
            opened = Room(event.room, event.link, earlier=earlier, exposed=event.exposed)
            return replace(opened, announcement=room.announcement, announced=room.announced)
        case e.RoomArchived():
            return replace(room, archived=True)
        case e.CardPosted():
            return replace(room, card=event.message)
        case e.CardLost():
            return replace(room, card="", lost=room.lost + 1)
        case e.AnnouncementPosted():
            return replace(room, announcement=event.message, announced=room.announced + 1)
        case _:
            assert_never(event)
