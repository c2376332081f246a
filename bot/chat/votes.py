"""Reactions that vote: a number puts a dot on the topic of that number, a thumb says whether to go on."""

from __future__ import annotations

from collections.abc import Mapping

_NAMES = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_KEYCAP, _VARIATION = "\u20e3", "\ufe0f"
_TONES = dict.fromkeys(range(0x1F3FB, 0x1F400))

PLACES: Mapping[str, int] = {
    **{name: number for number, name in enumerate(_NAMES, 1)},
    **{f"{number}{_KEYCAP}": number for number in range(1, 10)},
    "keycap_ten": 10,
    "🔟": 10,
}
"""By emoji (without U+FE0F) and by Slack's short name."""

THUMBS: Mapping[str, bool] = {"👍": True, "+1": True, "thumbsup": True, "👎": False, "-1": False, "thumbsdown": False}


def place(emoji: str) -> int:
    """The number that `emoji` shows: `1️⃣` to `🔟`, or `one` to `keycap_ten`, with colons or without; 0: none."""
    return PLACES.get(_bare(emoji), 0)


def thumb(emoji: str) -> bool | None:
    """Whether a thumb is up, of whatever skin; None: it is none."""
    return THUMBS.get(_bare(emoji))


def votes(emoji: str) -> bool:
    return bool(place(emoji)) or thumb(emoji) is not None


def _bare(emoji: str) -> str:
    """Without how it is shown, and without Slack's tone of the skin (`+1::skin-tone-2`)."""
    return emoji.replace(_VARIATION, "").strip(":").partition("::")[0].translate(_TONES)
