"""Two columns of numbers that were measured in turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar

Which = Literal["ours", "bare"]
T = TypeVar("T")


@dataclass(slots=True)
class Beside:
    """As many of ours as of the bare part."""

    ours: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)

    def add(self, which: Which, *numbers: float) -> None:
        (self.ours if which == "ours" else self.bare).extend(numbers)


def in_turn(turn: int, ours: T, bare: T) -> Sequence[tuple[Which, T]]:
    """Either is first every other time: whoever comes second may find something warm, or something left."""
    both: list[tuple[Which, T]] = [("ours", ours), ("bare", bare)]
    return both[::-1] if turn % 2 else both
