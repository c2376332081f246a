"""What is answered to the person who typed: what changed and how to undo it, or why it may not be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.chat.acknowledging import too_late
from bot.chat.advice import after_advice, disturbed, draft_is, preview
from bot.chat.already import already
from bot.chat.card import Who, headline, named, who
from bot.chat.document import Block, Bullets, Document, Line, Paragraph, Text, clean, line
from bot.chat.marked import marked
from bot.chat.publishing import how_to_publish
from bot.chat.taken_back import taken_back
from bot.chat.templates import and_, local, short
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.model import Incident, Kind, Mark, NothingToPublish, Person, Refused, Source, Status, StillDisturbed
from bot.incident.timeline import sentence
from bot.incident.undo import NothingToTakeBack, undo

EVENTS_SHOWN = 6
LINE_STANDS = (
    "Nothing of mine tells who it was, but your line stands here with your name: remove it, if nobody is to know. "
    "Nobody reads along in Slack's slash command and its form, or with `klatsch say`."
)
"""To who did not want to be known, and said so in front of everybody."""
BORN = {
    Kind.DRILL: "open as a drill",
    Kind.NEARMISS: "recorded as a near miss",
    Kind.RETRO: "recorded as a past incident",
    Kind.MAINTENANCE: "open as maintenance",
}
NOUNS = {
    Mark.NOTE: "Note",
    Mark.HYPOTHESIS: "Hypothesis",
    Mark.DECISION: "Decision",
    Mark.KEY_MOMENT: "Key moment",
    Mark.LUCKY: "Luck",
    Mark.QUESTION: "Open question",
    Mark.PROPOSAL: "Proposal for customers",
    Mark.COFFEE: "Coffee topic",
    Mark.ON_IT: "“On it”",
    Mark.INJECT: "Report",
}


def refused(refusal: Refused, components: Mapping[str, str] | None = None) -> Document:
    """Why not, and what to do instead: a hint of several lines is a list. `components` maps a component's id to its name
    for customers."""
    reason, hint = refusal.reason, refusal.hint
    if isinstance(refusal, NothingToPublish):
        hint = how_to_publish(components or {})
    if isinstance(refusal, StillDisturbed):
        reason = f"The status page still shows {disturbed(refusal.components, components or {})}."
    first, *more = hint.splitlines() or [""]
    blocks: list[Block] = [Paragraph(marked(text)) for text in (reason, first) if text]
    blocks += [Bullets(tuple(marked(row) for row in more))] if more else []
    return Document(summary=clean(" ".join([reason, *hint.split()])), blocks=tuple(blocks), tone="refused")


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
    room: str = "",
    firing: Sequence[str] = (),
    others: Sequence[Incident] = (),
    then: Sequence[str] = (),
    untold: str = "",
    addresses: Sequence[str] = (),
    now: datetime | None = None,
) -> Document:
    """The answer to a command that was carried out: it made `events` happen, which turned `before` into `after`.

    Times are shown in `zone` (IANA), with their day when that is not the one of `now`. `firing` names alerts of it that
    still fire; `others` are incidents that may stand on the status page beside this one; `then` are those who are paged
    next, when that is known; `untold` says why no room hears of it; `addresses` are where customers read of
    it. `components` maps a component's
    id to its name for customers, `publishers` names where a postmortem's draft is put, `room` is the name of the room
    that will open, if any. No events: it was so already. One line says what changed and how to undo it; what is to be done now comes below.
    """
    names, components = who(people), components or {}
    if not events:
        text = already(command, after, names, zone)
        return Document(summary=clean(text), blocks=(Paragraph(marked(text)),))
    outside = _Outside(names, people, then, untold)
    said = _changed(command, [named(event, components) for event in events], outside, Times(zone, now))
    written = draft_is(after, publishers) if any(isinstance(event, e.PostmortemDrafted) for event in events) else ""
    ours = "" if said.main else said.beside.pop(0) if said.beside else written
    main = said.main or [_capital(ours) or headline(after)]
    opened = isinstance(events[0], e.IncidentOpened)
    first = f"{after.ref}{' ' if opened else ' · '}{main[0]}"
    way_back, no_way_back = _way_back(command, events, after)
    inlines = [Text(after.ref, bold=True), *(marked if ours else line)(first.removeprefix(after.ref))]
    inlines += marked(f"; {written}") if written and said.main else ()
    for text in (f"room #{room}" if room else "", *said.beside, f"undo: `{way_back}`" if way_back else ""):
        inlines += marked(f" · {text}") if text else ()
    blocks: list[Block] = [Paragraph(tuple(inlines))]
    if len(main) > 1:
        more = [f"and {len(main) - EVENTS_SHOWN} more: `timeline` shows all"] if len(main) > EVENTS_SHOWN else []
        blocks.append(Bullets((*(line(text) for text in main[1:EVENTS_SHOWN]), *(marked(text) for text in more))))
    if isinstance(command, c.DraftPublicPost) and after.draft:
        masked = next((event.masked for event in events if isinstance(event, e.PublicPostDrafted)), ())
        blocks += preview(after, after.draft, components, masked, others, zone)
    if isinstance(command, c.Acknowledge) and (late := too_late(after, names, zone)):
        blocks.append(Paragraph(line(f"{late}.")))
    advice = after_advice(command, before, after, zone, components, firing, untold)
    blocks += [Paragraph(marked(text)) for text in advice]
    if isinstance(command, c.ApprovePublicPost):
        blocks.append(Paragraph(_where(after, addresses)))
    if no_way_back:
        blocks.append(Paragraph(marked(no_way_back)))
    return Document(summary=clean(first), blocks=tuple(blocks), tone="good")


def with_aside(answer: Document, aside: str) -> Document:
    """The answer, and what of the line had no effect; code between backticks."""
    return replace(answer, blocks=(*answer.blocks, Paragraph(marked(aside)))) if aside else answer


def _where(after: Incident, addresses: Sequence[str]) -> Line:
    """Where customers read it. A page that is not ours says so only when it has the post."""
    if not addresses:
        return marked(f"`{after.ref} publish` shows its address as soon as it is posted.")
    return line(f"They read it at {and_(addresses)}")


@dataclass(frozen=True, slots=True)
class Times:
    """How an instant is shown to somebody in `zone`: the day only where it is not today's."""

    zone: str
    now: datetime | None = None

    def of(self, at: datetime) -> str:
        today = self.now is None or local(at, self.zone, "%F") == local(self.now, self.zone, "%F")
        return local(at, self.zone) if today else local(at, self.zone, "%d %b %H:%M")


@dataclass(frozen=True, slots=True)
class _Outside:
    """What is known of those a sentence tells of: their names, who can be paged, who is paged next, and why no room
    hears of it."""

    names: Who
    people: Mapping[str, Person]
    then: Sequence[str]
    untold: str


@dataclass(frozen=True, slots=True)
class _Said:
    """`main`: a sentence for each thing that changed, the one asked for first. `beside`: what came with it, in words
    of ours without a capital."""

    main: list[str]
    beside: list[str]


def _changed(command: c.Command, events: Sequence[e.Event], outside: _Outside, times: Times) -> _Said:
    zone, names = times.zone, outside.names
    if isinstance(command, c.Undo):
        # Of several steps back only where they lead is news.
        steps = [event for event in events if isinstance(event, e.StatusChanged)][:-1]
        texts = [text for event in events if event not in steps and (text := taken_back(event, names, zone))]
        return _Said([f"Taken back: {', '.join(texts)}" if texts else "Taken back"], [])
    beside = [text for event in events for text in _beside(event, outside, zone)]
    closed = any(isinstance(event, e.StatusChanged) and event.new is Status.CLOSED for event in events)
    # Closing goes through the review at once; that is no news.
    told = [
        event for event in events if not (closed and isinstance(event, e.StatusChanged) and event.new is Status.REVIEW)
    ]
    return _Said([text for event in told if (text := _told(event, outside, times))], beside)


def _beside(event: e.Event, outside: _Outside, zone: str) -> list[str]:
    match event:
        case e.PeoplePaged():
            return _paged(event, outside, zone)
        case e.PagingEnded(exhausted=True):
            return ["nobody is on call"]
        case e.PagingEnded():
            return ["nobody else is paged"]
        case _:
            return []


def _paged(event: e.PeoplePaged, outside: _Outside, zone: str) -> list[str]:
    """Who is paged and who comes next; and who should be, but nobody wrote how."""
    names, then = outside.names, outside.then
    silent = [person for person in event.people if person in outside.people and not outside.people[person].ways]
    cannot = [f"{names(person)} cannot be paged: people.{person} has no page:" for person in silent]
    reached = [person for person in event.people if person not in silent]
    following = ""
    if event.next_at and not event.last:
        again = " again" if set(then) <= set(event.people) else ""
        following = f", {f'then {and_(map(names, then))}{again}' if then else 'the next one'}"
        following = f"{following} at {local(event.next_at, zone)}"
    paged = [f"paged {and_(map(names, reached))}{following}", *_one_step(event)] if reached else []
    return [*paged, *cannot]


def _one_step(event: e.PeoplePaged) -> list[str]:
    """Who pages a policy beside another one expects that it is climbed, too."""
    policy = event.ladder.removeprefix("policy:")
    if not event.beside or ":" in policy:
        return []
    step = f"step {event.step + 1}" if event.step else "the first step"
    return [f"of {policy} only {step} is asked, nobody comes after them"]


def _told(event: e.Event, outside: _Outside, times: Times) -> str:
    zone, names = times.zone, outside.names
    match event:
        case e.StatusChanged(new=Status.RESOLVED) if times.now and event.at != times.now:
            said = sentence(event, names)
            return short(f"Resolved at {times.of(event.at)}{said.removeprefix('Resolved')}")
        case e.IncidentOpened():
            private = " and private" if event.private else ""
            return f"is {BORN.get(event.kind, 'open')}{private}, {event.severity}: {event.title}"
        case e.ReplayBegan():
            # What is said behind it says it with how long it takes.
            return ""
        case e.ReplayMoved(seq=seq) if seq:
            return ""
        case e.UpdatePosted():
            promise = f"; the next one is due by {times.of(event.next_by)}" if event.next_by else ""
            return f"Update {'on the timeline' if outside.untold else 'posted'}{promise}" if event.text else ""
        case e.Noted():
            return short(f"{NOUNS[event.mark]} on the timeline, {times.of(event.at)}: {event.text}")
        case e.ImpactDescribed():
            said = sentence(event, names).removeprefix("Impact: ")
            return short(f"Impact on the timeline, {local(event.at, zone)}: {said}")
        case e.MomentSet(value=value) if value:
            said = sentence(event, names).partition(" at ")[0]
            return f"{said} at {local(value, zone, '%Y-%m-%d %H:%M %Z')}{f': {event.reason}' if event.reason else ''}"
        case e.PublicPostDrafted():
            return "Preview only: customers have not read this"
        case e.PublicPostPublished():
            return f"Approved. Customers read it in a moment: {short(event.post.text)}"
        case e.PageAcknowledged():
            return f"{names(event.person)} has it; nobody else is woken"
        case e.PeoplePaged() | e.PagingEnded() | e.Undone() | e.PostmortemDrafted():
            return ""
        case _:
            return short(sentence(event, names, ZoneInfo(zone)))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _way_back(command: c.Command, events: Sequence[e.Event], after: Incident) -> tuple[str, str]:
    """The line that takes it back, or else why that is impossible. The rules of undo are asked, not repeated."""
    if isinstance(command, c.Undo | c.Retract | c.Acknowledge | c.DraftPublicPost):
        return "", ""
    first = after.version - len(events) + 1
    source = Source("command")
    recorded = tuple(
        e.Recorded(after.number, first + place, event.at, "", source, first, event)
        for place, event in enumerate(events)
    )
    try:
        taken = undo(after, c.Undo(by="", event=first, events=recorded), events[-1].at)
    except NothingToTakeBack:
        return "", ""
    except Refused as refusal:
        # Of what was published this moment "because customers have read it" would be said too early.
        published = isinstance(command, c.ApprovePublicPost)
        return "", refusal.hint if published else f"{refusal.reason} {refusal.hint}".strip()
    opened = events[0]
    # Of a near miss that nobody is to be known of, nobody can say "my last one".
    unnamed = isinstance(opened, e.IncidentOpened) and opened.kind is Kind.NEARMISS and not opened.opener
    named = f" e{first}" if unnamed else ""
    return (f"{after.ref} undo{named}" if taken else ""), ""
