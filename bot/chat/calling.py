"""When pages do not help: the word to everybody, and how people are reached without us."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.chat.card import symbol, who
from bot.chat.document import Block, Bullets, Button, Buttons, Document, Line, Mention, Paragraph, Text, clean, line
from bot.chat.marked import marked
from bot.chat.pages import unanswered
from bot.chat.templates import and_
from bot.incident.model import Incident, Paging, Person

PEOPLE_SHOWN = 20


def call_out(incident: Incident, *, people: Mapping[str, Person], link: str = "") -> Document:
    """Where incidents are announced: nobody who was asked answered, and whoever reads it can take it. `link` opens the room."""
    names, held = who(people), incident.paging
    first = f"{symbol(incident)} {incident.ref} {incident.severity.upper()}: {unanswered(held) if held else ''}"
    asked = f"Asked: {and_(map(names, held.asked))}." if held and held.asked else ""
    room = f" It is worked on at {link}." if link else ""
    blocks: list[Block] = [
        Paragraph((Text(clean(first), bold=True), *line(f" · {incident.title}"))),
        Paragraph(line(f"{asked}{room} Whoever can, take it.".strip())),
        Buttons((Button("I have it", f"{incident.ref} ack", "primary"),)),
    ]
    return Document(summary=clean(f"{first} · {incident.title}"), blocks=tuple(blocks), tone="bad")


def contact_rows(ids: Sequence[str], people: Mapping[str, Person]) -> list[Line]:
    """A line a person: their name, telephone and mail address, as far as the configuration knows them. Each once, in order."""
    known = [people[id_] for id_ in dict.fromkeys(ids) if id_ in people]
    return [(Mention(person.id, person.name or person.id), Text(f": {_reached(person)}")) for person in known]


def _reached(person: Person) -> str:
    ways = [person.options.get("phone", ""), person.email]
    return clean(", ".join(way for way in ways if way)) or f"nothing under people.{person.id} says how"


def _in_vain(held: Paging) -> str:
    if held.reached(held.asked):
        return "Nobody answered the pages." if held.over else "Nobody has answered the pages yet."
    return "No page got through." if held.over else "No page has got through yet."


def contacts(incident: Incident, on_call: Sequence[str], *, people: Mapping[str, Person]) -> Document | None:
    """In the incident's room: how those who were asked, and who is `on_call` now, are reached by hand. None: we know nobody, or
    somebody has it by now."""
    held = incident.paging
    rows = contact_rows([*(held.asked if held else ()), *on_call], people)
    if not rows or held is None or held.acknowledged_by:
        return None
    title = f"{_in_vain(held)} This is how people are reached by hand:"
    more = [line(f"and {len(rows) - PEOPLE_SHOWN} more")] if len(rows) > PEOPLE_SHOWN else []
    hint = Paragraph(marked(f"Whoever has it: `{incident.ref} ack`"))
    blocks = (Paragraph(line(title, bold=True)), Bullets((*rows[:PEOPLE_SHOWN], *more)), hint)
    return Document(summary=title, blocks=blocks, tone="warning")
