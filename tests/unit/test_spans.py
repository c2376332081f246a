"""How long something took is the same in the postmortem and in the weekly digest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from bot.coffee.weekly.gathered import Gathered
from bot.coffee.weekly.metrics import durations
from bot.incident.evolve import replay
from bot.incident.model import Incident, Kind, Moment, Stamp
from bot.incident.spans import ENDS, Span, both
from bot.postmortem.facts import Stamped
from bot.postmortem.gather import facts
from bot.postmortem.response import gaps
from tests.builders import PEOPLE
from tests.stories import volumes_slow

AT = datetime(2026, 11, 25, 13, 50, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WHOLE = {moment: AT + n * MINUTE for n, moment in enumerate(Moment)}

GAPS = {
    Span.DETECT: "detection",
    Span.ACKNOWLEDGE: "acknowledge",
    Span.MITIGATE: "mitigate",
    Span.IMPACT: "impact",
    Span.RESOLVE: "resolve",
}


def in_the_draft(kind: Kind, moments: Mapping[Moment, datetime]) -> dict[Span, timedelta]:
    stamped = {moment: Stamped(at, "command", "", f"e{n}") for n, (moment, at) in enumerate(moments.items(), 1)}
    found = gaps(kind, stamped, ())
    return {span: cited.value for span, name in GAPS.items() if (cited := getattr(found, name))}


def in_the_digest(kind: Kind, moments: Mapping[Moment, datetime]) -> dict[Span, timedelta]:
    stamps = {moment: Stamp(at, "command") for moment, at in moments.items()}
    one = Incident(7, AT, kind=kind, moments=stamps)
    found = durations(Gathered(AT - timedelta(days=1), AT + timedelta(days=1), measured=(one,)))
    return {each.span: each.week.lengths[0] for each in found if each.week.n}


@pytest.mark.parametrize("kind", [Kind.REAL, Kind.RETRO])
@pytest.mark.parametrize("missing", [None, *Moment])
def test_draft_and_digest_know_the_same_lengths(missing: Moment | None, kind: Kind) -> None:
    moments = {moment: at for moment, at in WHOLE.items() if moment is not missing}
    known = in_the_draft(kind, moments)
    assert known == in_the_digest(kind, moments)
    written = {Span.ACKNOWLEDGE, Span.RESOLVE} if kind is Kind.RETRO else set()
    assert known.keys() == {span for span in Span if missing not in ENDS[span]} - written


def test_what_is_mitigated_with_no_known_beginning_took_nobody_knows_how_long() -> None:
    moments = {moment: at for moment, at in WHOLE.items() if moment is not Moment.IMPACT_START}
    assert both(Span.MITIGATE, Kind.REAL, moments) == (None, moments[Moment.MITIGATED])
    assert Span.MITIGATE not in in_the_draft(Kind.REAL, moments)


def test_a_whole_story_is_told_alike() -> None:
    history = volumes_slow()
    incident = replay(7, (one.event for one in history))
    assert incident
    drafted = facts(history, people=PEOPLE).gaps
    told = {span: cited.value for span, name in GAPS.items() if (cited := getattr(drafted, name))}
    assert told
    assert told == in_the_digest(incident.kind, {moment: stamp.at for moment, stamp in incident.moments.items()})
