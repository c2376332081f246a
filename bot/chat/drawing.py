"""A small picture as data: shapes on a sheet, in a coordinate system of pixels from the upper left corner.

It is drawn where it is shown: as SVG in a browser, as PNG where people chat. Colours are named for what they mean, so that each
place keeps its own light and dark.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Tone(StrEnum):
    """`INK` is for words, `QUIET` for axes and what is past, `ACCENT` for what it is about; the others as a document's tones."""

    INK = "ink"
    QUIET = "quiet"
    ACCENT = "accent"
    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


class Align(StrEnum):
    """Which end of a label stands at its place."""

    START = "start"
    MIDDLE = "middle"
    END = "end"


@dataclass(frozen=True, slots=True)
class Dot:
    """A disc; `hollow`: only its edge."""

    x: float
    y: float
    radius: float
    tone: Tone = Tone.ACCENT
    hollow: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """A filled rectangle."""

    x: float
    y: float
    width: float
    height: float
    tone: Tone = Tone.ACCENT


@dataclass(frozen=True, slots=True)
class Rule:
    """A thin straight line."""

    x1: float
    y1: float
    x2: float
    y2: float
    tone: Tone = Tone.QUIET


@dataclass(frozen=True, slots=True)
class Label:
    """Words on one line, whose baseline is at `y`; `size` is that of the letters."""

    x: float
    y: float
    text: str
    size: float = 12
    align: Align = Align.START
    tone: Tone = Tone.INK
    bold: bool = False


Shape = Dot | Bar | Rule | Label


@dataclass(frozen=True, slots=True)
class Drawing:
    """`shapes` from the lowest to the highest, on a sheet of `width` by `height`."""

    width: int
    height: int
    shapes: tuple[Shape, ...]
