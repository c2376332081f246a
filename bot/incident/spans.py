"""Which two moments each duration is between, and how long that is said to be: one rule for the postmortem and for the weekly digest, so that
what one says the other does not contradict. Pure.

There is no second best: where the beginning is not known, neither is how long it took, and a question is a better answer than a length that
is measured from something else.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from bot.incident.terms import Kind, Moment

S = TypeVar("S")


class Span(StrEnum):
    """A duration, in the order in which an incident goes through them."""

    DETECT = "detect"
    ACKNOWLEDGE = "acknowledge"
    MITIGATE = "mitigate"
    IMPACT = "impact"
    RESOLVE = "resolve"


ENDS: Mapping[Span, tuple[Moment, Moment]] = {
    Span.DETECT: (Moment.IMPACT_START, Moment.DETECTED),
    Span.ACKNOWLEDGE: (Moment.DECLARED, Moment.ACKNOWLEDGED),
    Span.MITIGATE: (Moment.IMPACT_START, Moment.MITIGATED),
    Span.IMPACT: (Moment.IMPACT_START, Moment.IMPACT_END),
    Span.RESOLVE: (Moment.DECLARED, Moment.RESOLVED),
}
"""What each begins and ends with."""


def both(span: Span, kind: Kind, moments: Mapping[Moment, S]) -> tuple[S | None, S | None]:
    """The two of `moments` that it is between; None: not known. Of what was written down afterwards the time of writing is nothing that it
    took."""
    start, end = ENDS[span]
    written = kind is Kind.RETRO and start is Moment.DECLARED
    return None if written else moments.get(start), moments.get(end)


def minutes(start: datetime, end: datetime) -> str:
    """How long it took, the way people say it: `7 min`, `2 h 5 min`, `3 d 4 h`."""
    total = max(0, round((end - start).total_seconds() / 60))
    days, rest = divmod(total, 1440)
    hours, mins = divmod(rest, 60)
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {mins} min" if mins else f"{hours} h"
    return f"{mins} min"
