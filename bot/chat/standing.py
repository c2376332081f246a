"""How things stand, for who types a verb alone: tasks, follow-ups, roles, what customers read, the postmortem, the paging."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.chat.advice import disturbed, preview
from bot.chat.card import Who, who
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
    clean,
    line,
    say,
)
from bot.chat.marked import marked
from bot.chat.pages import Ways, asked, next_paged, unanswered
from bot.chat.publishing import how_to_publish
from bot.chat.templates import and_, local
from bot.incident.model import Incident, Kind, Person, Role
from bot.incident.paged import answered_by
from bot.incident.public import UNPUBLISHED


def tasks_document(incident: Incident, *, people: Mapping[str, Person]) -> Document:
    """What is to be done now; what was dropped is left out."""
    names = who(people)
    rows = [
        task_line(task.id, task.text, task.owner, names, "done" if task.done else "")
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
        rows.append(task_line(item.id, item.text, item.owner, names, clean(state)))
    if not rows:
        return _nothing(
            f"{incident.ref} has no follow-ups.", "`followup Alert on slow OSDs owner=@ana due=14d` adds one."
        )
    title = f"Follow-ups of {incident.ref}"
    closes = "`followup done N` or `followup wontdo N reason=WHY` closes one"
    hint = Paragraph(marked(f"{closes}, `followup N @NAME` gives it to somebody."))
    return Document(summary=title, blocks=(Heading(line(title)), Bullets(tuple(rows)), hint))


def roles_document(incident: Incident, *, people: Mapping[str, Person]) -> Document:
    names = who(people)
    fields: list[tuple[str, Line]] = []
    for role in Role:
        person = incident.roles.get(role, "")
        fields.append((role.capitalize(), (Mention(person, names(person)),) if person else line("nobody")))
    hint = Paragraph(marked("`role lead @NAME` gives a role, `take comms` takes one."))
    return Document(summary=f"Roles in {incident.ref}", blocks=(Fields(tuple(fields)), hint))


def public_document(
    incident: Incident,
    *,
    components: Mapping[str, str],
    others: Sequence[Incident] = (),
    addresses: Sequence[str] = (),
    zone: str = "UTC",
) -> Document:
    """What `publish` alone shows: the preview that waits, or what customers read now, where they do (`addresses`), and how
    a post is written. `others` are incidents that may stand on the status page beside this one."""
    if incident.draft:
        shown = preview(incident, incident.draft, components, others=others, zone=zone)
        return Document(summary=f"Preview for {incident.ref}", blocks=tuple(shown))
    if incident.kind in UNPUBLISHED:
        return say(f"A {UNPUBLISHED[incident.kind]} never goes on the status page.")
    said = clean(f"{incident.ref}: customers {customers(incident, components)}.")
    blocks: list[Block] = [Paragraph(line(said))]
    if incident.public_status and addresses:
        blocks.append(Paragraph((Text("Address: "), *line(and_(addresses)))))
    if incident.private:
        only = "only `publish resolved TEXT` is possible" if incident.unsettled else "nothing is published"
        blocks.append(Paragraph(marked(f"It is private: {only}.")))
    else:
        first, *more = how_to_publish(components, len(components)).splitlines()
        blocks += [Paragraph(marked(first)), Bullets(tuple(marked(row) for row in more))]
    return Document(summary=said, blocks=tuple(blocks))


def postmortem_document(incident: Incident, *, people: Mapping[str, Person]) -> Document:
    """What `pm` alone shows: whether there is a draft, where it lies, and who has it."""
    held = incident.postmortem
    if held is None:
        return _nothing(f"{incident.ref} has no postmortem yet.", "`pm draft` writes one from the timeline.")
    owner = line(who(people)(held.owner)) if held.owner else marked(f"nobody yet: `{incident.ref} pm assign @NAME`")
    fields: list[tuple[str, Line]] = [("Owner", owner)]
    if held.newer:
        fields += [("Postmortem", line(f"{held.place} (edited)")), ("Newer draft", line(held.newer))]
    elif held.place:
        fields.append(("Draft", line(held.place)))
    else:
        fields.append(("Draft", marked(f"`klatsch export {incident.ref} --format md` prints it")))
    return Document(summary=f"Postmortem of {incident.ref}", blocks=(Fields(tuple(fields)),))


def paging_document(
    incident: Incident,
    targets: Sequence[str],
    *,
    people: Mapping[str, Person],
    zone: str,
    now: datetime,
    then: Sequence[str] = (),
    ways: Ways = lambda person: (),
) -> Document:
    """What `page` alone shows: who was paged and how, who comes next (`then`, when that is known), and what can be paged."""
    if incident.kind is not Kind.REAL:
        return say(
            f"Nobody is paged for {incident.ref}: only a real incident wakes people. Say it in the room instead."
        )
    names = who(people)
    held = incident.paging
    if held is None:
        paged = f"Nobody has been paged for {incident.ref}{' yet' if incident.status.open else ''}."
    elif not held.people:
        paged = f"Nobody has been paged for {incident.ref}; {answered(incident, names, zone, now)}."
    else:
        were = "was" if len(held.people) == 1 else "were"
        alone = held.people == (held.acknowledged_by,) and incident.status.open
        by = answered_by(held.acknowledged_by, held.via)
        answer = f" and has it{by}" if alone else f"; {answered(incident, names, zone, now, then)}"
        paged = f"{and_(map(names, held.people))} {were} paged at {local(held.since, zone)}{answer}."
    if not incident.status.open:
        return say(paged)
    lines = [f"`{incident.ref} page {target}`" for target in (*targets, "@NAME")]
    hint = _nothing(clean(paged), f"To wake somebody: {', '.join(lines)}")
    first, *rest = hint.blocks
    return replace(hint, blocks=(first, *_asked(incident, names, zone, ways), *rest))


def _asked(incident: Incident, names: Who, zone: str, ways: Ways) -> list[Block]:
    rows, left_out = asked(incident, ways)
    said = [line(f"{names(row.person)} at {local(row.at, zone)}: {row.came_of_it}") for row in rows]
    more = [line(f"{left_out} others before them")] if left_out else []
    return [Bullets((*more, *said))] if said else []


def answered(incident: Incident, names: Who, zone: str, now: datetime, then: Sequence[str] = ()) -> str:
    """Who has it, or that nobody answered and who is paged next (`then`, when that is known)."""
    held = incident.paging
    if held and held.acknowledged_by:
        has = "has" if incident.status.open else "had"
        return f"{names(held.acknowledged_by)} {has} it{answered_by(held.acknowledged_by, held.via)}"
    if held is None:
        return ""
    following = next_paged(held, then, names, zone, now) if incident.status.open else ""
    return f"{unanswered(held)}{f'; {following}' if following else ''}"


def customers(incident: Incident, components: Mapping[str, str]) -> str:
    """What customers read of it, to go on after their name."""
    if incident.kind in UNPUBLISHED:
        return f"read nothing of a {UNPUBLISHED[incident.kind]}"
    waiting = "; a preview waits to be approved" if incident.draft else ""
    if incident.public_status is None:
        return f"have not been told yet{waiting}"
    shown = f"; the page shows {disturbed(incident.disturbed, components)}" if incident.disturbed else ""
    return f"read “{incident.public_title}” ({incident.public_status}){shown}{waiting}"


def task_line(number: int, text: str, owner: str, names: Who, state: str = "") -> Line:
    inlines: list[Inline] = [Text(f"{number}: ", bold=True), *line(text)]
    if owner:
        inlines += [Text(" ("), Mention(owner, names(owner)), Text(")")]
    return (*inlines, Text(f" [{state}]")) if state else tuple(inlines)


def _nothing(text: str, hint: str) -> Document:
    return Document(summary=text, blocks=(Paragraph(line(text)), Paragraph(marked(hint))))
