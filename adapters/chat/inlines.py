"""What every platform does alike with the words of a document before it writes them in its own way."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never
from urllib.parse import quote

from bot.chat import document as d
from bot.chat.verbs import VERBS

MARKS = {"good": "✓", "warning": "!", "bad": "▲", "refused": "✗"}
"""How a message is meant, with the signs a terminal shows; information has none."""

LINKABLE = re.compile(r"https?://.+|mailto:.+", re.IGNORECASE)
"""Addresses that people may be led to; others are shown as text."""

_URL_SAFE = ":/?#[]@!$&'()*+,;=%~-._"
_VERBS = frozenset(verb.name for verb in VERBS)
_COMMAND = re.compile(r"(?:INC-[0-9]+ )?([a-z]+)(?: |$)")


def parts(line: Sequence[d.Inline]) -> list[d.Inline]:
    """What there is to read in `line`, harmless."""
    found: list[d.Inline] = []
    for part in line:
        match part:
            case d.Text(text=text):
                part = replace(part, text=d.clean(text))
            case d.Link(text=text, url=url):
                url = address(url)
                text = flat(text)
                part = replace(part, text=text if text.strip() else url, url=url)
            case d.Mention(person=person, text=text):
                part = replace(part, text=flat(text) or flat(person))
            case d.Time(text=text):
                part = replace(part, text=flat(text))
            case _:
                assert_never(part)
        if part.text:
            found.append(part)
    return found


def signed(line: Sequence[d.Inline], sign: str) -> list[d.Inline]:
    """`line` behind `sign`, unless it begins with a symbol of its own, as that of a severity, which says it already."""
    if not sign or unicodedata.category(line[0].text[0]) == "So":
        return [*line]
    return [d.Text(f"{sign} "), *line]


def to_type(code: str, prefix: str) -> str:
    """A line for the bot as it has to be typed, behind `prefix`, whoever reads it copies it; other code stays as it is."""
    found = _COMMAND.match(code)
    return f"{prefix} {code}" if found and found[1] in _VERBS else code


def address(url: str) -> str:
    """`url` in ASCII, where nothing in it can change the order of its neighbours, and without space."""
    return quote("".join(d.clean(url).split()), safe=_URL_SAFE)


def beside(link: d.Link) -> str:
    """The address of `link`, for who can only read it: ` <https://…>`; empty when its words say it, or it is quiet."""
    return f" <{link.url}>" if link.url and link.url != address(link.text) and not link.quiet else ""


def flat(text: str) -> str:
    """`text` on one line, and harmless."""
    return d.clean(text).replace("\n", " ")
