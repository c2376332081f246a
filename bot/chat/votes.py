"""Reactions that vote: each topic has an emoji that puts a dot on it, a thumb says whether to go on."""

from __future__ import annotations

from collections.abc import Mapping

_VARIATION = "\ufe0f"
_TONES = dict.fromkeys(range(0x1F3FB, 0x1F400))

EMOJI = (
    ("🍎", "apple"),
    ("🍋", "lemon"),
    ("🍇", "grapes"),
    ("🍓", "strawberry"),
    ("🍍", "pineapple"),
    ("🍉", "watermelon"),
    ("🍌", "banana"),
    ("🥑", "avocado"),
    ("🥕", "carrot"),
    ("🌽", "corn"),
    ("🍄", "mushroom"),
    ("🥨", "pretzel"),
    ("🧀", "cheese_wedge"),
    ("🥐", "croissant"),
    ("🍪", "cookie"),
)
"""What stands for a topic, and its short name in Slack: things that look different in any font, are found by their name, and that nobody
takes for the topic's number."""

PLACES: Mapping[str, int] = {name: place for place, names in enumerate(EMOJI, 1) for name in names}
"""Which of them it is, from 1, by emoji and by short name."""

THUMBS: Mapping[str, bool] = {"👍": True, "+1": True, "thumbsup": True, "👎": False, "-1": False, "thumbsdown": False}


def place(emoji: str) -> int:
    """Which of `EMOJI` it is, from 1; of Slack its short name, with colons or without. 0: none."""
    return PLACES.get(_bare(emoji), 0)


def thumb(emoji: str) -> bool | None:
    """Whether a thumb is up, of whatever skin; None: it is none."""
    return THUMBS.get(_bare(emoji))


def votes(emoji: str) -> bool:
    return bool(place(emoji)) or thumb(emoji) is not None


def _bare(emoji: str) -> str:
    """Without how it is shown, and without Slack's tone of the skin (`+1::skin-tone-2`)."""
    return emoji.replace(_VARIATION, "").strip(":").partition("::")[0].translate(_TONES)
