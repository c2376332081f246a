"""What the tones of a drawing look like, in light and dark. Words reach AA (4.5:1) on their ground."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.chat.drawing import Tone


@dataclass(frozen=True, slots=True)
class Palette:
    """`line` is the colour of quiet rules, which are fainter than quiet words."""

    ground: str
    line: str
    tones: Mapping[Tone, str]


LIGHT = Palette(
    ground="#ffffff",
    line="#d5dae1",
    tones={
        Tone.INK: "#1b2430",
        Tone.QUIET: "#6a7583",
        Tone.ACCENT: "#1f57b8",
        Tone.GOOD: "#1a7f4b",
        Tone.WARNING: "#c98a00",
        Tone.BAD: "#b8232a",
    },
)
DARK = Palette(
    ground="#12161c",
    line="#3a4450",
    tones={
        Tone.INK: "#e8ecf1",
        Tone.QUIET: "#98a4b3",
        Tone.ACCENT: "#8ab4f8",
        Tone.GOOD: "#5ccf92",
        Tone.WARNING: "#e9b949",
        Tone.BAD: "#f58a8d",
    },
)
