"""What a text message says, in two segments: what is longer costs more and arrives in pieces, or late.

A segment has 153 characters of GSM-7, or 67 of UCS-2 as soon as a single one is not in GSM-7
(https://www.twilio.com/docs/glossary/what-sms-character-limit, https://www.etsi.org/deliver/etsi_ts/123000_123099/123038/)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from adapters.paging.wording import headline, how_to_acknowledge, link
from bot.chat.document import clean
from bot.ports import PageMessage

SEGMENTS = 2
GSM_SEGMENT, UCS_SEGMENT = 153, 67

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_GSM = frozenset(f"@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà{_LETTERS}")
_TWICE = frozenset("^{}\\[~]|€\f")
"""Those that take the place of two."""

_LIKE = str.maketrans(
    {"‘": "'", "’": "'", "‚": ",", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "–": "-", "—": "-", "‑": "-"}
    | {"…": "...", "→": "->", "≥": ">=", "≤": "<=", "×": "x", "·": "-", "•": "-", "`": "'", "µ": "u", "°": " deg "}
    | {"\u00a0": " ", "\u202f": " ", "\t": " ", "\ufe0f": "", "\u200d": ""}
)
"""What is common in texts and not in GSM-7, and what says the same."""

_PICTURES = frozenset({"So", "Sk"})
"""Kinds of characters that are left out: an emoji would halve the room of the words."""

HEADLINE, HEADLINE_UCS = 100, 60
"""Characters of the headline."""

MEANINGFUL = 20
"""Places below which a piece of a text tells nobody anything."""


def is_gsm(text: str) -> bool:
    return all(char in _GSM or char in _TWICE for char in text)


def size(text: str) -> int:
    """How much of a segment `text` takes: places of GSM-7, or of UCS-2 if it needs that."""
    if is_gsm(text):
        return len(text) + sum(char in _TWICE for char in text)
    return len(text.encode("utf-16-le", errors="replace")) // 2


def plain(text: str) -> str:
    """`text` with what is not in GSM-7 said by what is, where that says the same; other scripts stay as they are."""
    return "".join(_plain(char) for char in text.translate(_LIKE))


def _plain(char: str) -> str:
    if is_gsm(char):
        return char
    kind = unicodedata.category(char)
    if kind in _PICTURES:
        return ""
    base = unicodedata.normalize("NFKD", char)[0]
    return base if kind.startswith("L") and base in _GSM else char


def body(page: PageMessage, *, replies: bool) -> str:
    """The headline, how to acknowledge, and of the text and the other links what has room. `replies`: an answer to the message
    reaches us. Only the headline, the link that acknowledges and what to reply may make it longer than it should be."""
    first = plain(headline(page, HEADLINE))
    first = first if is_gsm(first) else fitted(first, HEADLINE_UCS)
    ack = link(page.ack_url)
    how = [f'Reply "ack {page.ref.rpartition("-")[2]}" to acknowledge'] if replies else []
    how += [ack] if ack else []
    needed = [first, *(how or [how_to_acknowledge(page)])]
    text = plain(clean(page.text).strip())
    shown = fitted(text, _left([*needed, text]) - size("\n".join(needed)) - 1)
    lines = [needed[0], *([shown] if shown else []), *needed[1:]]
    for more in filter(None, (link(page.room_url), link(page.runbook_url))):
        if size("\n".join([*lines, more])) <= _left([*lines, more]):
            lines.append(more)
    return "\n".join(lines)


def reply(sentence: str) -> str:
    """What somebody is answered, in no more than two segments."""
    text = plain(clean(sentence).strip())
    return fitted(text, _left([text]))


def _left(lines: Iterable[str]) -> int:
    return SEGMENTS * (GSM_SEGMENT if is_gsm("\n".join(lines)) else UCS_SEGMENT)


def fitted(text: str, room: int) -> str:
    """`text` in `room` places, cut between two characters and then ending in dots; nothing where there is hardly any room."""
    if size(text) <= room:
        return text
    dots = "..." if is_gsm(text) else "…"
    if room < MEANINGFUL:
        return ""
    kept = text[:room]
    while size(kept + dots) > room:
        kept = kept[:-1]
    return f"{kept.rstrip()}{dots}"
