"""What somebody may have meant by a name that nobody knows."""

from __future__ import annotations

from collections.abc import Iterable

LONGEST = 80
"""Characters of the word that are looked at: it may be of any length, and comparing is slow."""

BEGINNING = 4
"""Letters from which on the beginning of a name stands for it: `hypo`, but not `can` for cancel."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Of the `known` names the one that `word` is most likely a slip of, whatever the case; empty when it is of none.

    A slip is a letter that is wrong, missing, one too many, or swapped with the next; one in a word of three letters,
    two from six on, three from nine on. The beginning of a name stands for the name.
    """
    low = word.lower()[:LONGEST]
    found = [(slips, name) for name in known if (slips := _slips(low, name.lower())) is not None]
    return min(found, key=lambda one: one[0])[1] if found else ""


def _slips(word: str, name: str) -> int | None:
    """How many slips are between them; None when those are too many to be slips."""
    allowed = min(len(word), len(name)) // 3
    if len(word) >= BEGINNING and name.startswith(word):
        return min(allowed, len(name) - len(word))
    if abs(len(word) - len(name)) > allowed:
        return None
    slips = _distance(word, name)
    return slips if slips <= allowed else None


def _distance(one: str, other: str) -> int:
    """Optimal string alignment: the least number of letters to change, leave out, put in, or swap with the next."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for place, letter in enumerate(one, 1):
        above, before, row = before, row, [place]
        for column, against in enumerate(other, 1):
            least = min(before[column] + 1, row[-1] + 1, before[column - 1] + (letter != against))
            if place > 1 and column > 1 and (letter, one[place - 2]) == (other[column - 2], against):
                least = min(least, above[column - 2] + 1)
            row.append(least)
    return row[-1]
