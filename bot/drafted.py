"""What is written when an incident is over: the postmortem's draft, or the log of a drill."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.incident.events import Recorded
from bot.incident.model import Incident, Kind
from bot.lookups import Lookups

EVENTS_TOLD = 100_000
"""Events of one incident that its draft is made of: more than any has had."""


class DraftWords(Protocol):
    """How it is said. Pure; `bot.words` is it."""

    def draft(self, incident: Incident, history: Sequence[Recorded]) -> str: ...
    def drill_log(self, history: Sequence[Recorded], then: Sequence[Recorded]) -> str: ...


def drafted(lookups: Lookups, words: DraftWords, incident: Incident, through: int) -> str:
    """The text, from the events up to `through`. Reads the database: call it from a thread."""
    history = lookups.history(incident.number, upto=through, limit=EVENTS_TOLD)
    if incident.kind is not Kind.DRILL:
        return words.draft(incident, history)
    if incident.replay is None:
        return words.drill_log(history, [])
    then = lookups.incident(incident.replay.of)
    # As if it were not there, should it have become private since.
    shown = then is not None and not then.private
    past = lookups.history(incident.replay.of, limit=EVENTS_TOLD) if shown else []
    return words.drill_log(history, past)
