"""The banner of a drill: whoever sees one message of it, and nothing else, knows that nothing of it is real."""

from __future__ import annotations

from dataclasses import replace

from bot.chat.document import Document, Paragraph, Text
from bot.incident.model import Incident, Kind

DRILL = "DRILL"
BANNER = Paragraph((Text(DRILL, bold=True), Text(" · an exercise: nobody is paged, nothing is published.")))


OVER = Paragraph((Text("This drill is over.", bold=True),))


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
