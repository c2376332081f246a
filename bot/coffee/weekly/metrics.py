"""How long things took, as honestly as it can be told: each duration is a value of its own, and a sample of them has a size, a
median and a range. Durations of incidents are skewed and few, so nothing is averaged, and nothing is said to rise or fall
(https://www.thevoid.community/report, "MTTR"). Nothing here is counted by person. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from bot.coffee.weekly.gathered import MEASURED, Gathered
from bot.incident.model import Incident, Kind, Moment, Stamp, Status
from bot.incident.spans import ENDS, Span, both

ENOUGH = 20
"""Values that each of two samples has at least before they are set side by side: of fewer, chance alone moves the median."""

WEEK = timedelta(weeks=1)

_SAYING = frozenset({"command", "undo"})
"""Where a time comes from that somebody wrote."""

_NOTHING = frozenset({Status.TRIAGE, Status.DECLINED, Status.MERGED, Status.CANCELLED})
"""Nobody said that it is an incident of its own."""


class Evidence(StrEnum):
    """How a moment is known: an alert carries it, it is when somebody changed the status, or did something else (a `DEED`: opened it,
    acknowledged a page), or somebody `SAID` afterwards when it was, from memory or from a graph."""

    ALERT = "alert"
    STATUS = "status"
    DEED = "deed"
    SAID = "said"


@dataclass(frozen=True, slots=True)
class Took:
    """One value: incident `incident` took so long, and how both ends are known."""

    length: timedelta
    incident: int
    start: Evidence
    end: Evidence


@dataclass(frozen=True, slots=True)
class Sample:
    """The values, the shortest first, and how many there are not: `going_on` incidents may still get theirs, of `missing` ones a moment
    was never said, and `backwards` ones end before they begin."""

    took: tuple[Took, ...] = ()
    going_on: int = 0
    missing: int = 0
    backwards: int = 0

    @property
    def n(self) -> int:
        return len(self.took)

    @property
    def lengths(self) -> tuple[timedelta, ...]:
        return tuple(took.length for took in self.took)

    @property
    def left_out(self) -> int:
        """Those that are over and have no value."""
        return self.missing + self.backwards

    @property
    def median(self) -> timedelta | None:
        """The value in the middle; between the two in the middle where their number is even. None: there is none, or there are two, whose
        middle would be their mean and neither of them."""
        if self.n in (0, 2):
            return None
        low, high = self.took[(self.n - 1) // 2].length, self.took[self.n // 2].length
        return low + (high - low) / 2

    @property
    def range(self) -> tuple[timedelta, timedelta] | None:
        """The shortest and the longest. None: there is none."""
        return (self.took[0].length, self.took[-1].length) if self.took else None

    @property
    def starts(self) -> dict[Evidence, int]:
        """How the beginnings are known: how many in each way, without those in which none is."""
        return _counted(took.start for took in self.took)

    @property
    def ends(self) -> dict[Evidence, int]:
        return _counted(took.end for took in self.took)


@dataclass(frozen=True, slots=True)
class Durations:
    """One duration: the values of the week, and those of the weeks before it."""

    span: Span
    week: Sample = field(default_factory=Sample)
    before: Sample = field(default_factory=Sample)

    @property
    def comparable(self) -> bool:
        """Both medians may be told beside each other, with their numbers and ranges. Else there are too few for a trend."""
        return self.week.n >= ENOUGH and self.before.n >= ENOUGH


@dataclass(frozen=True, slots=True)
class Reported:
    """How much was told: incidents of the week, and `before` those of each whole week before it, the oldest first, from the first week in
    which there was one."""

    incidents: int
    before: tuple[int, ...] = ()

    @property
    def more(self) -> bool:
        """More incidents than in most of the weeks before. That more is told is what one wants: it says that telling is safe, and nothing
        of whether more failed. Words that show these numbers say so."""
        fewer = sum(count < self.incidents for count in self.before)
        return fewer * 2 > len(self.before)


def durations(gathered: Gathered) -> tuple[Durations, ...]:
    """Each duration that has a value, or of which one of the week was left out, in their order. Empty when the week had no incident:
    there is nothing new to show. What lies further back than `MEASURED` is not looked at."""
    counted = [incident for incident in gathered.measured if _counts(incident)]
    week = [one for one in counted if gathered.start <= _when(one) < gathered.end]
    before = [one for one in counted if gathered.end - MEASURED <= _when(one) < gathered.start]
    if not week:
        return ()
    found = (Durations(span, _sample(span, week), _sample(span, before)) for span in Span)
    return tuple(one for one in found if one.week.n or one.before.n or one.week.left_out)


def reported(gathered: Gathered) -> Reported:
    """The weeks before are counted back from the beginning, as far as `MEASURED` goes."""
    times = [_when(incident) for incident in gathered.measured if _counts(incident)]
    weeks = (MEASURED - (gathered.end - gathered.start)) // WEEK
    starts = [gathered.start - WEEK * back for back in range(weeks, 0, -1)]
    counts = [sum(start <= at < start + WEEK for at in times) for start in starts]
    first = next((place for place, count in enumerate(counts) if count), len(counts))
    return Reported(sum(gathered.start <= at < gathered.end for at in times), tuple(counts[first:]))


def _counts(incident: Incident) -> bool:
    return incident.kind in (Kind.REAL, Kind.RETRO) and incident.status not in _NOTHING


def _when(incident: Incident) -> datetime:
    """The time an incident belongs to: of one that was written down afterwards, that of which it tells."""
    began = incident.moments.get(Moment.IMPACT_START) if incident.kind is Kind.RETRO else None
    return began.at if began else incident.opened_at


def _sample(span: Span, incidents: Sequence[Incident]) -> Sample:
    took: list[Took] = []
    going_on = missing = backwards = 0
    for incident in incidents:
        start, end = both(span, incident.kind, incident.moments)
        if start is None or end is None:
            if end is None and incident.status.open:
                going_on += 1
            elif incident.kind is Kind.REAL:
                missing += 1
        elif end.at < start.at:
            backwards += 1
        else:
            evidence = (_evidence(incident, *each) for each in zip(ENDS[span], (start, end), strict=True))
            took.append(Took(end.at - start.at, incident.number, *evidence))
    took.sort(key=lambda one: (one.length, one.incident))
    return Sample(tuple(took), going_on, missing, backwards)


def _evidence(incident: Incident, moment: Moment, stamp: Stamp) -> Evidence:
    """Its source is where it came from: a page is acknowledged in one of many ways, and each is somebody's doing. What a command set is what
    somebody said, but where the command was the thing itself."""
    if stamp.source in (Evidence.ALERT, Evidence.STATUS):
        return Evidence(stamp.source)
    answered = incident.paging.answered_at if incident.paging else None
    done = {Moment.DECLARED: incident.opened_at, Moment.ACKNOWLEDGED: answered or stamp.at}
    said = stamp.source in _SAYING and stamp.at != done.get(moment)
    return Evidence.SAID if said else Evidence.DEED


def _counted(found: Iterable[Evidence]) -> dict[Evidence, int]:
    counts = Counter(found)
    return {evidence: counts[evidence] for evidence in Evidence if counts[evidence]}
