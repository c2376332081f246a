"""Which week somebody means."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.coffee.weekly.period import WEEK, period
from bot.incident.model import Refused

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 27, 20, 15, tzinfo=UTC)
"""A Friday of week 48."""


@pytest.mark.parametrize(
    ("week", "start", "end"),
    [
        ("2026-W47", "2026-11-16T00:00+01:00", "2026-11-23T00:00+01:00"),
        ("2026w47", "2026-11-16T00:00+01:00", "2026-11-23T00:00+01:00"),
        ("W47", "2026-11-16T00:00+01:00", "2026-11-23T00:00+01:00"),
        ("47", "2026-11-16T00:00+01:00", "2026-11-23T00:00+01:00"),
        # Of the week that runs, what there is of it; of one without a year the last that began.
        ("W48", "2026-11-23T00:00+01:00", "2026-11-27T21:15+01:00"),
        ("W49", "2025-12-01T00:00+01:00", "2025-12-08T00:00+01:00"),
        # Weeks in which the clocks change are an hour longer or shorter.
        ("2026-W43", "2026-10-19T00:00+02:00", "2026-10-26T00:00+01:00"),
        ("2026-W13", "2026-03-23T00:00+01:00", "2026-03-30T00:00+02:00"),
        # Around New Year.
        ("2020-W53", "2020-12-28T00:00+01:00", "2021-01-04T00:00+01:00"),
        ("2026-W01", "2025-12-29T00:00+01:00", "2026-01-05T00:00+01:00"),
    ],
)
def test_a_week_is_that_of_the_calendar_in_the_team_s_zone(week: str, start: str, end: str) -> None:
    assert period(week, NOW, BERLIN) == (datetime.fromisoformat(start), datetime.fromisoformat(end))


def test_without_a_year_week_53_is_that_of_the_last_year_that_had_one() -> None:
    january = datetime(2027, 1, 20, 12, tzinfo=UTC)
    assert period("W53", january, BERLIN) == period("2026-W53", january, BERLIN)
    with pytest.raises(Refused, match=r"2027 has no week 53\."):
        period("2027-W53", january, BERLIN)
    with pytest.raises(Refused, match=r"2026 has no week 53\."):
        period("W53", NOW, BERLIN)


def test_without_one_it_is_the_seven_days_until_now() -> None:
    assert period("", NOW, BERLIN) == (NOW - WEEK, NOW)


@pytest.mark.parametrize(
    ("week", "said"),
    [
        ("2026-W49", "Week 2026-W49 is yet to come."),
        ("2025-W53", "2025 has no week 53."),
        ("W0", "2026 has no week 0."),
        ("W54", "2026 has no week 54."),
        ("0000-W01", "Nothing is known of 0."),
        ("0001-W01", "Nothing is known of 1."),
        ("9999-W52", "Nothing is known of 9999."),
        ("2027-W01", "Week 2027-W01 is yet to come."),
        ("last", "`last` is no week."),
        ("2026-11-27", "`2026-11-27` is no week."),
        ("9" * 50, "`" + "9" * 39 + "…` is no week."),
    ],
)
def test_what_is_no_week_yet_is_refused_with_an_example(week: str, said: str) -> None:
    with pytest.raises(Refused) as refused:
        period(week, NOW, BERLIN)
    hint = "Write it like `week=2026-W47`, or leave it out for the last seven days."
    assert (refused.value.reason, refused.value.hint) == (said, hint)


@given(week=st.one_of(st.text(max_size=12), st.from_regex(r"[0-9]{0,4}-?[wW]?[0-9]{0,3}", fullmatch=True)))
def test_whatever_stands_there_is_a_time_before_now_or_refused(week: str) -> None:
    try:
        start, end = period(week, NOW, BERLIN)
    except Refused:
        return
    assert start < end <= NOW
