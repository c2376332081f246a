"""What channels are called, and what stands above them."""

from __future__ import annotations

import re
import unicodedata

from adapters.chat.slack.markup import escaped
from bot.chat.document import clean

LONGEST_NAME = 80
"""Characters of a channel's name (https://docs.slack.dev/reference/methods/conversations.create)."""

LONGEST_TOPIC = 250
"""Characters of a topic, and of a purpose (https://docs.slack.dev/reference/methods/conversations.setTopic)."""

_SUFFIX = 40
_NAMELESS = "incident"
_LETTERS = str.maketrans(
    {
        "ä": "ae",
        "ö": "oe",
        "ü": "ue",
        "ß": "ss",
        "æ": "ae",
        "œ": "oe",
        "ø": "o",
        "ð": "d",
        "đ": "d",
        "þ": "th",
        "ł": "l",
        "ı": "i",
    }
)
"""Latin letters that come apart otherwise than into a letter and its mark."""


def channel_name(name: str, suffix: str = "") -> str:
    """`name` as Slack lets a channel be called: letters a to z, digits, hyphens and underscores. It ends with `suffix` behind a
    hyphen, whatever else has to be cut, and it is never empty."""
    end = _plain(suffix)[:_SUFFIX].strip("-_")
    end = f"-{end}" if end else ""
    most = LONGEST_NAME - len(end)
    return (_plain(name)[:most].strip("-_") or _NAMELESS) + end


def topic(text: str) -> str:
    """`text` on one line, as long as a topic may be. Nothing in it rings or links."""
    return escaped(" ".join(clean(text).split()), LONGEST_TOPIC)


def purpose(text: str) -> str:
    """As `topic`, for what Slack calls a channel's description."""
    return topic(text)


def _plain(text: str) -> str:
    # As much as can matter: one character becomes a few at most.
    small = unicodedata.normalize("NFC", clean(text[:1_000])).lower().translate(_LETTERS)
    letters = "".join(char for char in unicodedata.normalize("NFKD", small) if not unicodedata.combining(char))
    return re.sub(r"[^a-z0-9_]+", "-", letters.lower()).strip("-_")
