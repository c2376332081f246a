"""Text from outside, made harmless before it is kept or shown."""

from __future__ import annotations

import re
import unicodedata

REMOVED = "(removed)"
"""What stands where somebody's text was until its message was removed."""

LINK_LIMIT = 2048
"""Characters of an address that is kept."""

# Letters of an address (https://www.rfc-editor.org/rfc/rfc3986#section-2), and nobody's name in front of the host.
_WEB_LINK = re.compile(
    r"https?://[A-Za-z0-9.:\[\]-]+(?:[/?#][A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]*)?", re.ASCII | re.IGNORECASE
)

# Overrides and isolates can make a text read as another one (https://www.unicode.org/reports/tr9/).
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_JOINERS = "\u200c\u200d"
_JOINED_ASCII = re.compile(rf"(?<=[!-~])[{_JOINERS}]|[{_JOINERS}](?=[!-~])")


def clean(text: str) -> str:
    """`text` without control characters and direction overrides; line breaks stay, tabs become spaces."""
    if text.isascii() and text.isprintable():
        return text
    kept = []
    for char in text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    "):
        if char == "\n" or (unicodedata.category(char) not in ("Cc", "Cs") and char not in _BIDI):
            kept.append(char)
    return "".join(kept)


def unhidden(text: str) -> str:
    """`text` as it looks: its letters composed (NFC), and without what nobody sees and a name could hide behind. What joins
    the parts of an emoji or of letters beyond ASCII stays."""
    if text.isascii():
        return text
    text = _JOINED_ASCII.sub("", unicodedata.normalize("NFC", text))
    return "".join(char for char in text if char in _JOINERS or unicodedata.category(char) != "Cf")


def one_line(text: str, limit: int) -> str:
    """`text` cleaned, on one line, at most `limit` characters; empty when nothing readable is in it."""
    line = " ".join(clean(text).split())[:limit]
    return line if any(unicodedata.category(char)[0] not in "CZ" for char in line) else ""


def web_link(text: str) -> str:
    """`text` if it is an address of the web, of `LINK_LIMIT` characters at most, that can stand in any document as it is; else
    empty: half an address leads somewhere else."""
    return text if len(text) <= LINK_LIMIT and _WEB_LINK.fullmatch(text) else ""
