"""What an undo gave back, in words."""

from __future__ import annotations

from collections.abc import Mapping

from bot.chat.card import Who
from bot.chat.templates import local, short
from bot.incident import events as e
from bot.incident.model import Status
from bot.incident.timeline import MOMENTS, sentence

STATES: Mapping[str, str] = {Status.TRIAGE: "in triage", Status.REVIEW: "in review"}
"""How a status is said in a sentence, where its name alone does not do."""


def taken_back(event: e.Event, names: Who, zone: str) -> str:
    """How it is again, now that something was undone by `event`."""
    match event:
        case e.StatusChanged():
            return _status_back(event, zone)
        case e.SeverityChanged(new=severity):
            return f"it is {severity} again"
        case e.TitleChanged(new=title):
            return f"its title is again: {title}"
        case e.RoleAssigned(role=role, person=person):
            return f"{names(person) if person else 'nobody'} is {role} again"
        case e.Retracted(event=number):
            return f"line e{number} is off the timeline"
        case e.TaskChanged(task=task):
            return f"task {task} is {_task_back(event, names)}"
        case e.FollowUpDated(followup=followup, due=due):
            return f"follow-up {followup} is {f'due {due:%Y-%m-%d}' if due else 'due at no time'} again"
        case e.FollowUpChanged(followup=followup):
            return f"follow-up {followup} is {_followup_back(event, names)}"
        case e.PublicPostDrafted(post=post):
            return f"the preview waits for approval again ({post.status}): {short(post.text)}"
        case e.PageTakenBack():
            return sentence(event, names)
        case e.MomentSet(value=None):
            return f"“{MOMENTS[event.moment]}” has no time again"
        case e.MomentSet(value=value) if value:
            return f"“{MOMENTS[event.moment]}” is again at {local(value, zone, '%Y-%m-%d %H:%M %Z')}"
        case e.ImpactDescribed():
            if not (event.text or event.plane or event.affected):
                return "the impact is not described any more"
            said = sentence(event, names).removeprefix("Impact: ")
            return f"the impact is again: {short(said)}"
        case e.UpdatePosted(text=text):
            return f"the last update is again: {short(text)}" if text else "there is no update any more"
        case e.PublicDraftDiscarded():
            return "the preview for customers is gone"
        case e.PagingEnded():
            return "nobody else is paged"
        case e.PostmortemAssigned(person=person):
            return f"the postmortem is with {names(person)} again" if person else "the postmortem has no owner"
        case _:
            return ""


def _status_back(event: e.StatusChanged, zone: str) -> str:
    if event.new is Status.CANCELLED and not event.ended:
        return "it is cancelled"
    said = f"it is {STATES.get(event.new, event.new)} again"
    if event.new.open or event.resolved is None:
        return said
    since = local(event.resolved.at, zone, "%Y-%m-%d %H:%M %Z")
    return f"{said}, since {since}" if event.new is Status.RESOLVED else f"{said}; it was resolved at {since}"


def _task_back(event: e.TaskChanged, names: Who) -> str:
    """What of its state and its owner is as it was."""
    state = "gone" if event.dropped else "done again" if event.done else "open again"
    was = event.before
    if was is None or was.owner == event.owner:
        return state
    return _owned(state, (was.done, was.dropped) == (event.done, event.dropped), event.owner, names)


def _followup_back(event: e.FollowUpChanged, names: Who) -> str:
    """The same of a follow-up, and why it was decided against."""
    state = {"dropped": "gone", "done": "done again", "wontdo": "decided against again"}
    said, was = state.get(event.outcome, "open again"), event.before
    if was is not None and event.owner not in (None, was.owner):
        said = _owned(said, was.outcome == event.outcome, event.owner or "", names)
    return f"{said}: {short(event.reason)}" if event.reason else said


def _owned(state: str, same: bool, owner: str, names: Who) -> str:
    """Whose it is as before, and its `state` unless that is the `same`."""
    whose = f"{names(owner) if owner else 'nobody'}'s"
    return f"{whose} again" if same else f"{state} and {whose}"
