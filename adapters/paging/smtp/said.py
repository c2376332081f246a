"""What somebody wrote into an answer themselves, as opposed to what they quoted, and whether it acknowledges. Pure."""

from __future__ import annotations

import re
import unicodedata
from html import unescape

LINE = 200
"""Characters of a line that are looked at."""

# The page's own "Acknowledge: https://…", quoted without a mark, is nobody's word.
_ACKNOWLEDGES = re.compile(
    r"[^\w>]*(?:ack|acked|acknowledged?|quittier[te]|(?:ich )?(?:übernehme|uebernehme))\b(?!\W*https?:)", re.IGNORECASE
)
_REFERENCE = re.compile(r"\binc-(\d{1,9})\b", re.IGNORECASE)
_NAME = re.compile(r"(/?)([A-Za-z][A-Za-z0-9]{0,20})")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))

ATTRIBUTION = 3
"""Lines that `On Friday Klatsch wrote:` takes at most."""

_BLOCKS = frozenset(
    [
        "address",
        "article",
        "blockquote",
        "body",
        "br",
        "center",
        "dd",
        "div",
        "dl",
        "dt",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "html",
        "li",
        "main",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "td",
        "th",
        "tr",
        "ul",
    ]
)
_HIDDEN = frozenset({"head", "script", "style", "template", "title"})


def acknowledging(text: str) -> str:
    """The line that acknowledges, empty when none does: the first that is not quoted, or, below a quotation with nothing above it
    but who wrote it, the first behind that."""
    lines = [line for each in text.splitlines() if (line := _line(each))]
    quoted = [place for place, line in enumerate(lines) if line.startswith(">")]
    before = lines[: quoted[0]] if quoted else lines
    candidates = before[:1]
    if quoted and (not before or (before[-1].endswith(":") and len(before) <= ATTRIBUTION)):
        candidates += lines[quoted[-1] + 1 :][:1]
    return next((line for line in candidates if _ACKNOWLEDGES.match(line)), "")


def names_another(line: str, number: int) -> bool:
    """Whether `line` names incidents, and incident `number` is none of them."""
    named = {int(found) for found in _REFERENCE.findall(line)}
    return bool(named) and number not in named


def text_of_html(source: str) -> str:
    """The lines that are seen; those inside a quotation begin with `>`."""
    # One look at each character: html.parser takes minutes for a tag that never ends, written ten thousand times.
    first, *pieces = source.split("<")
    shown = _Shown()
    shown.text(first)
    for piece in pieces:
        tag, _, text = piece.partition(">")
        name = _NAME.match(tag)
        if shown.comment or tag.startswith("!--"):
            shown.comment = "-->" not in piece
            shown.text(piece.partition("-->")[2])
        elif name:
            shown.tag(name[2].lower(), end=bool(name[1]))
            shown.text(text)
        else:
            # A comparison, or a declaration.
            shown.text(text if tag[:1] in ("!", "?") else f"<{piece}")
    shown.broken()
    return "\n".join(shown.lines)


def _line(raw: str) -> str:
    return unicodedata.normalize("NFKC", raw[:LINE].translate(_INVISIBLE)).strip()


class _Shown:
    """What is seen of a page, line by line."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.comment = False
        self._open: list[str] = []
        self._quotes = 0
        self._hidden = ""

    def text(self, source: str) -> None:
        if not self.comment and not self._hidden:
            self._open.append(source)

    def tag(self, name: str, *, end: bool) -> None:
        if self._hidden:
            # A head that nobody ended ends where the body begins.
            self._hidden = "" if (end and name == self._hidden) or name == "body" else self._hidden
            return
        if name in _BLOCKS:
            self.broken()
        if name == "blockquote":
            self._quotes = max(0, self._quotes + (-1 if end else 1))
        if name in _HIDDEN and not end:
            self._hidden = name

    def broken(self) -> None:
        """What comes now is on another line."""
        line = " ".join(unescape("".join(self._open)).split())
        self.lines.append(f"> {line}" if self._quotes and line else line)
        self._open.clear()
