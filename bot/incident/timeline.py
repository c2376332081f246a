"""Events as sentences. The words are made when somebody reads, never stored.

`who` turns a person's id into what this reader may see: a name in the room, a role in a postmortem.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from typing import assert_never

from bot.incident import events as e
from bot.incident.captured import Capture
from bot.incident.files import beside, with_copies
from bot.incident.messages import as_edited
from bot.incident.model import Mark, Moment, PublicPost, Status
from bot.incident.paged import answered_by
from bot.incident.policy import is_service
from bot.incident.replay import as_fast, moved

Who = Callable[[str], str]

MARKS = {
    Mark.NOTE: "",
    Mark.HYPOTHESIS: "Hypothesis: ",
    Mark.DECISION: "Decision: ",
    Mark.KEY_MOMENT: "Key moment: ",
    Mark.LUCKY: "Lucky: ",
    Mark.QUESTION: "Open question: ",
    Mark.PROPOSAL: "Proposed for customers: ",
    Mark.COFFEE: "Coffee topic: ",
    Mark.ON_IT: "On it: ",
    Mark.INJECT: "Report: ",
}

TAKEN = {
    Mark.NOTE: "a note",
    Mark.HYPOTHESIS: "a hypothesis",
    Mark.DECISION: "a decision",
    Mark.KEY_MOMENT: "a key moment",
    Mark.LUCKY: "a piece of luck",
    Mark.QUESTION: "a question",
    Mark.PROPOSAL: "a proposal for customers",
    Mark.COFFEE: "a coffee topic",
    Mark.ON_IT: "a word that somebody is on it",
    Mark.INJECT: "a report of the drill",
}
"""What a line is called where it is not shown."""

MOMENTS = {
    Moment.IMPACT_START: "The impact began",
    Moment.DETECTED: "It was noticed",
    Moment.DECLARED: "The incident was declared",
    Moment.ACKNOWLEDGED: "It was acknowledged",
    Moment.MITIGATED: "The impact was stopped",
    Moment.IMPACT_END: "The impact ended",
    Moment.RESOLVED: "It was resolved",
}


def story(history: Sequence[e.Recorded]) -> list[e.Recorded]:
    """The timeline people read: in the order things happened, without plumbing and without what was taken back, and every
    line as its message reads by now, with what became of its files."""
    taken = {r.event.event for r in history if isinstance(r.event, e.Retracted)}
    lines = {r.event.message for r in history if isinstance(r.event, Capture)}
    told = [
        r
        for r in with_copies(as_edited(history))
        if r.seq not in taken and not _unsaid(r.event) and _says(r.event, taken, lines)
    ]
    return sorted(told, key=lambda r: (r.event.at, r.seq))


def _unsaid(event: e.Event) -> bool:
    log = isinstance(event, e.PostmortemWritten) and event.log
    return isinstance(event, (*e.PLUMBING, e.Retracted)) and not log


def _says(event: e.Event, taken: Collection[int], lines: Collection[str]) -> bool:
    match event:
        case e.UpdatePosted():
            return bool(event.text)
        case e.ReplayMoved():
            return not event.seq
        case e.MessageRemoved():
            return not set(event.events).issubset(taken)
        case e.FileNotKept():
            # Where the line itself is told, it says so.
            return event.message not in lines
        case _:
            return True


def sentence(event: e.Event, who: Who, zone: tzinfo = UTC) -> str:
    """What happened, in one sentence of plain text. Times of day in it are those of `zone`."""
    match event:
        case e.IncidentOpened():
            return f"{_kind(event)} opened as {event.severity}: {event.title}"
        case e.AlertsFired():
            more = f", and {event.truncated} more that the sender left out" if event.truncated else ""
            return f"{_count(event.count, 'alert')} fired{more}{_samples(event.samples, event.count)}"
        case e.AlertsCleared():
            left = "none is firing now" if not event.firing else f"{event.firing} still firing"
            return f"{_count(event.count, 'alert')} cleared, {left}{_samples(event.samples, event.count)}"
        case e.AlertsLeft():
            return (
                f"{_count(event.count, 'alert')} fired on into another incident{_samples(event.samples, event.count)}"
            )
        case e.AlertsStillFiring():
            verb = "fires" if event.count == 1 else "fire"
            return (
                f"{_count(event.count, 'alert')} still {verb} although it is over{_samples(event.samples, event.count)}"
            )
        case e.StatusChanged():
            return _status(event)
        case e.MergedInto():
            return f"Merged into INC-{event.into}{_because(event.reason)}"
        case e.Absorbed():
            return f"INC-{event.other} is a part of this: {event.title}"
        case e.SeverityChanged():
            return f"Severity changed from {event.old} to {event.new}{_because(event.reason)}"
        case e.TitleChanged():
            return f"Renamed to: {event.new}"
        case e.MadePrivate():
            return "Made private"
        case e.ReplayBegan():
            return f"The alerts of INC-{event.of} come again, {as_fast(event.speed)}"
        case e.ReplayMoved():
            return moved(event.seq, withheld=event.withheld)
        case e.ReplayPaced():
            return f"The replay goes on, {as_fast(event.speed)}" if event.next_at else _held(event)
        case e.RoleAssigned():
            if not event.person:
                return f"{who(event.previous)} gave up {event.role}"
            over = f", taking over from {who(event.previous)}" if event.previous else ""
            return f"{who(event.person)} is {event.role}{over}"
        case e.Noted():
            return f"{MARKS[event.mark]}{event.text}{_beside(event)}"
        case e.Retracted():
            return f"e{event.event} was taken back"
        case e.MessageEdited():
            return f"Edited: {', '.join(f'e{seq}' for seq in event.events)}"
        case e.MessageRemoved():
            return _removed(event)
        case e.FileKept():
            return f"A copy is kept of file {event.number + 1} of a message"
        case e.FileNotKept():
            return f"No copy is kept of {event.name}: {event.reason}"
        case e.TaskAdded():
            return f"Task {event.task}{_for(event.owner, who)}: {event.text}{_beside(event)}"
        case e.TaskChanged():
            did = "dropped" if event.dropped else "done" if event.done else f"open{_for(event.owner, who)}"
            return f"Task {event.task} is {did}"
        case e.FollowUpAdded():
            due = f", due {event.due:%Y-%m-%d}" if event.due else ""
            return f"Follow-up {event.followup}{_for(event.owner, who)}{due}: {event.text}{_beside(event)}"
        case e.FollowUpChanged():
            did = event.outcome or f"open{_for(event.owner or '', who)}"
            return f"Follow-up {event.followup} is {did}{_because(event.reason)}"
        case e.FollowUpDated():
            due = f"due {event.due:%Y-%m-%d}" if event.due else "due at no time any more"
            return f"Follow-up {event.followup} is {due}{f', not {event.old:%Y-%m-%d}' if event.old else ''}"
        case e.MomentSet():
            if event.value is None:
                return f"{MOMENTS[event.moment]}: no longer known"
            return (
                f"{MOMENTS[event.moment]} at {event.value.astimezone(zone):%Y-%m-%d %H:%M %Z}{_because(event.reason)}"
            )
        case e.ImpactDescribed():
            parts = (event.text, f"{event.plane} plane" if event.plane else "", ", ".join(event.affected))
            return f"Impact: {'; '.join(part for part in parts if part) or 'not known any more'}"
        case e.UpdatePosted():
            promise = f" (next update by {event.next_by.astimezone(zone):%H:%M %Z})" if event.next_by else ""
            return f"Update: {event.text}{promise}"
        case e.UpdateWasDue():
            return f"The update promised for {event.promised.astimezone(zone):%H:%M %Z} has not come"
        case e.PeoplePaged():
            return f"Paged {_names(event.people, who)}{_step(event)}{_because(event.reason)}"
        case e.Seconded():
            return f"Seconded: e{event.event}" if event.stands else f"No longer seconded: e{event.event}"
        case e.PageTakenBack():
            return f"{_names(event.people, who)} {'is' if len(event.people) == 1 else 'are'} no longer paged"
        case e.PageSent():
            return f"The page to {who(event.person)} went out{_by(event)}"
        case e.PageFailed():
            # An adapter's reason begins with the name of its block, which is said already.
            reason = event.reason.removeprefix(f"{event.way}: ")
            return f"The page to {who(event.person)}{_by(event)} failed: {reason}"
        case e.PageAcknowledged():
            return f"{who(event.person)} acknowledged{answered_by(event.person, event.via)}"
        case e.PagingEnded():
            return f"Paging ended: {event.reason}"
        case e.PublicPostDrafted():
            return f"Preview for customers ({_dated(event.post, zone)}): {event.post.text}"
        case e.PublicDraftDiscarded():
            return "The preview for customers was discarded"
        case e.PublicPostPublished():
            return f"Customers were told ({_dated(event.post, zone)}): {event.post.text}"
        case e.PostReachedPage():
            return f"Public post {event.number} is on {event.page}"
        case e.RoomOpened():
            return f"The room on {event.platform} is open"
        case e.ArchiveWasDue():
            return "Over for long enough: the rooms are archived"
        case e.RoomArchived():
            return f"The room on {event.platform} was archived"
        case e.CardPosted():
            return f"The card on {event.platform} is up"
        case e.CardLost():
            return f"Somebody deleted the card on {event.platform}"
        case e.AnnouncementPosted():
            return f"Announced on {event.platform}"
        case e.DeliveryFailed():
            return f"{event.effect.replace('_', ' ').capitalize()} on {event.provider} failed: {event.reason}"
        case e.PostmortemDrafted():
            return "The facilitator's log was written" if event.log else "The postmortem was drafted"
        case e.PostmortemAssigned():
            return f"The postmortem is with {who(event.person)}" if event.person else "The postmortem has no owner"
        case e.PostmortemWritten():
            what = "facilitator's log" if event.log else "postmortem's draft"
            return f"The {what} lies at {event.place}"
        case e.EditedDraftKept():
            return f"People had edited {event.place}, so it was left alone: what was removed may still be in it"
        case e.Undone():
            return f"Undone: {', '.join(f'e{seq}' for seq in event.events)}"
        case _:
            assert_never(event)


def _held(event: e.ReplayPaced) -> str:
    changed = f", and goes on {as_fast(event.speed)}" if event.speed != event.old_speed else ""
    return f"The replay is held{changed}"


def _beside(event: e.Noted | e.TaskAdded | e.FollowUpAdded) -> str:
    return f"{' (edited)' if event.edited else ''}{beside(event)}"


def _removed(event: e.MessageRemoved) -> str:
    lines = [TAKEN[mark] for mark in event.marks]
    what = [*lines, *(f"task {n}" for n in event.tasks), *(f"follow-up {n}" for n in event.followups)]
    said = f"{', '.join(what[:-1])} and {what[-1]}" if len(what) > 1 else what[0]
    whose = "its" if len(what) == 1 else "their"
    by = {True: f" by {whose} author", False: " by a moderator", None: ""}[event.by_author]
    read = ", ".join(f"{number}" for number in event.posts)
    left = f"; public post {read} quotes it, and customers have read that" if read else ""
    return f"{said[0].upper()}{said[1:]} {'was' if len(what) == 1 else 'were'} removed{by}{left}"


def _by(event: e.PageSent | e.PageFailed) -> str:
    """Its way; a service has one alone, of its own name."""
    return "" if is_service(event.person) else f" by {event.way}"


def _step(event: e.PeoplePaged) -> str:
    """Where in its policy; a person and a schedule have no steps."""
    if not event.ladder or event.ladder.startswith(("person:", "pager:")):
        return ""
    if event.ladder.startswith("schedule:"):
        return f" (on call in {event.ladder.removeprefix('schedule:')})"
    return f" (step {event.step + 1} of {event.ladder.removeprefix('policy:')})"


def _kind(event: e.IncidentOpened) -> str:
    return {"real": "Incident", "nearmiss": "Near miss"}.get(event.kind, event.kind.capitalize())


def _status(event: e.StatusChanged) -> str:
    said = {
        Status.RESOLVED: "Resolved",
        Status.CLOSED: "Closed",
        Status.DECLINED: "Declined",
        Status.CANCELLED: "Cancelled",
        Status.REVIEW: "In review",
    }.get(event.new, f"Status changed from {event.old} to {event.new}")
    if event.old is Status.TRIAGE and event.new is Status.INVESTIGATING:
        said = "Accepted"
    if event.new.open and not event.old.open:
        said = "Reopened"
    if event.new is Status.RESOLVED and not event.old.open:
        said = f"Status changed from {event.old} to {event.new}"
    if event.ended and not event.new.open:
        # A reopening was undone.
        said = f"{said} again"
    return f"{said}{_because(event.reason)}"


def _because(reason: str) -> str:
    return f": {reason}" if reason else ""


def _for(person: str, who: Who) -> str:
    return f" for {who(person)}" if person else ""


def _names(people: Iterable[str], who: Who) -> str:
    return ", ".join(who(person) for person in people)


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _samples(samples: Sequence[e.AlertFact], count: int) -> str:
    if not samples:
        return ""
    shown = "; ".join(fact.summary or fact.name for fact in samples[:3])
    return f": {shown}{'; …' if count > 3 else ''}"


def _dated(post: PublicPost, zone: tzinfo) -> str:
    return f"{post.status}, dated {post.when.astimezone(zone):%Y-%m-%d %H:%M %Z}" if post.when else str(post.status)


def minutes(start: datetime, end: datetime) -> str:
    """How long it took, the way people say it: `7 min`, `2 h 5 min`, `3 d 4 h`."""
    total = max(0, round((end - start).total_seconds() / 60))
    days, rest = divmod(total, 1440)
    hours, mins = divmod(rest, 60)
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {mins} min" if mins else f"{hours} h"
    return f"{mins} min"
