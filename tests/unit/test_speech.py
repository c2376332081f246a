"""Dates, lengths and lists as people of each language write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.coffee.weekly.metrics import Evidence, Sample, Took
from bot.coffee.weekly.speech import LEXICA, Speech
from bot.incident.hours import Hours
from bot.incident.model import Status

BERLIN = ZoneInfo("Europe/Berlin")
EN, DE = (Speech(LEXICA[name], BERLIN) for name in ("en", "de"))


def test_dates_are_those_of_the_zone() -> None:
    at = datetime(2027, 3, 28, 22, 30, tzinfo=UTC)
    assert (EN.when(at), DE.when(at)) == ("Mon 29 Mar 00:30", "Mo 29. März, 00:30")
    assert EN.until(at, at + timedelta(hours=2)) == "Mon 29 Mar 00:30 – 02:30"
    assert DE.until(at - timedelta(hours=1), at) == "So 28. März, 23:30 – Mo 29. März, 00:30"


def test_a_period_says_its_hour_once_where_it_is_the_same_and_whose_clocks_are_meant() -> None:
    start, end = datetime(2027, 3, 22, 8, tzinfo=UTC), datetime(2027, 3, 29, 7, tzinfo=UTC)
    assert EN.period(start, end) == "Mon 22 Mar – Mon 29 Mar, 09:00 (Europe/Berlin)"
    assert DE.period(start, end) == "Mo 22. März – Mo 29. März, 09:00 (Europe/Berlin)"
    assert EN.period(start, end + timedelta(hours=1)) == "Mon 22 Mar 09:00 – Mon 29 Mar 10:00 (Europe/Berlin)"


@pytest.mark.parametrize("speech", [EN, DE])
def test_every_month_weekday_hour_and_open_status_has_its_word(speech: Speech) -> None:
    days = {speech.day(datetime(2026, month, 15, tzinfo=UTC)).split()[-1] for month in range(1, 13)}
    assert len(days) == 12
    assert len({speech.day(datetime(2026, 11, day, tzinfo=UTC)).split()[0] for day in range(2, 9)}) == 7
    assert set(speech.words.evidence) == set(Evidence)
    shown = {status for status in Status if status.open} | {Status.RESOLVED, Status.REVIEW, Status.CLOSED}
    assert set(speech.words.statuses) == shown


def test_counts_weeks_and_names() -> None:
    assert [EN.count(n, "page", "pages") for n in (0, 1, 2)] == ["0 pages", "1 page", "2 pages"]
    assert [DE.weeks(weeks) for weeks in ((53, 53), (52, 1))] == ["KW 53", "KW 52–1"]
    assert [EN.weeks(weeks) for weeks in ((53, 53), (52, 1))] == ["Week 53", "Weeks 52–1"]
    assert [DE.names(names, str.title) for names in ((), ("a",), ("a", "b"), ("a", "b", "c"))] == [
        "",
        "A",
        "A und B",
        "A, B und C",
    ]
    assert DE.names(tuple("abcdefg"), str.title) == "A, B, C, D, E, F und G"
    assert EN.names(tuple("abcdefgh"), str.title) == "A, B, C, D, E, F and 2 others"


def test_samples_say_how_many_and_never_more_than_is_known() -> None:
    def took(minutes: int, end: Evidence = Evidence.STATUS) -> Took:
        return Took(timedelta(minutes=minutes), minutes, Evidence.ALERT, end)

    three = Sample((took(7), took(60), took(125, Evidence.SAID)))
    assert EN.sample(three) == "n = 3, median 1 h, from 7 min to 2 h 5 min"
    assert [DE.sample(sample) for sample in (Sample((took(7),)), Sample())] == ["n = 1, 7 min", "n = 0"]
    assert EN.evidence(three.ends) == "2× from changes of the status, 1× said afterwards"


def test_hours_without_a_page_are_not_said() -> None:
    hours = {Hours.BUSINESS: 3, Hours.OFF: 0, Hours.SLEEP: 1}
    assert EN.hours(hours) == "3 in business hours, 1 in sleep hours"
    assert DE.hours(hours) == "3 in der Arbeitszeit, 1 nachts"
