"""Durations are told as they are: values, medians, ranges, how each end is known, and nothing that too few values cannot say."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import bot.coffee
from bot.coffee.weekly import metrics
from bot.coffee.weekly.gathered import MEASURED, Gathered
from bot.coffee.weekly.metrics import Durations, Evidence, Reported, Sample, Took, durations, reported
from bot.incident import commands as c
from bot.incident.evolve import replay
from bot.incident.model import Incident, Kind, Moment, Stamp, Status
from bot.incident.spans import ENDS, Span
from tests.builders import record, step

END = datetime(2026, 11, 30, 8, tzinfo=UTC)
WEEK = timedelta(weeks=1)
START = END - WEEK
MINUTE = timedelta(minutes=1)

WHOLE: Mapping[Moment, float] = {
    Moment.IMPACT_START: -10,
    Moment.DETECTED: -4,
    Moment.DECLARED: 0,
    Moment.ACKNOWLEDGED: 2,
    Moment.MITIGATED: 30,
    Moment.IMPACT_END: 40,
    Moment.RESOLVED: 60,
}
"""Minutes after an incident was opened."""


def incident(
    number: int = 1,
    *,
    opened: datetime = START + timedelta(days=1),
    kind: Kind = Kind.REAL,
    status: Status = Status.RESOLVED,
    source: str = "command",
    moments: Mapping[Moment, float | None] = WHOLE,
) -> Incident:
    """One in which everything took as long as in `WHOLE`; a moment that is None is not known."""
    known = {**WHOLE, **moments}
    stamps = {moment: Stamp(opened + after * MINUTE, source) for moment, after in known.items() if after is not None}
    return Incident(number=number, opened_at=opened, kind=kind, status=status, moments=stamps)


def gathered(*measured: Incident, weeks: int = 1) -> Gathered:
    return Gathered(END - weeks * WEEK, END, measured=measured)


def by_span(*measured: Incident, weeks: int = 1) -> dict[Span, Durations]:
    return {one.span: one for one in durations(gathered(*measured, weeks=weeks))}


def test_each_duration_is_between_its_two_moments() -> None:
    found = {span: one.week.lengths for span, one in by_span(incident()).items()}
    assert found == {
        Span.DETECT: (6 * MINUTE,),
        Span.ACKNOWLEDGE: (2 * MINUTE,),
        Span.MITIGATE: (40 * MINUTE,),
        Span.IMPACT: (50 * MINUTE,),
        Span.RESOLVE: (60 * MINUTE,),
    }


@pytest.mark.parametrize(
    ("minutes", "median", "extent"),
    [
        ((), None, None),
        ((5,), 5, (5, 5)),
        ((2, 9), None, (2, 9)),
        ((600, 1, 7), 7, (1, 600)),
        ((1, 2, 4, 9000), 3, (1, 9000)),
    ],
)
def test_a_sample_has_a_number_a_median_and_a_range(
    minutes: tuple[float, ...], median: float | None, extent: tuple[float, float] | None
) -> None:
    times = [incident(n, moments={Moment.RESOLVED: after}) for n, after in enumerate(minutes, 1)]
    sample = by_span(*times)[Span.RESOLVE].week if times else Sample()
    assert sample.n == len(minutes)
    assert sample.median == (None if median is None else median * MINUTE)
    assert sample.range == (extent and (extent[0] * MINUTE, extent[1] * MINUTE))


@pytest.mark.parametrize(
    ("kind", "status", "counts"),
    [
        (Kind.REAL, Status.CLOSED, True),
        (Kind.REAL, Status.INVESTIGATING, True),
        (Kind.RETRO, Status.REVIEW, True),
        (Kind.DRILL, Status.CLOSED, False),
        (Kind.NEARMISS, Status.CLOSED, False),
        (Kind.MAINTENANCE, Status.CLOSED, False),
        (Kind.REAL, Status.TRIAGE, False),
        (Kind.REAL, Status.DECLINED, False),
        (Kind.REAL, Status.MERGED, False),
        (Kind.REAL, Status.CANCELLED, False),
    ],
)
def test_only_what_was_an_incident_of_its_own_counts(kind: Kind, status: Status, counts: bool) -> None:
    assert bool(durations(gathered(incident(kind=kind, status=status)))) is counts


def test_what_has_no_honest_value_is_left_out_and_counted() -> None:
    found = by_span(
        incident(1),
        incident(2, moments={Moment.DETECTED: -20}),
        incident(3, moments={Moment.IMPACT_START: None}),
        incident(4, moments={Moment.DETECTED: None}, status=Status.MONITORING),
    )[Span.DETECT].week
    assert (found.n, found.going_on, found.missing, found.backwards, found.left_out) == (1, 1, 1, 1, 2)


def test_what_is_said_of_an_end_whose_beginning_nobody_knows_is_left_out_also_while_it_goes_on() -> None:
    open_ = incident(status=Status.MONITORING, moments={Moment.IMPACT_START: None, Moment.RESOLVED: None})
    assert by_span(open_)[Span.DETECT].week == Sample(missing=1)


def test_what_took_no_time_at_all_is_a_value() -> None:
    at_once = incident(moments={Moment.DETECTED: -10})
    assert by_span(at_once)[Span.DETECT].week == Sample((Took(timedelta(), 1, Evidence.SAID, Evidence.SAID),))


def test_of_two_that_took_as_long_the_older_stands_first() -> None:
    took = by_span(incident(2), incident(1))[Span.RESOLVE].week.took
    assert [one.incident for one in took] == [1, 2]


def test_a_duration_that_only_weeks_before_had_is_shown() -> None:
    going_on = incident(1, status=Status.MONITORING, moments={Moment.RESOLVED: None})
    found = by_span(going_on, incident(2, opened=START - WEEK))[Span.RESOLVE]
    assert (found.week, found.before.n) == (Sample(going_on=1), 1)


def test_an_incident_that_goes_on_is_not_left_out() -> None:
    going_on = incident(status=Status.MONITORING, moments={Moment.RESOLVED: None, Moment.IMPACT_END: None})
    found = by_span(going_on)
    assert found.keys() == {Span.DETECT, Span.ACKNOWLEDGE, Span.MITIGATE}
    assert by_span(going_on, incident(2))[Span.RESOLVE].week == Sample(
        (Took(60 * MINUTE, 2, Evidence.DEED, Evidence.SAID),), going_on=1
    )


def test_of_what_was_written_down_afterwards_only_what_was_said_counts() -> None:
    """Nobody measured while it happened, and when it was written down is nothing that it took."""
    retro = incident(kind=Kind.RETRO, moments={Moment.DETECTED: None})
    found = by_span(incident(2), retro)
    assert [(span, one.week.n, one.week.left_out) for span, one in found.items()] == [
        (Span.DETECT, 1, 0),
        (Span.ACKNOWLEDGE, 1, 0),
        (Span.MITIGATE, 2, 0),
        (Span.IMPACT, 2, 0),
        (Span.RESOLVE, 1, 0),
    ]


def test_what_was_written_down_afterwards_belongs_to_the_week_in_which_it_was() -> None:
    month = -30 * 24 * 60.0
    retro = incident(1, kind=Kind.RETRO, moments={Moment.IMPACT_START: month, Moment.IMPACT_END: month + 50})
    found = by_span(retro, incident(2))[Span.IMPACT]
    assert ([one.incident for one in found.before.took], [one.incident for one in found.week.took]) == ([1], [2])


@pytest.mark.parametrize(
    ("moment", "corrected", "evidence"),
    [
        (Moment.DECLARED, False, Evidence.DEED),
        (Moment.DECLARED, True, Evidence.SAID),
        (Moment.ACKNOWLEDGED, False, Evidence.DEED),
        (Moment.ACKNOWLEDGED, True, Evidence.SAID),
        (Moment.RESOLVED, False, Evidence.STATUS),
        (Moment.RESOLVED, True, Evidence.SAID),
    ],
)
def test_a_time_that_was_corrected_by_hand_is_told_as_said(moment: Moment, corrected: bool, evidence: Evidence) -> None:
    said = [step(c.SetMoment(moment=moment, value=START + 3 * MINUTE, reason="by the graphs"))] if corrected else []
    history = record(
        step(c.Open(title="t", page="platform", rung=c.Rung("platform", 0, 0, ("ana",)))),
        step(c.Acknowledge(person="ana"), after=4),
        step(c.Resolve(), after=5),
        *said,
        start=START + MINUTE,
    )
    made = replay(7, (one.event for one in history))
    assert made
    (span,) = [each for each in (Span.ACKNOWLEDGE, Span.RESOLVE) if moment is ENDS[each][1]] or [Span.RESOLVE]
    (value,) = by_span(made)[span].week.took
    assert (value.start if moment is Moment.DECLARED else value.end) is evidence


@pytest.mark.parametrize("span", Span)
def test_a_duration_without_its_beginning_is_measured_from_nothing_else(span: Span) -> None:
    found = by_span(incident(moments={ENDS[span][0]: None}), incident(2))
    assert [took.incident for took in found[span].week.took] == [2]
    assert found[span].week.missing == 1


def test_how_each_end_is_known_is_counted() -> None:
    of_alerts = [incident(n, source="alert") for n in range(1, 4)]
    found = by_span(*of_alerts, incident(4, source="command"), incident(5, source="pagerduty"))[Span.DETECT].week
    assert found.starts == {Evidence.ALERT: 3, Evidence.DEED: 1, Evidence.SAID: 1}
    assert by_span(incident(source="status"))[Span.RESOLVE].week.ends == {Evidence.STATUS: 1}


def test_the_moments_of_a_real_history_are_known_as_they_came_about() -> None:
    opened = c.Open(
        title="Volumes slow",
        impact_start=START,
        detected=START + 3 * MINUTE,
        fired_count=2,
    )
    history = record(
        step(opened, by="", source="alert"),
        step(c.Acknowledge(person="ana", via="ntfy"), after=4),
        step(c.SetStatus(status=Status.MONITORING), after=30),
        step(c.SetMoment(moment=Moment.IMPACT_END, value=START + 40 * MINUTE), after=10),
        step(c.Resolve(), after=5),
        start=START + 5 * MINUTE,
    )
    made = replay(7, (one.event for one in history))
    assert made
    found = by_span(made)
    assert {span: (one.week.lengths, one.week.starts, one.week.ends) for span, one in found.items()} == {
        Span.DETECT: ((3 * MINUTE,), {Evidence.ALERT: 1}, {Evidence.ALERT: 1}),
        Span.ACKNOWLEDGE: ((4 * MINUTE,), {Evidence.ALERT: 1}, {Evidence.DEED: 1}),
        Span.MITIGATE: ((39 * MINUTE,), {Evidence.ALERT: 1}, {Evidence.STATUS: 1}),
        Span.IMPACT: ((40 * MINUTE,), {Evidence.ALERT: 1}, {Evidence.SAID: 1}),
        Span.RESOLVE: ((49 * MINUTE,), {Evidence.ALERT: 1}, {Evidence.STATUS: 1}),
    }


@pytest.mark.parametrize(("before", "known"), [(20, Evidence.SAID), (0, Evidence.STATUS), (-1 / 60, Evidence.STATUS)])
def test_an_end_that_is_told_with_its_time_is_said_afterwards(before: float, known: Evidence) -> None:
    """`resolve at=-20m`; and a second ahead of our clock is now."""
    now = START + 60 * MINUTE
    history = record(
        step(c.Open(title="Volumes slow"), after=0), step(c.Resolve(when=now - before * MINUTE), after=60), start=START
    )
    made = replay(7, (one.event for one in history))
    assert made
    week = by_span(made)[Span.RESOLVE].week
    assert (week.lengths, week.ends) == (((60 - max(before, 0)) * MINUTE,), {known: 1})


@pytest.mark.parametrize(
    ("opened", "side"),
    [
        (END - MEASURED - MINUTE, None),
        (END - MEASURED, "before"),
        (START - MINUTE, "before"),
        (START, "week"),
        (END - MINUTE, "week"),
        (END, None),
    ],
)
def test_a_week_begins_with_its_first_instant_and_what_is_long_ago_is_not_looked_at(
    opened: datetime, side: str | None
) -> None:
    found = by_span(incident(1), incident(2, opened=opened))[Span.RESOLVE]
    sides = {"before": found.before, "week": found.week}
    assert [name for name, sample in sides.items() if 2 in {one.incident for one in sample.took}] == [side] * bool(side)


def test_a_week_without_incidents_has_no_durations() -> None:
    assert durations(gathered(*(incident(n, opened=START - n * MINUTE) for n in range(1, 50)))) == ()


@pytest.mark.parametrize(("week", "before", "comparable"), [(20, 20, True), (19, 90, False), (90, 19, False)])
def test_medians_stand_beside_each_other_only_with_twenty_values_each(week: int, before: int, comparable: bool) -> None:
    new = [incident(n) for n in range(1, week + 1)]
    old = [incident(100 + n, opened=START - WEEK) for n in range(before)]
    found = by_span(*new, *old)[Span.RESOLVE]
    assert (found.week.n, found.before.n, found.comparable) == (week, before, comparable)


@given(st.lists(st.integers(-2_000_000, 40_000_000), max_size=60))
def test_each_incident_has_a_value_or_is_counted(seconds: list[int]) -> None:
    times = [incident(n, moments={Moment.RESOLVED: after / 60}) for n, after in enumerate(seconds, 1)]
    found = by_span(*times)
    sample = found[Span.RESOLVE].week if found else Sample()
    assert sample.n + sample.left_out == len(seconds)
    assert list(sample.lengths) == sorted(sample.lengths)
    assert (sample.median is None) is (sample.n in (0, 2))
    if sample.median is not None and sample.range is not None:
        assert sample.range[0] <= sample.median <= sample.range[1]
        assert sum(value < sample.median for value in sample.lengths) <= sample.n / 2
        assert sum(value > sample.median for value in sample.lengths) <= sample.n / 2


def test_counts_go_back_to_the_first_week_with_an_incident() -> None:
    old = [incident(n, opened=START - 5 * WEEK) for n in (1, 2)] + [incident(3, opened=START - MINUTE)]
    found = reported(Gathered(START, END, measured=(*old, incident(8))))
    assert found == Reported(incidents=1, before=(2, 0, 0, 0, 1))


@pytest.mark.parametrize(("opened", "incidents"), [(START - MINUTE, 0), (START, 1), (END - MINUTE, 1), (END, 0)])
def test_what_is_counted_is_of_the_week(opened: datetime, incidents: int) -> None:
    real, nearmiss = incident(1, opened=opened), incident(2, opened=opened, kind=Kind.NEARMISS)
    assert reported(Gathered(START, END, measured=(real, nearmiss))).incidents == incidents


def test_what_was_none_is_not_counted() -> None:
    assert reported(gathered(incident(status=Status.DECLINED), incident(2, kind=Kind.DRILL))) == Reported(0)


@pytest.mark.parametrize("weeks", [1, 3])
def test_counts_go_back_as_far_as_anything_is_measured(weeks: int) -> None:
    every = [incident(n, opened=END - n * WEEK) for n in range(1, 80)]
    found = reported(gathered(*every, weeks=weeks))
    assert (found.incidents, found.before) == (weeks, (1,) * (MEASURED // WEEK - weeks))


@pytest.mark.parametrize(
    ("found", "more"),
    [
        (Reported(0), False),
        (Reported(5), False),
        (Reported(3, (1, 1, 5)), True),
        (Reported(3, (3, 3, 1)), False),
        (Reported(3, (5, 1)), False),
    ],
)
def test_more_is_told_than_in_most_of_the_weeks_before(found: Reported, more: bool) -> None:
    assert found.more is more


UNHONEST = ("mean", "average", "avg", "fmean", "percentile", "quantile", "mttr", "mttd", "mtta", "statistics")


def named(source: str) -> set[str]:
    """Every name in code: of what is defined, called, imported or asked for."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name) | ast.alias(name=name):
                found.add(name)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.ImportFrom(module=str(name)) | ast.keyword(arg=str(name)):
                found.add(name)
            case _:
                pass
    return found


def test_nothing_is_averaged_over_coffee() -> None:
    modules = sorted(Path(bot.coffee.__file__).parent.rglob("*.py"))
    assert Path(metrics.__file__) in modules
    told = {
        f"{module.name}: {name}"
        for module in modules
        for name in named(module.read_text(encoding="utf-8"))
        if set(UNHONEST) & {*name.lower().replace(".", "_").split("_")}
    }
    assert told == set()


def test_no_duration_names_a_person() -> None:
    assert {field.name for field in fields(Took)} == {"length", "incident", "start", "end"}
