"""Text that is written from right to left, kept from changing the order of what stands beside it."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from bot.chat.document import Inline, Text

FSI, PDI = "\u2068", "\u2069"
"""What is between them is laid out by itself, in the direction of its first letter, and counts as one sign among its
neighbours (https://www.unicode.org/reports/tr9/#Explicit_Directional_Isolates). The HTML of Matrix has neither `bdi` nor
`dir`, and no block of Slack has either. Cleaned text has no isolates of its own, so none of ours can be ended from inside."""

_LEFTWARD = frozenset(("R", "AL", "AN"))
# Between two parts of a line: they belong to the line, and stay where it puts them.
_BETWEEN = " \n·:,;–—|"


def leftward(text: str) -> bool:
    """Whether anything in `text` is written from right to left."""
    return not text.isascii() and any(unicodedata.bidirectional(char) in _LEFTWARD for char in text)


def isolated(line: Sequence[Inline], *, alone: bool = True) -> list[Inline]:
    """`line`, cleaned before, with its right-to-left parts isolated, neighbours among them together: so they keep their
    own order. Without `alone`, or beside other parts, something else stands in the same row; a line that is text from
    right to left and nothing else stays as it is, so that it also begins on the right. Code is never touched: somebody
    copies it."""
    out = list(line)
    for first, end in _runs(line):
        if alone and end - first == len(line) and all(isinstance(part, Text) for part in line):
            continue
        for place in range(first, end):
            before, core, after = "", line[place].text, ""
            if place == first:
                before, core = _split(core, len(core) - len(core.lstrip(_BETWEEN)))
                before += FSI
            if place == end - 1:
                core, after = _split(core, len(core.rstrip(_BETWEEN)))
                after = PDI + after
            # An isolate ends with its line in any case.
            core = core.replace("\n", f"{PDI}\n{FSI}")
            out[place] = replace(line[place], text=before + core + after)
    return out


def _runs(line: Sequence[Inline]) -> list[tuple[int, int]]:
    """Where neighbours that are written from right to left begin, and where they end."""
    runs: list[tuple[int, int]] = []
    for place, part in enumerate(line):
        if (isinstance(part, Text) and part.code) or not leftward(part.text):
            continue
        if runs and runs[-1][1] == place:
            runs[-1] = (runs[-1][0], place + 1)
        else:
            runs.append((place, place + 1))
    return runs


def _split(text: str, at: int) -> tuple[str, str]:
    return text[:at], text[at:]
