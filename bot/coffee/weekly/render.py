"""The weekly digest in words, of the templates `weekly.en.md.j2` and `weekly.de.md.j2`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from bot.chat.card import SYMBOLS, who
from bot.chat.document import Document, Picture, clean
from bot.chat.markdown_out import code_span, link
from bot.chat.templates import Ready, Templates
from bot.coffee.languages import Language
from bot.coffee.weekly.around import Around
from bot.coffee.weekly.blocks import DigestBlock
from bot.coffee.weekly.digest import WeeklyDigest
from bot.coffee.weekly.edition import Edition
from bot.coffee.weekly.incidents import Listed
from bot.coffee.weekly.pictures import load_picture, strip_picture
from bot.coffee.weekly.speech import LEXICA, Speech
from bot.incident.text import web_link

MAIN, TYPED = "main", "typed"
LISTED = 5
"""Incidents in the main message."""
LISTED_MORE = 30
"""Rows of a list in a detail."""
LISTED_TOGETHER = 40
"""Rows of all lists in a detail, in which each has the same share: more do not fit into a message of Slack's, and what stands last, follow-ups
that are late or reviews that were held, would be cut."""

LISTS: Mapping[str, tuple[str, ...]] = {
    DigestBlock.NEARMISSES: ("told", "luck"),
    DigestBlock.FOLLOWUPS: ("done", "new", "overdue", "declined"),
    DigestBlock.POSTMORTEMS: ("due", "running", "closed"),
    DigestBlock.COFFEE: ("talked", "topics"),
}
"""What is listed in the details that have several lists."""


def edition(
    digest: WeeklyDigest, around: Around, templates: Templates, language: str, *, alone: bool = False
) -> Edition:
    """The digest in `language` (`en` or `de`). A detail that has nothing to say is left out; one that is shown `alone` says also what
    the message says. Raises TemplateError."""
    facts: dict[str, object] = {
        "digest": digest,
        "say": Speech(LEXICA[language], around.zone),
        "who": who(around.people),
        "symbol": _symbol,
        "short": _short,
        "flat": _flat,
        "fenced": _fenced,
        "place": _place,
        "listed": LISTED,
        "alone": alone,
        "typed": around.typed,
    }
    name = f"weekly.{language}.md.j2"

    def part(which: str) -> Document:
        return templates.document(name, part=which, rows=_rows(digest, which), **facts)

    pictures = _pictures(digest, LEXICA[language].language)
    details = [(block, _with(part(block), pictures.get(block))) for block in DigestBlock if digest.told(block)]
    told, typed = [(block, document) for block, document in details if document.blocks], part(TYPED)
    return Edition(part(MAIN), tuple(told), typed if typed.blocks else None)


def _rows(digest: WeeklyDigest, part: str) -> int:
    """How many of each list are shown."""
    told = getattr(digest, part, None)
    lists = sum(bool(getattr(told, name, ())) for name in LISTS.get(part, ()))
    return min(LISTED_MORE, LISTED_TOGETHER // max(1, lists))


def _pictures(digest: WeeklyDigest, language: Language) -> dict[DigestBlock, Picture]:
    found = {}
    if digest.oncall and digest.oncall.loads:
        found[DigestBlock.ONCALL] = load_picture(digest.oncall.loads, language)
    if digest.durations:
        found[DigestBlock.DURATIONS] = strip_picture(digest.durations, language)
    return found


def _with(document: Document, picture: Picture | None) -> Document:
    """The picture below the title; a detail that a house's template left empty has none."""
    if picture is None or not document.blocks:
        return document
    first, *others = document.blocks
    return replace(document, blocks=(first, picture, *others))


def _symbol(one: Listed) -> str:
    """As on the card."""
    return SYMBOLS[one.severity] if one.status.open else "🟢"


def _short(text: str, limit: int = 60) -> str:
    """At most `limit` letters of a text, for a phone."""
    line = " ".join(clean(text).split())
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"


def _flat(text: str) -> str:
    """A text as it is, on one line, for a block of code."""
    return Ready(" ".join(clean(text).split()))


def _place(place: str) -> str:
    """Where a postmortem lies: a link, or a path."""
    return Ready(link(place, place) if web_link(place) else code_span(place))


def _fenced(text: str, language: str = "") -> str:
    """A block of code, in a `language` where one is named; its fence is longer than any run of backticks in it."""
    runs = (len(run) for run in re.findall(r"`+", text))
    fence = "`" * max(3, max(runs, default=0) + 1)
    return Ready(f"{fence}{language}\n{text.strip()}\n{fence}")
