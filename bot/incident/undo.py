"""What undo means: for each event, the event that takes it back, or why nothing can."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.drilling import paced
from bot.incident.evolve import evolve
from bot.incident.model import FollowUp, Incident, Kind, Moment, PublicPost, Refused, Stamp, Status, Task
from bot.incident.paging import stop, take_back
from bot.incident.public import check_settled, discard, may_publish
from bot.incident.timeline import sentence


class NothingToTakeBack(Refused):
    """What was done changes nothing that could be as it was before."""


_NO_LINES = ("delivery", "message")
"""What comes of these is named to be taken back: who edits a message and types `undo` means the line before."""

_TIMELINE = "`timeline` shows what happened."
_NOT_YET = "It is your last line here. For an earlier one: `undo e12`, with the number that `timeline` shows."


def choose(history: Sequence[e.Recorded], by: str, event: int | None) -> tuple[e.Recorded, ...]:
    """The events to take back, oldest first: those of the command that made `event`, or else of the last command by
    `by` that was not undone. Empty when there is none. `history` is oldest first."""
    gone = {seq for recorded in history if isinstance(recorded.event, e.Undone) for seq in recorded.event.events}
    undoing = {recorded.command for recorded in history if isinstance(recorded.event, e.Undone)}
    gone |= {recorded.event.event for recorded in history if isinstance(recorded.event, e.Retracted)}
    candidates = [r for r in history if r.seq not in gone and r.command not in undoing]
    if event is not None:
        wanted = next((r.command for r in candidates if r.seq == event), None)
    else:
        wanted = next((r.command for r in reversed(candidates) if r.by == by and r.source.kind not in _NO_LINES), None)
    return tuple(r for r in candidates if r.command == wanted)


def undo(incident: Incident, command: c.Undo, at: datetime) -> list[e.Event]:
    if not command.events and command.event is not None:
        raise Refused(f"e{command.event} is nothing that could be undone.", "`timeline` shows what happened.")
    if not command.events:
        raise Refused("There is nothing of yours to undo here.", "`timeline` shows the events; `undo e12` names one.")
    try:
        taken = _taken(incident, command.events, at)
    except Refused as refusal:
        if command.event is None:
            refusal.hint = f"{refusal.hint} {_NOT_YET}".strip()
        raise
    if not taken:
        # Whoever reads "taken back" believes it.
        said = sentence(command.events[0].event, lambda person: person)
        hint = _NOT_YET if command.event is None else _TIMELINE
        raise NothingToTakeBack(f"This cannot be taken back: {said}.", hint)
    return [e.Undone(at=at, events=tuple(recorded.seq for recorded in command.events)), *taken]


def _taken(incident: Incident, events: Sequence[e.Recorded], at: datetime) -> list[e.Event]:
    """What takes `events` back, the last one first. What would change nothing is left out: it is so already."""
    taken: list[e.Event] = []
    for recorded in reversed(events):
        for event in _inverse(incident, recorded, at):
            after = evolve(incident, event)
            if isinstance(event, e.Retracted | e.PageTakenBack) or replace(after, version=incident.version) != incident:
                taken.append(event)
                incident = after
    return taken


def _inverse(incident: Incident, recorded: e.Recorded, at: datetime) -> list[e.Event]:
    event = recorded.event
    match event:
        case e.StatusChanged():
            return _status_back(incident, event, at)
        case e.MergedInto():
            raise Refused(
                f"No undo, because INC-{event.into} carries the alerts of {incident.ref} now.",
                "For what is apart from it: `open TITLE`",
            )
        case e.IncidentOpened():
            # A near miss and a write-up of the past are over when they are born.
            if not incident.status.open and incident.status is not event.status:
                raise Refused(
                    f"No undo, because {incident.ref} is {incident.status} already.",
                    f"`{incident.ref} reopen`, then `{incident.ref} cancel` if it was a mistake.",
                )
            if event.source == "alert" or _taken_up(incident):
                why = "alerts opened it" if event.source == "alert" else "people work on it"
                raise Refused(f"No undo of {recorded.id}, because {why}.", f"To end it: `{incident.ref} cancel REASON`")
            check_settled(incident, "cancel")
            cancelled = e.StatusChanged(at=at, old=incident.status, new=Status.CANCELLED, reason="opened by mistake")
            return [cancelled, *stop(incident, "opened by mistake", at)]
        case e.SeverityChanged():
            return [e.SeverityChanged(at=at, old=incident.severity, new=event.old, reason="undo")]
        case e.TitleChanged():
            return [e.TitleChanged(at=at, old=incident.title, new=event.old)]
        case e.RoleAssigned():
            held = incident.roles.get(event.role, "")
            return [e.RoleAssigned(at=at, role=event.role, person=event.previous, previous=held)]
        case e.Noted():
            return [e.Retracted(at=at, event=recorded.seq, message=event.message)]
        case e.MessageEdited():
            raise Refused(
                "No undo of an edit, because what was taken from a message reads as the message does.",
                "Edit the message again, where it stands.",
            )
        case e.MessageRemoved():
            raise Refused("No undo, because the text is gone.", "Write the message again, if it may be read.")
        case e.TaskAdded():
            return [e.TaskChanged(at=at, task=event.task, dropped=True, owner=event.owner)]
        case e.TaskChanged():
            return [_task_back(incident.tasks[event.task - 1], event, at)]
        case e.FollowUpAdded():
            return [e.FollowUpChanged(at=at, followup=event.followup, outcome="dropped")]
        case e.FollowUpChanged():
            return [_followup_back(incident.followups[event.followup - 1], event, at)]
        case e.FollowUpDated(followup=number):
            # What was said of it since then stays.
            stands = incident.followups[number - 1].due == event.due
            return [e.FollowUpDated(at=at, followup=number, due=event.old, old=event.due)] if stands else []
        case e.MomentSet():
            return [_moment_back(event, at)]
        case e.ImpactDescribed():
            return [
                e.ImpactDescribed(
                    at=at,
                    text=event.previous_text,
                    plane=event.previous_plane,
                    affected=event.previous_affected,
                    previous_text=incident.impact,
                    previous_plane=incident.plane,
                    previous_affected=incident.affected,
                )
            ]
        case e.UpdatePosted():
            return [
                e.Retracted(at=at, event=recorded.seq),
                e.UpdatePosted(
                    at=at,
                    text=event.previous_text,
                    next_by=event.previous_by if incident.status.open else None,
                    previous_text=event.text,
                ),
            ]
        case e.PublicPostDrafted():
            if incident.draft != event.post:
                return []
            return _preview_back(incident, event.before, at) or discard(incident, at)
        case e.PublicDraftDiscarded() if incident.draft is None:
            return _preview_back(incident, event.post, at)
        case e.PublicPostPublished():
            correct = (
                f"To correct it: `{incident.ref} publish {event.post.status} TEXT`; it is shown above the old words."
            )
            hint = correct if may_publish(incident, event.post.status) else ""
            raise Refused("No undo, because customers have read it.", hint)
        case e.PeoplePaged():
            return take_back(incident, event, at)
        case e.PageAcknowledged():
            raise Refused(
                "An acknowledgement cannot be taken back.",
                f"To wake somebody: `{incident.ref} page @NAME`" if incident.kind is Kind.REAL else "",
            )
        case e.MadePrivate():
            raise Refused(
                "Private cannot be undone.",
                "To tell the others, open a second incident: `open TITLE`",
            )
        case e.ReplayPaced() if incident.replay and not incident.replay.over and incident.status.open:
            return paced(incident.replay, at, paused=event.was_paused, speed=event.old_speed)
        case e.PostmortemAssigned():
            return [e.PostmortemAssigned(at=at, person=event.previous, previous=event.person)]
        case _:
            return []


def _task_back(now: Task, event: e.TaskChanged, at: datetime) -> e.TaskChanged:
    """What the change changed is as it was; what was done to the task since then stays. Of a change that was recorded
    without what was before, only that it is open again is known."""
    was = event.before or Task(event.task, "", event.owner)
    state = was if (was.done, was.dropped) != (event.done, event.dropped) else now
    owner = was.owner if was.owner != event.owner else now.owner
    return e.TaskChanged(at=at, task=now.id, done=state.done, dropped=state.dropped, owner=owner, before=now)


def _followup_back(now: FollowUp, event: e.FollowUpChanged, at: datetime) -> e.FollowUpChanged:
    """As `_task_back`, of a follow-up."""
    was = event.before or FollowUp(event.followup, "", now.owner)
    state = was if was.outcome != event.outcome else now
    owner = was.owner if event.owner not in (None, was.owner) else now.owner
    return e.FollowUpChanged(
        at=at, followup=now.id, outcome=state.outcome, reason=state.reason, before=now, owner=owner
    )


def _moment_back(event: e.MomentSet, at: datetime) -> e.MomentSet:
    source, reason = (event.was.source, event.was.reason) if event.was else ("undo", "undo")
    return e.MomentSet(at=at, moment=event.moment, value=event.old, old=event.value, source=source, reason=reason)


def _preview_back(incident: Incident, post: PublicPost | None, at: datetime) -> list[e.Event]:
    if post is None or not may_publish(incident, post.status):
        return []
    return [e.PublicPostDrafted(at=at, post=post)]


def _taken_up(incident: Incident) -> bool:
    return bool(incident.roles or incident.tasks or (incident.paging and incident.paging.acknowledged_by))


def _status_back(incident: Incident, event: e.StatusChanged, at: datetime) -> list[e.Event]:
    if incident.status is not event.new:
        raise Refused(
            f"No undo, because {incident.ref} is {incident.status} meanwhile.",
            f"Set what it should be: `{incident.ref} status {event.old}`" if event.old.active else "`status` shows it.",
        )
    if event.old.final:
        check_settled(incident, "resolve" if event.old is Status.CLOSED else "cancel")
    changed = e.StatusChanged(
        at=at,
        old=incident.status,
        new=event.old,
        reason="undo",
        ended=event.ended if event.reopened else None,
        resolved=event.resolved if event.reopened else event.stated,
        # Whoever was asked since then was asked.
        paging=event.paging if incident.paging is None else None,
    )
    back: list[e.Event] = [changed]
    mitigated = incident.moments.get(Moment.MITIGATED)
    if event.new is Status.MONITORING and mitigated == Stamp(event.at, "status"):
        # The step set it; without the step nobody has said so.
        back.append(e.MomentSet(at=at, moment=Moment.MITIGATED, value=None, old=event.at, source="undo", reason="undo"))
    return back if event.old.open else [*back, *stop(incident, event.old.value, at)]
