"""Answers to what people look up: documents made of plain data, for the one who asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.chat.card import Who, alerts, headline, impact, named, since, symbol, who
from bot.chat.document import (
    Block,
    Bullets,
    Document,
    Fields,
    Heading,
    Inline,
    Line,
    Link,
    Paragraph,
    Text,
    Time,
    clean,
    line,
    say,
)
from bot.chat.marked import marked
from bot.chat.standing import answered, customers, task_line
from bot.chat.taken_back import STATES
from bot.chat.templates import and_, local
from bot.incident.events import Noted, PageSent, Recorded
from bot.incident.model import Incident, Mark, Moment, Person, Role
from bot.incident.spans import minutes
from bot.incident.timeline import sentence, story

LIST_LIMIT = 25
DAY = "%d %b %H:%M"
WHICH = {**STATES, "drill": "a drill", "nearmiss": "a near miss", "retro": "a write-up of the past"}
"""How a kind that was asked for is said in a sentence."""

TIMELINE_LIMIT = 60
TIMELINE_ROOM, ROW_ROOM = 10_000, 150
"""Characters of a timeline's lines with their addresses, and what each line takes besides. The newest stand last, and platforms cut a
message that is too long at its end: Slack after about 12,000 of a form in which each line is longer."""

CATCHUP_LIMIT = 6


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
    began = local(since(incident), zone, DAY)
    ended = "" if incident.status.open or not incident.status_since else f" {local(incident.status_since, zone, DAY)}"
    age = f"since {began} ({minutes(since(incident), now)})" if incident.status.open else f"began {began}"
    state = f"{incident.status}{ended}{kind}{private}"
    tail = f" · {incident.severity.upper()} · {state} · {incident.title}, {age}{lead}"
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
    """What happened, each line with the id that `undo` and the postmortem know, and by which the message opens that it came
    of; the last `limit` of them."""
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
                _opening(entry.id, entry),
                Text(" "),
                when,
                *line(f" {sentence(named(entry.event, components or {}), names, ZoneInfo(zone))}{_receipt(entry)}"),
            )
        )
    too_many = len(rows) - len(_newest(rows))
    rows, left_out = rows[too_many:], left_out + too_many
    title = f"Timeline of {headline(incident)} (times: {zone})"
    blocks: list[Block] = [Heading(line(title))]
    if left_out:
        blocks.append(
            Paragraph(marked(f"{left_out} earlier lines are left out: `klatsch export {incident.ref}` has all."))
        )
    blocks.append(Bullets(tuple(rows)) if rows else Paragraph(line("Nothing yet.")))
    return Document(summary=title, blocks=tuple(blocks))


def _receipt(entry: Recorded) -> str:
    """By what a page's provider knows it again, for whoever has to ask there what became of it."""
    return f" ({entry.event.receipt})" if isinstance(entry.event, PageSent) and entry.event.receipt else ""


def _newest(rows: Sequence[Line]) -> Sequence[Line]:
    """As many of the last rows as TIMELINE_ROOM has room for, and one at least."""
    left = TIMELINE_ROOM
    for number, row in enumerate(reversed(rows)):
        left -= ROW_ROOM + sum(len(part.text) + len(part.url if isinstance(part, Link) else "") for part in row)
        if left < 0:
            return rows[len(rows) - max(number, 1) :]
    return rows


def catchup_document(
    incident: Incident,
    recorded: Sequence[Recorded],
    *,
    people: Mapping[str, Person],
    zone: str,
    now: datetime,
    components: Mapping[str, str] | None = None,
    then: Sequence[str] = (),
) -> Document:
    """All that somebody who just came in needs: state, impact, who, what was tried and decided, what is open.
    `components` maps a component's id to its name for customers; `then` are those who are paged next, when that is known."""
    names = who(people)
    told = story(recorded)
    facts = _facts(incident, names, zone, now, components or {}, then)
    blocks: list[Block] = [Heading(line(headline(incident))), Fields(tuple(facts))]
    for title, marks in (
        ("Decided", (Mark.DECISION,)),
        ("Suspected", (Mark.HYPOTHESIS,)),
        ("Tried and seen", (Mark.NOTE, Mark.KEY_MOMENT)),
        ("Open questions", (Mark.QUESTION,)),
    ):
        lines = [(r, r.event.text) for r in told if isinstance(r.event, Noted) and r.event.mark in marks]
        if lines:
            shown = tuple(
                (_opening(local(r.event.at, zone), r), *line(f" {text}")) for r, text in lines[-CATCHUP_LIMIT:]
            )
            blocks += [Paragraph(line(title, bold=True)), Bullets(shown)]
    open_tasks = tuple(
        task_line(task.id, task.text, task.owner, names) for task in incident.tasks if not (task.done or task.dropped)
    )
    if open_tasks:
        blocks += [Paragraph(line("Open tasks", bold=True)), Bullets(open_tasks)]
    return Document(summary=headline(incident), blocks=tuple(blocks))


def _opening(words: str, recorded: Recorded) -> Inline:
    """`words`, by which the message opens that it came of. A timeline that spelled out its addresses could not be read."""
    return Link(words, recorded.source.link, quiet=True) if recorded.source.link else Text(words)


def _facts(
    incident: Incident, names: Who, zone: str, now: datetime, components: Mapping[str, str], then: Sequence[str]
) -> list[tuple[str, Line]]:
    entered = f" since {local(incident.status_since, zone, f'{DAY} %Z')}" if incident.status_since else ""
    facts = [("State", f"{incident.status}{entered}"), ("Began", _began(incident, zone, now))]
    facts.append(("Impact", impact(incident, components) or "not described yet: `impact TEXT`"))
    roles = ", ".join(f"{role} {names(incident.roles[role])}" for role in Role if incident.roles.get(role))
    facts.append(("Who", roles or ("nobody leads yet: `take lead`" if incident.status.open else "nobody led")))
    if incident.alerts_total:
        facts.append(("Alerts", alerts(incident)))
    if incident.paging:
        held = incident.paging
        paged = f"{and_(map(names, held.people))} at {local(held.since, zone)}" if held.people else "nobody"
        facts.append(("Paged", f"{paged}; {answered(incident, names, zone, now, then)}"))
    if incident.summary:
        facts.append(("Last update", incident.summary))
    if incident.promise and incident.status.open:
        late = ", overdue" if incident.promise < now else ""
        facts.append(("Next update", f"by {local(incident.promise, zone)}{late}"))
    facts.append(("Customers", customers(incident, components)))
    return [
        (name, marked(text) if name in ("Who", "Impact") and "yet:" in text else line(text)) for name, text in facts
    ]


def _began(incident: Incident, zone: str, now: datetime) -> str:
    """Since when the incident is; and until when, where that is known."""
    start = since(incident)
    began = local(start, zone, f"{DAY} %Z")
    end = incident.moments.get(Moment.IMPACT_END) or incident.moments.get(Moment.RESOLVED)
    if end:
        return f"{began}, until {local(end.at, zone, DAY)} ({minutes(start, end.at)})"
    return f"{began}, {minutes(start, now)} ago" if incident.status.open else began


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


def _nothing(text: str, hint: str) -> Document:
    return Document(summary=text, blocks=(Paragraph(line(text)), Paragraph(marked(hint))))
