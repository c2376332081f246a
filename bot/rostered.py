"""What is said of who is on call: now or at another time, which overrides stand, and what became of a line that changed them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.chat.calling import contact_rows
from bot.chat.card import Who, who
from bot.chat.document import (
    Block,
    Bullets,
    Document,
    Heading,
    Inline,
    Line,
    Link,
    Mention,
    Paragraph,
    Text,
    Time,
    clean,
    line,
)
from bot.chat.marked import marked
from bot.chat.templates import and_, local
from bot.incident.effects import SayHandover
from bot.incident.hours import Hours
from bot.incident.model import Incident, Person
from bot.oncall.escalation import Roster
from bot.oncall.load import Load, Paged, load
from bot.oncall.overrides import Override
from bot.oncall.overriding import Overridden
from bot.oncall.schedules import FAR, Shift, next_shift, shift, shifts

DAY_AND_TIME = "%a %d %b %H:%M %Z"

SHOWN = 30


def on_call(roster: Roster, asked: Mapping[str, str], now: datetime, people: Mapping[str, Person]) -> Document:
    """Who is on call in each schedule, or in the one that is `asked` for: now, or at another instant or on another day."""
    wanted = {name: one for name, one in roster.schedules.items() if asked.get("schedule", name) == name}
    contacts = bool(asked.get("contacts"))
    if asked.get("from"):
        start, end = datetime.fromisoformat(asked["from"]), datetime.fromisoformat(asked["to"])
        return day_document({n: (s.zone.key, shifts(s, start, end)) for n, s in wanted.items()}, people=people)
    at = datetime.fromisoformat(asked["at"]) if asked.get("at") else now
    rows = []
    for name, schedule in wanted.items():
        current, row = shift(schedule, at), OnCall(name, schedule.zone.key, ())
        if current.end < at + FAR:
            # Somebody who is on call for good has no end.
            row = replace(row, until=current.end, next=next_shift(schedule, at).people)
        rows.append(replace(row, people=current.people))
    shown_at = at if asked.get("at") else None
    return oncall_document(rows, people=people, contacts=contacts, at=shown_at)


@dataclass(frozen=True, slots=True)
class OnCall:
    """Who is on call in one schedule: until when, and who comes then. `zone` is the schedule's own."""

    schedule: str
    zone: str
    people: tuple[str, ...]
    until: datetime | None = None
    next: tuple[str, ...] = ()


def oncall_document(
    rows: Sequence[OnCall], *, people: Mapping[str, Person], contacts: bool = False, at: datetime | None = None
) -> Document:
    """Who is on call now (or at another time, `at`), until when and who is next, in each schedule's own time; with
    `contacts` also how they are reached without us."""
    if not rows:
        return _none()
    names = who(people)
    title = "On call" if at is None else f"On call on {local(at, rows[0].zone, DAY_AND_TIME)}"
    blocks: list[Block] = [Heading(line(title)), Bullets(tuple(_row(row, names) for row in rows))]
    if contacts:
        ids = [id_ for row in rows for id_ in row.people]
        ids += [id_ for row in rows for id_ in row.next]
        listed = contact_rows(ids, people) or [line("nobody we know")]
        blocks += [Paragraph(line("By hand:", bold=True)), Bullets(tuple(listed))]
    return Document(summary=title, blocks=tuple(blocks))


def day_document(days: Mapping[str, tuple[str, Sequence[Shift]]], *, people: Mapping[str, Person]) -> Document:
    """Each schedule's zone and the shifts of a day."""
    if not days:
        return _none()
    names = who(people)
    blocks: list[Block] = []
    for schedule, (zone, found) in days.items():
        rows = []
        for one in found:
            until = local(one.end, zone, "%H:%M %Z" if _same_day(one, zone) else DAY_AND_TIME)
            rows.append(
                (*line(f"{local(one.start, zone, '%a %d %b %H:%M')} to {until}: "), *_people(one.people, names))
            )
        blocks += [Paragraph(line(schedule, bold=True)), Bullets(tuple(rows))]
    return Document(summary="On call", blocks=tuple(blocks))


def _same_day(shift: Shift, zone: str) -> bool:
    return local(shift.start, zone, "%F") == local(shift.end, zone, "%F")


def _row(row: OnCall, names: Who) -> Line:
    inlines: list[Inline] = [*line(f"{row.schedule}: ", bold=True), *_people(row.people, names)]
    if row.until:
        inlines += [Text(" until "), Time(row.until, local(row.until, row.zone, DAY_AND_TIME))]
    if row.next and row.next != row.people:
        inlines.append(Text(f", then {and_(map(names, row.next))}"))
    return tuple(inlines)


def _people(people: Sequence[str], names: Who) -> list[Inline]:
    inlines: list[Inline] = []
    for place, person in enumerate(people):
        inlines += [*([Text(", ")] if place else []), Mention(person, names(person))]
    return inlines or [Text("nobody", bold=True)]


def _none() -> Document:
    text, hint = "There is no schedule.", "Schedules stand under `oncall:` in the configuration."
    return Document(summary=text, blocks=(Paragraph(line(text)), Paragraph(marked(hint))))


def standing(roster: Roster, *, people: Mapping[str, Person], zone: str) -> Document:
    """The overrides that stand, the next to begin first."""
    names = who(people)
    found = [one for schedule in roster.schedules.values() for one in schedule.overrides]
    if not found:
        text = "No override stands: the schedules are as they are configured."
        hint = "`override @NAME 18:00-22:00` puts somebody on call, `override swap @NAME @NAME` swaps two shifts."
        return Document(summary=text, blocks=(Paragraph(line(text)), Paragraph(marked(hint))))
    rows = [f"{one.id}: {_sentence(one, names, _zone(one, roster, zone))}" for one in sorted(found, key=_begins)]
    more = [line(f"and {len(rows) - SHOWN} more")] if len(rows) > SHOWN else []
    dropping = Paragraph(marked("`override drop N` takes one back; a swap is taken back whole."))
    bullets = Bullets((*(line(clean(row)) for row in rows[:SHOWN]), *more))
    return Document(summary="Overrides", blocks=(Heading(line("Overrides")), bullets, dropping))


def _begins(one: Override) -> tuple[object, int]:
    return one.start, one.id


def changed(done: Overridden, roster: Roster, *, people: Mapping[str, Person], zone: str) -> Document:
    """After a line that changed them: what holds now, and how it is taken back."""
    names = who(people)
    texts = [_sentence(one, names, _zone(one, roster, zone)) for one in (*done.added, *done.dropped)]
    if done.dropped:
        said = clean(f"Taken back: {'; '.join(texts)}")
        return Document(summary=said, blocks=(Paragraph(line(f"{said}.")),), tone="good")
    undo = f"`override drop {done.added[0].id}`"
    said = clean("; ".join(texts))
    return Document(summary=said, blocks=(Paragraph(marked(f"{said} · undo: {undo}")),), tone="good")


def _sentence(one: Override, names: Who, zone: str) -> str:
    same = local(one.start, zone, "%F") == local(one.end, zone, "%F")
    begins = local(one.start, zone, "%a %d %b %H:%M")
    ends = local(one.end, zone, "%H:%M %Z" if same else "%a %d %b %H:%M %Z")
    instead = f", in place of {names(one.instead)}" if one.instead else ""
    return f"{names(one.person)} is on call in {one.schedule} from {begins} to {ends}{instead}"


def _zone(one: Override, roster: Roster, zone: str) -> str:
    """Its schedule's, in which that counts its days."""
    schedule = roster.schedules.get(one.schedule)
    return schedule.zone.key if schedule else zone


def load_document(loads: Sequence[Load], length: str) -> Document:
    """How the pages of the last while were spread over each rotation; never by person."""
    if not loads:
        return _none()
    rows = [line(f"{one.schedule}: {spread(one)}{_turns(one)}") for one in loads]
    title = f"Pages by rotation, the last {length}"
    note = "Business is Monday to Friday 9 to 18, sleep is 23 to 7, in the schedule's zone. It counts rotations, never people."
    return Document(summary=title, blocks=(Heading(line(title)), Bullets(tuple(rows)), Paragraph(line(note))))


def spread(load: Load) -> str:
    """`5 pages: 3 in business hours, 1 off hours, 1 in sleep hours`; `1 page, off hours`; `2 pages, all in sleep hours`."""
    if not load.pages:
        return "no pages"
    said = {Hours.BUSINESS: "in business hours", Hours.OFF: "off hours", Hours.SLEEP: "in sleep hours"}
    found = [(count, said[hours]) for hours, count in load.hours.items() if count]
    if len(found) == 1:
        ((count, when),) = found
        return f"1 page, {when}" if count == 1 else f"{count} pages, all {when}"
    return f"{load.pages} pages: {', '.join(f'{count} {when}' for count, when in found)}"


def _turns(load: Load) -> str:
    """How evenly they fell: what the hardest turn had, and how many had none."""
    if not load.pages or len(load.turns) < 2:
        return ""
    quiet = load.turns.count(0)
    none = f", {quiet} had none" if quiet else ""
    return f"; of {len(load.turns)} turns the hardest had {max(load.turns)}{none}"


def handover(
    told: SayHandover,
    roster: Roster,
    standing: Sequence[Incident],
    paged: Sequence[Paged],
    people: Mapping[str, Person],
) -> Document | None:
    """Whoever takes over reads who had it, what is open, and how many pages there were. None: the schedule is not configured
    any more, or those who had it have it again."""
    schedule = roster.schedules.get(told.schedule)
    if schedule is None:
        return None
    names, now = who(people), shift(schedule, told.at)
    if sorted(now.people) == sorted(told.before):
        return None
    to = [*_people(now.people, names)]
    before = and_(map(names, told.before)) or "nobody"
    until = local(now.end, schedule.zone.key, DAY_AND_TIME) if now.end < told.at + FAR else ""
    first: Line = (
        Text(f"{told.schedule}: {before} hands over to ", bold=True),
        *to,
        *line(f", until {until}" if until else ""),
    )
    rows = [
        line(
            f"{one.ref} · {one.severity.upper()} · {one.status} · {one.title}{f' (lead {names(one.lead)})' if one.lead else ''}"
        )
        for one in sorted(standing, key=lambda one: (one.severity, one.number))
    ]
    more = [line(f"and {len(rows) - SHOWN} more: `list`")] if len(rows) > SHOWN else []
    opened: list[Block] = [Bullets((*rows[:SHOWN], *more))] if rows else []
    said = "Open:" if rows else "Nothing is open."
    since = local(told.since, schedule.zone.key, DAY_AND_TIME)
    pages = spread(load(schedule, paged, told.since, told.at))
    last = Paragraph(line(f"Since {since}: {pages}."))
    summary = clean(f"{told.schedule}: {before} hands over to {and_(map(names, now.people))}")
    return Document(summary=summary, blocks=(Paragraph(first), Paragraph(line(said)), *opened, last))


def links_document(whole: Mapping[str, str], mine: Mapping[str, str]) -> Document:
    """The addresses of the calendars, by schedule: all shifts, and those of whoever asks."""
    if not whole:
        return _none()
    if not any(whole.values()):
        text = "Nobody could reach the calendars: `http.public_url` is not set."
        return Document(summary=text, blocks=(Paragraph(marked(text)),))
    rows: list[Line] = []
    for schedule, url in whole.items():
        rows.append((*line(f"{schedule}: ", bold=True), Link("all shifts", url)))
        if mine.get(schedule):
            rows.append((*line(f"{schedule}: ", bold=True), Link("your own", mine[schedule])))
    title = "Calendars to subscribe to"
    note = Paragraph(line("Whoever has a link reads it, without a password."))
    return Document(summary=title, blocks=(Heading(line(title)), Bullets(tuple(rows)), note))
