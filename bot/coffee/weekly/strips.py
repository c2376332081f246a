"""Points on a strip: a logarithmic axis of time, and where each value stands so that equal ones are seen. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import log

from bot.chat.drawing import Align

LEFT, RIGHT = 14, 346
"""Where the axis begins and ends, in pixels."""

BAND = 40
"""How high a strip is."""

RADIUS = 3.5

LEVELS = (0, -4, 4, -8, 8, -12, 12, -16, 16)
"""How far from the middle of the strip points stand that would lie on each other: on it, then above and below in turn. So the
place of each depends on nothing but the values."""

APART = 5
"""Pixels between two on one level, while a level is free."""

SAME = 3
"""So near to another one on its level, when each level is taken, a value is shown by that one's point: thousands of them make no
thousands of points."""

_MINUTE = 60
_TICKS = (
    (_MINUTE, "1 min"),
    (5 * _MINUTE, "5 min"),
    (15 * _MINUTE, "15 min"),
    (3600, "1 h"),
    (4 * 3600, "4 h"),
    (86_400, "1 d"),
    (7 * 86_400, "7 d"),
    (30 * 86_400, "30 d"),
    (120 * 86_400, "120 d"),
    (365 * 86_400, "365 d"),
)
LETTER = 0.57
"""How wide a letter is on average, to its size: the fonts are those of whoever looks."""

SMALL = 11
"""The size of the letters at ticks."""

_GAP = 5
"""Pixels between two labels."""


@dataclass(frozen=True, slots=True)
class Tick:
    """`label` is empty where there is no room for it."""

    x: float
    label: str
    align: Align = Align.MIDDLE


@dataclass(frozen=True, slots=True)
class Axis:
    """From `first` to `last` seconds. What is shorter or longer stands at its ends, whose labels say so."""

    first: float
    last: float
    ticks: tuple[Tick, ...] = ()

    def x(self, took: timedelta) -> float:
        seconds = min(max(took.total_seconds(), self.first), self.last)
        return LEFT + (RIGHT - LEFT) * log(seconds / self.first) / log(self.last / self.first)


@dataclass(frozen=True, slots=True)
class Place:
    """A point: `off` is how far from the middle of the strip, `new` whether it is one of the week."""

    x: float
    off: float
    new: bool


def axis(values: Sequence[timedelta]) -> Axis:
    """One on which all of them have room: it begins and ends at ticks, and spans two of their steps at least."""
    seconds = [took.total_seconds() for took in values] or [_MINUTE]
    least, most = min(seconds), max(seconds)
    begin = max((place for place, (tick, _) in enumerate(_TICKS) if tick <= least), default=0)
    end = min((place for place, (tick, _) in enumerate(_TICKS) if tick >= most), default=len(_TICKS) - 1)
    begin = min(begin, len(_TICKS) - 3)
    end = max(end, begin + 2)
    bare = Axis(_TICKS[begin][0], _TICKS[end][0])
    said = [label for _, label in _TICKS[begin : end + 1]]
    said[0] = f"<{said[0]}" if least < bare.first else said[0]
    said[-1] = f">{said[-1]}" if most > bare.last else said[-1]
    xs = [bare.x(timedelta(seconds=tick)) for tick, _ in _TICKS[begin : end + 1]]
    return Axis(bare.first, bare.last, tuple(_labelled(xs, said)))


def placed(before: Sequence[timedelta], week: Sequence[timedelta], scale: Axis) -> Iterator[Place]:
    """Where the values stand, from the left to the right. Each has a point of its own while there is room; in a crowd its point is at
    most `SAME` pixels away, and one of the week is never shown by an earlier one's."""
    last: dict[float, Place] = {}
    values = sorted([*((took, False) for took in before), *((took, True) for took in week)])
    for took, new in values:
        x = scale.x(took)
        free = (level for level in LEVELS if level not in last or x - last[level].x >= APART)
        level = next(free, None)
        if level is None:
            level = min(LEVELS, key=lambda taken: last[taken].x)
            near = last[level]
            if x - near.x < SAME and (near.new or not new):
                continue
        place = last[level] = Place(x, level, new)
        yield place


def _labelled(xs: Sequence[float], said: Sequence[str]) -> Iterator[Tick]:
    """The labels at the ends stay on the sheet; of the others those that have room."""
    last, free = len(xs) - 1, 0.0
    closing = RIGHT - len(said[last]) * SMALL * LETTER - _GAP
    for place, (x, label) in enumerate(zip(xs, said, strict=True)):
        wide = len(label) * SMALL * LETTER
        if place == 0:
            yield Tick(x, label, Align.START)
            free = x + wide + _GAP
        elif place == last:
            yield Tick(x, label, Align.END)
        elif x - wide / 2 >= free and x + wide / 2 <= closing:
            yield Tick(x, label)
            free = x + wide / 2 + _GAP
        else:
            yield Tick(x, "")
