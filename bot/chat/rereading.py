"""What `pm lint` answers: a few places of an incident's own texts with a question each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.chat.document import Bullets, Document, Heading, Line, Paragraph, Text, line, say
from bot.chat.marked import marked

SHOWN = 5
"""Findings in one answer; more are no advice any more."""

LOOKED_AT = "title, impact, resolution, follow-ups and what customers read"


@dataclass(frozen=True, slots=True)
class Asked:
    """`words` in a text of the incident (`where`: `Title`, `Follow-up 2`), and what to ask or write instead."""

    where: str
    words: str
    ask: str


def rereading_document(ref: str, found: Sequence[Asked]) -> Document:
    if not found:
        return say(f"{ref}: nothing to reword in its {LOOKED_AT}.")
    title = f"{ref}: {len(found)} {'place' if len(found) == 1 else 'places'} to read again"
    rest = len(found) - SHOWN
    more = f"And {rest} more; type it again when these are done. " if rest > 0 else ""
    about = f"{more}Looked at: its {LOOKED_AT}. This is advice: nothing is held back by it."
    return Document(
        summary=title,
        blocks=(
            Heading(line(title)),
            Bullets(tuple(_row(asked) for asked in found[:SHOWN])),
            Paragraph(line(about)),
            Paragraph(marked("A draft that somebody has edited: `klatsch pm lint FILE`")),
        ),
    )


def _row(asked: Asked) -> Line:
    return (*line(f"{asked.where}: "), *line(f"“{asked.words}”", bold=True), Text(" – "), *line(asked.ask))
