"""The few shapes a draft is made of: a cited line, a question to a role, a table. All text is escaped here or before."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.incident.spans import minutes
from bot.incident.text import REMOVED
from bot.postmortem.words import escape

LEAD, COMMS, SCRIBE, ON_CALL = "Lead", "Comms", "Scribe", "On-call"

_OPENED = re.compile(r"^\[e[0-9]+\]: <[^<>\n]*>\n?", re.MULTILINE)


def cite(refs: Iterable[str]) -> str:
    """`[e3] [e12]`: each event once, in the order it happened to be recorded. Each in brackets of its own, so that it is a link
    where `opened` says where to (https://spec.commonmark.org/0.31.2/#shortcut-reference-link)."""
    return " ".join(f"[{ref}]" for ref in sorted(set(refs), key=lambda ref: int(ref[1:])))


def opened(text: str, messages: Mapping[str, str]) -> str:
    """`text`, at whose foot stands where the events open that it cites. In the sentences an address would be longer than what it is
    evidence for; what people said has no brackets of its own that are not escaped."""
    cited = [f"[{ref}]: <{link}>" for ref, link in messages.items() if f"[{ref}]" in text]
    return "\n".join([text, *cited, ""]) if cited else text


def closed(text: str) -> str:
    """`text` without what `opened` set at its foot: an event that is cited opens nothing."""
    return _OPENED.sub("", text)


def fact(text: str, refs: Iterable[str]) -> str:
    """One sentence with its evidence; without evidence there is no sentence."""
    cited = tuple(refs)
    if not cited:
        raise ValueError("a sentence without an event is an invention")
    return f"- {text} {cite(cited)}"


def ask(role: str, question: str, line: str = "") -> str:
    """What the events do not tell, asked of a role; `line` is what they could type instead of writing."""
    return f"> **{role}:** {question}{f' (`{line}`)' if line else ''}"


def quote(text: str) -> str:
    """What somebody said, as a literal quotation; of what was removed, that it was."""
    return escape(text) if text == REMOVED else f"“{escape(text)}”"


def clock(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def times(at: datetime | None, zone: str) -> str:
    """What the times of a document are, and how far from them the house's `zone` (IANA, or empty) was at `at`."""
    local = at.astimezone(ZoneInfo(zone)) if at and zone else None
    offset = local.utcoffset() if local else None
    if not (local and offset):
        return "All times are UTC."
    where = "ahead" if offset > timedelta(0) else "behind"
    return f"All times are UTC; {zone} ({local:%Z}) was {spent(abs(offset))} {where}."


def count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def spent(duration: timedelta) -> str:
    """A duration the way people say it: `7 min`, `2 h 5 min`."""
    start = datetime(2000, 1, 1, tzinfo=UTC)
    return minutes(start, start + duration)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Cells are Markdown already: escaped, and without line breaks."""
    lines = [f"| {' | '.join(head)} |", f"|{'|'.join(' --- ' for _ in head)}|"]
    return ["\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])]


def section(title: str, blocks: Iterable[str], level: int = 2) -> str:
    """A heading and its blocks; neighbouring list items stay one list, everything else gets an empty line."""
    lines = [f"{'#' * level} {title}"]
    last = ""
    for block in blocks:
        together = block.startswith("- ") and last.startswith("- ")
        lines.append(block if together else f"\n{block}")
        last = block
    return "\n".join(lines)
