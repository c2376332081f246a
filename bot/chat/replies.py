"""What is answered to the person who typed: what changed and how to undo it, or why it may not be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.chat.advice import after_advice, preview
from bot.chat.card import Who, headline, who
from bot.chat.document import Block, Bullets, Document, Paragraph, Text, clean, line
from bot.chat.marked import marked
from bot.chat.templates import and_, local
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.model import Incident, Kind, Person, Refused, Source
from bot.incident.timeline import sentence
from bot.incident.undo import undo

EVENTS_SHOWN = 6
TEXT_SHOWN = 300
BORN = {Kind.DRILL: "Drill", Kind.NEARMISS: "Near miss", Kind.RETRO: "Past incident", Kind.MAINTENANCE: "Maintenance"}


def refused(refusal: Refused) -> Document:
    """Why not, and what to do instead."""
    said = [refusal.reason, *([refusal.hint] if refusal.hint else [])]
    summary = clean(" ".join(said))
    return Document(summary=summary, blocks=tuple(Paragraph(marked(text)) for text in said), tone="refused")


def done(
    command: c.Command,
    events: Sequence[e.Event],
    before: Incident | None,
    after: Incident,
    *,
    people: Mapping[str, Person],
    zone: str,
    components: Mapping[str, str] | None = None,
    publishers: Sequence[str] = (),
) -> Document:
    """The answer to a command that was carried out: it made `events` happen, which turned `before` into `after`.

    Times are shown in `zone` (IANA). `components` maps a component's id to its name
    for customers, `publishers` names where a postmortem's draft is put. No events: it was so already.
    """
    names = who(people)
    if not events:
        text = already(command, after, names, zone)
        return Document(summary=clean(text), blocks=(Paragraph(marked(text)),))
    said = _changed(command, events, after, names, zone)
    blocks: list[Block] = [Paragraph((Text(after.ref, bold=True), Text(" · "), *line(said[0])))]
    if len(said) > 1:
        more = [f"and {len(said) - EVENTS_SHOWN} more: `timeline` shows all"] if len(said) > EVENTS_SHOWN else []
        blocks.append(Bullets((*(line(text) for text in said[1:EVENTS_SHOWN]), *(marked(text) for text in more))))
    if isinstance(command, c.DraftPublicPost) and after.draft:
        masked = next((event.masked for event in events if isinstance(event, e.PublicPostDrafted)), ())
        blocks += preview(after, after.draft, components or {}, masked)
    blocks += [Paragraph(marked(text)) for text in after_advice(command, before, after, zone, publishers)]
    if way_back := _way_back(command, events, after):
        blocks.append(Paragraph(marked(way_back)))
    return Document(summary=clean(f"{after.ref} · {said[0]}"), blocks=tuple(blocks), tone="good")


def _changed(command: c.Command, events: Sequence[e.Event], after: Incident, names: Who, zone: str) -> list[str]:
    """What happened, a sentence each, the one asked for first."""
    told = [text for event in events if (text := _told(event, after, names, zone))]
    if isinstance(command, c.Undo):
        return ["Taken back.", *told]
    return told or [headline(after)]


def _told(event: e.Event, after: Incident, names: Who, zone: str) -> str:
    match event:
        case e.IncidentOpened():
            kind = BORN.get(event.kind, "Incident")
            how = "recorded" if event.kind in (Kind.NEARMISS, Kind.RETRO) else "open"
            private = "private, " if event.private else ""
            return f"{kind} is {how}: {private}{event.severity}, {event.title}"
        case e.PeoplePaged():
            then = (
                f"; the next one is asked at {local(event.next_at, zone)}" if event.next_at and not event.last else ""
            )
            return f"Paged {and_(names(person) for person in event.people)}{then}"
        case e.PagingEnded(exhausted=True):
            return "Nobody was paged: nobody is on call"
        case e.UpdatePosted():
            promise = f", the next one is due by {local(event.next_by, zone)}" if event.next_by else ""
            return f"Update posted{promise}" if event.text else ""
        case e.Noted():
            return _short(f"On the timeline at {local(event.at, zone)}: {sentence(event, names)}")
        case e.MomentSet(value=value) if value:
            said = sentence(event, names).partition(" at ")[0]
            return f"{said} at {local(value, zone, '%Y-%m-%d %H:%M %Z')}{f': {event.reason}' if event.reason else ''}"
        case e.PublicPostDrafted():
            return "Preview only: customers have not read this"
        case e.PublicPostPublished():
            return f"Post {event.number} goes to the status page: {event.post.status}, {_short(event.post.text)}"
        case e.Undone() | e.PostmortemDrafted():
            return ""
        case _:
            return _short(sentence(event, names))


def _short(text: str) -> str:
    return text if len(text) <= TEXT_SHOWN else f"{text[: TEXT_SHOWN - 1]}…"


def _way_back(command: c.Command, events: Sequence[e.Event], after: Incident) -> str:
    """How to take it back, or why that is impossible. The rules of undo are asked, not repeated."""
    if isinstance(command, c.Undo | c.Retract | c.Acknowledge):
        return ""
    first = after.version - len(events) + 1
    source = Source("command")
    recorded = tuple(
        e.Recorded(after.number, first + place, event.at, "", source, first, event)
        for place, event in enumerate(events)
    )
    try:
        taken = undo(after, c.Undo(by="", events=recorded), events[-1].at)
    except Refused as refusal:
        return f"No undo: {refusal.reason} {refusal.hint}".strip()
    return f"`{after.ref} undo` takes it back." if len(taken) > 1 else ""


def already(command: c.Command, incident: Incident, names: Who, zone: str) -> str:
    """Why nothing happened: it was so already."""
    ref = incident.ref
    match command:
        case c.Acknowledge() if incident.paging and incident.paging.acknowledged_by:
            return f"{names(incident.paging.acknowledged_by)} has acknowledged already."
        case c.Page() if incident.paging:
            asked = and_(names(person) for person in incident.paging.people)
            return f"{asked}: asked already at {local(incident.paging.since, zone)}, no answer yet. `ack` stops the ladder."
        case c.AssignRole(role=role, person=person):
            return f"{names(person)} is {role} of {ref} already." if person else f"Nobody is {role} of {ref}."
        case c.SetSeverity(severity=severity):
            return f"{ref} is already {severity}."
        case c.Rename():
            return f"{ref} is called that already."
        case c.MakePrivate():
            return f"{ref} is already private."
        case c.Merge(into=into):
            return f"{ref} is merged into INC-{into} already."
        case c.ChangeTask(task=task):
            return f"Task {task} of {ref} is so already."
        case c.ChangeFollowUp(followup=followup):
            return f"Follow-up {followup} of {ref} is so already."
        case c.DiscardPublicPost():
            return f"{ref} has no preview to discard."
        case c.SetMoment() | c.DescribeImpact():
            return f"{ref} says so already."
        case c.AssignPostmortem(person=person):
            return f"The postmortem of {ref} is with {names(person)} already." if person else "It has no owner."
        case _:
            return f"{ref} is already {incident.status}."
