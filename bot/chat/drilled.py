"""The banner of a drill: whoever sees one message of it, and nothing else, knows that nothing of it is real."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bot.chat.document import Document, Paragraph, Text
from bot.chat.templates import and_
from bot.incident.model import Incident, Kind

DRILL = "DRILL"
BANNER = Paragraph((Text(DRILL, bold=True), Text(" · an exercise: nobody is paged, nothing is published.")))


OVER = Paragraph((Text("This drill is over.", bold=True),))

LISTED = 5
"""Drills that are named of those that show something."""


def is_drill(incident: Incident | None) -> bool:
    return incident is not None and incident.kind is Kind.DRILL


def bannered(document: Document) -> Document:
    """`document` under the banner; once, however often it is asked for."""
    if BANNER in document.blocks:
        return document
    return replace(document, summary=f"{DRILL} · {document.summary}", blocks=(BANNER, *document.blocks))


def of(incident: Incident, document: Document) -> Document:
    """`document` as it is said of `incident`: what is over says so, too."""
    if not is_drill(incident):
        return document
    said = bannered(document)
    if incident.status.open or OVER in said.blocks:
        return said
    return replace(said, blocks=(BANNER, OVER, *(block for block in said.blocks if block != BANNER)))


def still_shown(drills: Iterable[Incident]) -> str:
    """What of an incident that is private now its `drills` go on showing everybody, and how that ends; code between backticks. Empty: nothing.
    They are not made private with it: of some nothing but the names of alerts is to be read, and who plays there would lose the room."""
    refs = [drill.ref for drill in drills if not drill.private]
    if not refs:
        return ""
    more = [f"{len(refs) - LISTED} more"] if len(refs) > LISTED else []
    hide = and_(f"`{ref} private`" for ref in refs[:LISTED])
    return (
        f"Its alerts came again in {'a drill' if len(refs) == 1 else 'drills'}, {and_([*refs[:LISTED], *more])}: their names, and its title if the "
        f"drill got no other, can still be read there. To hide them: {hide}"
    )


def topic(incident: Incident, text: str) -> str:
    """What stands above the room; it goes on beginning with the reference."""
    if not is_drill(incident) or DRILL in text:
        return text
    rest = text.removeprefix(incident.ref).removeprefix(" · ")
    return f"{incident.ref} · {DRILL} · {rest}"


def room_name(incident: Incident, text: str, mark: str) -> str:
    """What the room is called; it goes on beginning with its mark."""
    rest = text.removeprefix(mark)
    return f"{mark}-{DRILL.lower()}{rest}" if is_drill(incident) and not rest.startswith("-drill") else text
