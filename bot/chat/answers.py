"""Answers to what people look up: documents made of plain data, for the one who asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.chat.advice import disturbed, preview
from bot.chat.card import Who, alerts, headline, impact, named, since, symbol, unanswered, who
from bot.chat.document import (
    Block,
    Bullets,
    Document,
    Fields,
    Heading,
    Inline,
    Line,
    Mention,
    Paragraph,
    Text,
    Time,
    clean,
    line,
    say,
)
from bot.chat.marked import marked
from bot.chat.templates import and_, local
from bot.incident.events import Noted, Recorded
from bot.incident.model import Incident, Mark, Person, Role
from bot.incident.timeline import minutes, sentence, story

LIST_LIMIT = 25
WHICH = {"drill": "a drill", "nearmiss": "a near miss", "retro": "one of the past, written up later"}
"""How a kind that was asked for is said in a sentence."""

TIMELINE_LIMIT = 60
CATCHUP_LIMIT = 6


@dataclass(frozen=True, slots=True)
class OnCall:
    """Who is on call in one schedule: until when, and who comes then. `zone` is the schedule's own."""

    schedule: str
    zone: str
    people: tuple[str, ...]
    until: datetime | None = None
    next: tuple[str, ...] = ()


def list_document(
    incidents: Sequence[Incident], *, people: Mapping[str, Person], zone: str, now: datetime, which: str = "open"
) -> Document:
    """Incidents, one a line. `which` is what was asked for (`open`, `all`, a status, a kind, a severity)."""
    if not incidents:
        if which == "open":
            return _nothing("No incident is open.", "`list all` shows the past ones.")
        return say("There is no incident yet." if which == "all" else f"No incident is {WHICH.get(which, which)}.")
    names = who(people)
    items = [_row(incident, names, zone, now) for incident in incidents[:LIST_LIMIT]]
    count = len(incidents)
    title = f"{count} {'incident' if count == 1 else 'incidents'}" + ("" if which == "all" else f" ({which})")
    blocks: list[Block] = [Heading(line(title)), Bullets(tuple(items))]
    if count > LIST_LIMIT:
        blocks.append(Paragraph(marked(f"and {count - LIST_LIMIT} more; ask for fewer, such as `list sev1`")))
    return Document(summary=title, blocks=tuple(blocks))


def _row(incident: Incident, names: Who, zone: str, now: datetime) -> Line:
    lead = f", lead {names(incident.lead)}" if incident.lead else ""
    kind = "" if incident.kind == "real" else f", {incident.kind}"
    private = ", private" if incident.private else ""
    age = f", since {local(since(incident), zone, '%d %b %H:%M')}"
    lasts = f" ({minutes(since(incident), now)})" if incident.status.open else ""
    tail = f" · {incident.severity.upper()} · {incident.status}{kind}{private} · {incident.title}{age}{lasts}{lead}"
    return (Text(f"{symbol(incident)} "), Text(incident.ref, bold=True), *line(tail))


def timeline_document(
    incident: Incident,
    recorded: Sequence[Recorded],
    *,
    people: Mapping[str, Person],
    zone: str,
    limit: int = TIMELINE_LIMIT,
    components: Mapping[str, str] | None = None,
) -> Document:
    """What happened, each line with the id that `undo` and the postmortem know; the last `limit` of them."""
    names = who(people)
    told = story(recorded)
    left_out = max(0, len(told) - limit)
    rows: list[Line] = []
    day = ""
    for entry in told[left_out:]:
        date = local(entry.event.at, zone, "%Y-%m-%d")
        # A night has two dates, and so has an incident: the date is shown where it changes.
        form = "%Y-%m-%d %H:%M" if date != day else "%H:%M"
        day = date
        when: Inline = Time(entry.event.at, local(entry.event.at, zone, form))
        rows.append(
            (
                Text(f"{entry.id} "),
                when,
                *line(f" {sentence(named(entry.event, components or {}), names, ZoneInfo(zone))}"),
            )
        )
    title = f"Timeline of {headline(incident)} (times: {zone})"
    blocks: list[Block] = [Heading(line(title))]
    if left_out:
        blocks.append(
            Paragraph(marked(f"{left_out} earlier lines are left out: `klatsch export {incident.ref}` has all."))
        )
    blocks.append(Bullets(tuple(rows)) if rows else Paragraph(line("Nothing yet.")))
    return Document(summary=title, blocks=tuple(blocks))


def catchup_document(
    incident: Incident,
    recorded: Sequence[Recorded],
    *,
    people: Mapping[str, Person],
    zone: str,
    now: datetime,
    components: Mapping[str, str] | None = None,
) -> Document:
    """All that somebody who just came in needs: state, impact, who, what was tried and decided, what is open.
    `components` maps a component's id to its name for customers."""
    names = who(people)
    told = story(recorded)
    facts = _facts(incident, names, zone, now, components or {})
    blocks: list[Block] = [Heading(line(headline(incident))), Fields(tuple(facts))]
    for title, marks in (
        ("Decided", (Mark.DECISION,)),
        ("Suspected", (Mark.HYPOTHESIS,)),
        ("Tried and seen", (Mark.NOTE, Mark.KEY_MOMENT)),
        ("Open questions", (Mark.QUESTION,)),
    ):
        lines = [(r.event.at, r.event.text) for r in told if isinstance(r.event, Noted) and r.event.mark in marks]
        if lines:
            shown = tuple(line(f"{local(at, zone)} {text}") for at, text in lines[-CATCHUP_LIMIT:])
            blocks += [Paragraph(line(title, bold=True)), Bullets(shown)]
    open_tasks = tuple(
        _task(task.id, task.text, task.owner, names) for task in incident.tasks if not (task.done or task.dropped)
    )
    if open_tasks:
        blocks += [Paragraph(line("Open tasks", bold=True)), Bullets(open_tasks)]
    return Document(summary=headline(incident), blocks=tuple(blocks))


def _facts(
    incident: Incident, names: Who, zone: str, now: datetime, components: Mapping[str, str]
) -> list[tuple[str, Line]]:
    lasts = f", for {minutes(since(incident), now)}" if incident.status.open else ""
    facts = [("State", f"{incident.status} since {local(since(incident), zone, '%d %b %H:%M %Z')}{lasts}")]
    facts.append(("Impact", impact(incident, components) or "not described yet: `impact TEXT`"))
    roles = ", ".join(f"{role} {names(incident.roles[role])}" for role in Role if incident.roles.get(role))
    facts.append(("Who", roles or ("nobody leads yet: `take lead`" if incident.status.open else "nobody led")))
    if incident.alerts_total:
        facts.append(("Alerts", alerts(incident)))
    if incident.paging:
        asked = and_(map(names, incident.paging.people)) if incident.paging.people else "nobody"
        facts.append(("Paged", f"{asked}; {_answer(incident, names)}"))
    if incident.summary:
        facts.append(("Last update", incident.summary))
    if incident.promise and incident.status.open:
        late = ", overdue" if incident.promise < now else ""
        facts.append(("Next update", f"by {local(incident.promise, zone)}{late}"))
    facts.append(("Customers", _public(incident, components)))
    return [
        (name, marked(text) if name in ("Who", "Impact") and "yet:" in text else line(text)) for name, text in facts
    ]


def _answer(incident: Incident, names: Who) -> str:
    held = incident.paging
    if held and held.acknowledged_by:
        return (
            f"{names(held.acknowledged_by)} has it" if incident.status.open else f"{names(held.acknowledged_by)} had it"
        )
    return unanswered(held) if held else ""


def _public(incident: Incident, components: Mapping[str, str]) -> str:
    waiting = "; a preview waits to be approved" if incident.draft else ""
    if incident.public_status is None:
        return f"have not been told yet{waiting}"
    shown = f"; the page shows {disturbed(incident.disturbed, components)}" if incident.disturbed else ""
    return f"read “{incident.public_title}” ({incident.public_status}){shown}{waiting}"


def _task(number: int, text: str, owner: str, names: Who, state: str = "") -> Line:
    inlines: list[Inline] = [Text(f"{number}: ", bold=True), *line(text)]
    if owner:
        inlines += [Text(" ("), Mention(owner, names(owner)), Text(")")]
    return (*inlines, Text(f" [{state}]")) if state else tuple(inlines)


def tasks_document(incident: Incident, *, people: Mapping[str, Person]) -> Document:
    """What is to be done now; what was dropped is left out."""
    names = who(people)
    rows = [
        _task(task.id, task.text, task.owner, names, "done" if task.done else "")
        for task in incident.tasks
        if not task.dropped
    ]
    if not rows:
        return _nothing(f"{incident.ref} has no tasks.", "`task @ben check the quorum` adds one.")
    title = f"Tasks of {incident.ref}"
    hint = Paragraph(marked("`task done N` ticks one off, `task N @NAME` gives it to somebody."))
    return Document(summary=title, blocks=(Heading(line(title)), Bullets(tuple(rows)), hint))


def followups_document(incident: Incident, *, people: Mapping[str, Person], now: datetime) -> Document:
    """What is to be done afterwards, with its due date and what became of it."""
    names = who(people)
    rows = []
    for item in incident.followups:
        state = item.outcome
        if not item.outcome and item.due:
            state = f"{'overdue since' if item.due < now else 'due'} {item.due:%Y-%m-%d}"
        if item.reason:
            state = f"{state}: {item.reason}"
        rows.append(_task(item.id, item.text, item.owner, names, clean(state)))
    if not rows:
        return _nothing(
            f"{incident.ref} has no follow-ups.", "`followup Alert on slow OSDs owner=@ana due=14d` adds one."
        )
    title = f"Follow-ups of {incident.ref}"
    hint = Paragraph(marked("`followup done N`, or `followup wontdo N reason=WHY`: both are good ends."))
    return Document(summary=title, blocks=(Heading(line(title)), Bullets(tuple(rows)), hint))


def roles_document(incident: Incident, *, people: Mapping[str, Person]) -> Document:
    names = who(people)
    fields: list[tuple[str, Line]] = []
    for role in Role:
        person = incident.roles.get(role, "")
        fields.append((role.capitalize(), (Mention(person, names(person)),) if person else line("nobody")))
    hint = Paragraph(marked("`role lead @NAME` gives a role, `take comms` takes one."))
    return Document(summary=f"Roles in {incident.ref}", blocks=(Fields(tuple(fields)), hint))


def public_document(incident: Incident, *, components: Mapping[str, str], others: Sequence[Incident] = ()) -> Document:
    """What `publish` alone shows: the preview that waits, or what customers read now. `others` are incidents that may
    stand on the status page beside this one."""
    if incident.draft:
        shown = preview(incident, incident.draft, components, others=others)
        return Document(summary=f"Preview for {incident.ref}", blocks=tuple(shown))
    hint = "`publish investigating TEXT comp=ID:STATE` makes a preview."
    if incident.private:
        hint = f"It is private: {'only `publish resolved TEXT` is possible' if incident.unsettled else 'nothing is published'}."
    return _nothing(clean(f"{incident.ref}: customers {_public(incident, components)}."), hint)


def postmortem_document(incident: Incident, *, people: Mapping[str, Person]) -> Document:
    """What `pm` alone shows: whether there is a draft, where it lies, and who has it."""
    held = incident.postmortem
    if held is None:
        return _nothing(f"{incident.ref} has no postmortem yet.", "`pm draft` writes one from the timeline.")
    owner = line(who(people)(held.owner)) if held.owner else marked(f"nobody yet: `{incident.ref} pm assign @NAME`")
    draft = line(held.place) if held.place else marked(f"`klatsch export {incident.ref} --format md` prints it")
    fields = (("Owner", owner), ("Draft", draft))
    return Document(summary=f"Postmortem of {incident.ref}", blocks=(Fields(fields),))


def paging_document(incident: Incident, targets: Sequence[str], *, people: Mapping[str, Person], zone: str) -> Document:
    """What `page` alone shows: who was asked, and what can be paged."""
    names = who(people)
    held = incident.paging
    if held is None:
        asked = f"Nobody has been paged for {incident.ref}{' yet' if incident.status.open else ''}."
    elif not held.people:
        asked = f"Nobody has been paged for {incident.ref}; {_answer(incident, names)}."
    else:
        were = "was" if len(held.people) == 1 else "were"
        alone = held.people == (held.acknowledged_by,) and incident.status.open
        answer = " and has it" if alone else f"; {_answer(incident, names)}"
        asked = f"{and_(map(names, held.people))} {were} asked at {local(held.since, zone)}{answer}."
    if not incident.status.open:
        return say(asked)
    ways = [f"`{incident.ref} page {target}`" for target in (*targets, "@NAME")]
    return _nothing(clean(asked), f"To wake somebody: {', '.join(ways)}")


def similar_document(rows: Sequence[tuple[Incident, str]], *, zone: str, about: str) -> Document:
    """Past incidents like `about`, each with why it is like it."""
    if not rows:
        return say(f"Nothing like {about} is on record.")
    items = tuple(
        (
            Text(incident.ref, bold=True),
            *line(f" {local(incident.opened_at, zone, '%Y-%m-%d')} · {incident.status} · {incident.title}: {why}"),
        )
        for incident, why in rows
    )
    title = f"Like {about}"
    return Document(summary=clean(title), blocks=(Heading(line(title)), Bullets(items)))


def oncall_document(rows: Sequence[OnCall], *, people: Mapping[str, Person]) -> Document:
    """Who is on call now, until when and who is next, in each schedule's own time."""
    if not rows:
        return _nothing("There is no schedule.", "Schedules stand under `oncall:` in the configuration.")
    names = who(people)
    items = []
    for row in rows:
        inlines: list[Inline] = [*line(f"{row.schedule}: ", bold=True)]
        for place, person in enumerate(row.people):
            inlines += [*([Text(", ")] if place else []), Mention(person, names(person))]
        if not row.people:
            inlines.append(Text("nobody", bold=True))
        if row.until:
            inlines += [Text(" until "), Time(row.until, local(row.until, row.zone, "%a %d %b %H:%M %Z"))]
        if row.next and row.next != row.people:
            inlines.append(Text(f", then {and_(map(names, row.next))}"))
        items.append(tuple(inlines))
    return Document(summary="On call", blocks=(Heading(line("On call")), Bullets(tuple(items))))


def _nothing(text: str, hint: str) -> Document:
    return Document(summary=text, blocks=(Paragraph(line(text)), Paragraph(marked(hint))))
