"""Which incident a line is about that names none and is typed outside a room: one rule, by verb.

    ack                    where whoever typed is being paged, else where paging waits, else where they were asked
    accept, decline        what is in triage
    close, reopen, pm      what is resolved or in review: what is open cannot be closed or reopened, and its postmortem
                           comes after its end
    followup               the same, unless somebody works on an open one: that is where it came to mind
    all, also these when
    there is none such     what is open, and when nothing is, what is resolved or in review

It is implied when it is the only one. Exercises, planned work and near misses count only where nothing else is: no drill
and no maintenance tonight may stand between somebody who was woken and `ack`. Of several none is guessed; who typed is
shown them, and their line with the likeliest one in front.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.chat.line import shown
from bot.incident.model import Incident, Kind, Refused, Status

COUNTING = frozenset({Kind.REAL, Kind.RETRO})
LISTED = 5
TITLE = 40
"""Characters of a title in a list of those that may be meant."""

WHOLE = 200
"""Characters up to which an example repeats the whole line that was typed."""


def among(verb: str, by: str, open: Sequence[Incident], unclosed: Sequence[Incident]) -> list[Incident]:
    """Those that `by` may mean with this verb, the likeliest first: what counts, then the worst, then the newest.

    `unclosed` are resolved or in review."""
    found = _own(verb, by, open, unclosed) or open or unclosed
    return sorted(found, key=lambda one: (one.kind not in COUNTING, one.severity, -one.number))


def implied(among: Sequence[Incident]) -> Incident | None:
    """The one that is meant without being named; None when there is none, or several."""
    counting = [one for one in among if one.kind in COUNTING] or among
    return counting[0] if len(counting) == 1 else None


def _own(verb: str, by: str, open: Sequence[Incident], unclosed: Sequence[Incident]) -> Sequence[Incident]:
    match verb:
        case "ack":
            waiting = [one for one in open if one.paging and one.paging.waiting]
            return _asked(by, waiting) or waiting or _asked(by, open)
        case "accept" | "decline":
            return [one for one in open if one.status is Status.TRIAGE]
        case "close" | "reopen" | "pm":
            return unclosed
        case "followup":
            return [] if any(one.status.active and one.kind is not Kind.MAINTENANCE for one in open) else unclosed
        case _:
            return []


def _asked(by: str, incidents: Sequence[Incident]) -> list[Incident]:
    return [one for one in incidents if one.paging and by in (*one.paging.asked, *one.paging.people)]


def which(among: Sequence[Incident], line: str) -> Refused:
    """The refusal of a `line` that may be about several."""
    if among[0].status.open:
        reason, are = "Several incidents are open; say which one you mean.", "Open"
    else:
        reason, are = "Several incidents wait to be closed; say which one you mean.", "Waiting"
    listed = ", ".join(_named(one) for one in among[:LISTED])
    more = f" and {len(among) - LISTED} more" if len(among) > LISTED else ""
    ref = among[0].ref
    then = f"For example: `{ref} {line}`" if repeatable(line) else f"Put `{ref}` in front of your line."
    return Refused(reason, f"{are}: {listed}{more}; `list` tells more. {then}")


def _named(incident: Incident) -> str:
    kind = "" if incident.kind is Kind.REAL else f", {incident.kind}"
    return f"{incident.ref} ({incident.severity}{kind}, {shown(incident.title, TITLE)})"


def repeatable(line: str) -> bool:
    """Whether an example may repeat the `line` as it was typed."""
    return len(line) <= WHOLE and not set(line) & {"`", "\n"}
