"""What the check finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

LANGUAGES = ("en", "de")


class Class(StrEnum):
    """Why some words are worth a second look."""

    COUNTERFACTUAL = "counterfactual"
    """What did not happen, as the measure of what did."""
    NORMATIVE = "normative"
    """A judgement in place of an observation."""
    HUMAN_CAUSE = "human_cause"
    """Somebody's slip as the explanation."""
    NAMING = "naming"
    """One of these about somebody by name."""
    SINGLE_CAUSE = "single_cause"
    """One cause where there were several conditions."""
    ANIMATED = "animated"
    """Loud words in place of a number."""
    PRESCRIPTIVE = "prescriptive"
    """A measure for people in place of one for the system."""
    HINDSIGHT = "hindsight"
    """What was clear only afterwards."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`words` stand at `line` and `column` (both from 1, in characters); `ask` is what to ask or write instead."""

    line: int
    column: int
    words: str
    class_: Class
    ask: str
