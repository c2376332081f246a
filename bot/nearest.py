"""What somebody may have meant by a name that nobody knows."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

LONGEST = 80
"""Characters of the word that are looked at: it may be of any length, and comparing is slow."""


def nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """Of the `known` names the one most like `word`, whatever the case; empty when none is alike enough (`cutoff`, 1.0:
    the same)."""
    names = {name.lower(): name for name in known}
    found = get_close_matches(word.lower()[:LONGEST], names, n=1, cutoff=cutoff)
    return names[found[0]] if found else ""
