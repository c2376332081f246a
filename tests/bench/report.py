"""What a bench found, and the plain table it is shown in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

FREE = None


@dataclass(frozen=True, slots=True)
class Row:
    """One number. `bare` is the part it is measured against and `ratio` number over bare, both from the same run.
    `met` None: no target, shown for what it is."""

    name: str
    number: str
    bare: str = ""
    ratio: float | None = None
    target: str = ""
    met: bool | None = FREE

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def at_least(name: str, number: float, bare: float, unit: str, *, of: str, least: float | None) -> Row:
    """More is better: `number` should be at least `least` times `bare`."""
    ratio = number / bare
    target, met = ("", None) if least is None else (f"≥ {least:g}", ratio >= least)
    return Row(name, f"{number:,.0f} {unit}", f"{bare:,.0f} {of}", ratio, target, met)


def beside(name: str, number: float, bare: float, unit: str, *, most: float | None = None) -> Row:
    """Less is better: `number` should be at most `most` times `bare`."""
    ratio = number / bare
    target, met = ("", None) if most is None else (f"≤ {most:g}", ratio <= most)
    return Row(name, f"{number:,.1f} {unit}", f"{bare:,.1f} {unit}", ratio, target, met)


def at_most(name: str, number: float, unit: str, most: float | None) -> Row:
    """Less is better, and nothing bare does the same."""
    target, met = ("", None) if most is None else (f"≤ {most:g} {unit}", number <= most)
    return Row(name, f"{number:,.1f} {unit}", target=target, met=met)


def middle(rounds: Sequence[Any], value: Callable[[Any], float]) -> float:
    """The median over the rounds."""
    return float(median(value(found) for found in rounds))


def percentile(values: Sequence[float], part: float) -> float:
    """The value that `part` (0..1) of all lie below or at."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def table(rows: Sequence[Row]) -> str:
    """Columns of one width each."""
    verdict = {True: "met", False: "MISSED", None: ""}
    cells = [("what", "number", "bare part", "ratio", "target", "")]
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        cells.append((row.name, row.number, row.bare, ratio, row.target, verdict[row.met]))
    widths = [max(len(line[column]) for line in cells) for column in range(6)]
    lines = ["  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in cells]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])
