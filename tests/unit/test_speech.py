"""Dates, lengths and lists as people of each language write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.coffee.speech import LANGUAGES, Speech
from bot.incident.model import Status
from bot.oncall.load import Hours

BERLIN = ZoneInfo("Europe/Berlin")
EN, DE = (Speech(LANGUAGES[name], BERLIN) for name in ("en", "de"))

LENGTHS = [
    (0, "0 min", "0 Min."),
    (7, "7 min", "7 Min."),
    (60, "1 h", "1 Std."),
    (125, "2 h 5 min", "2 Std. 5 Min."),
    (1439.6, "1 d", "1 Tg."),
    (1440 + 61, "1 d 1 h", "1 Tg. 1 Std."),
    (-5, "0 min", "0 Min."),
]


@pytest.mark.parametrize(("minutes", "english", "german"), LENGTHS)
def test_lengths(minutes: float, english: str, german: str) -> None:
    length = timedelta(minutes=minutes)
    assert (EN.length(length), DE.length(length)) == (english, german)


def test_dates_are_those_of_the_zone() -> None:
    at = datetime(2027, 3, 28, 22, 30, tzinfo=UTC)
    assert (EN.when(at), DE.when(at)) == ("Mon 29 Mar 00:30", "Mo 29. März, 00:30")
    assert EN.until(at, at + timedelta(hours=2)) == "Mon 29 Mar 00:30 – 02:30"
    assert DE.until(at - timedelta(hours=1), at) == "So 28. März, 23:30 – Mo 29. März, 00:30"


@pytest.mark.parametrize("speech", [EN, DE])
def test_every_month_weekday_hour_and_open_status_has_its_word(speech: Speech) -> None:
    days = {speech.day(datetime(2026, month, 15, tzinfo=UTC)).split()[-1] for month in range(1, 13)}
    assert len(days) == 12
    assert len({speech.day(datetime(2026, 11, day, tzinfo=UTC)).split()[0] for day in range(2, 9)}) == 7
    assert set(speech.language.hours) == set(Hours)
    shown = {status for status in Status if status.open} | {Status.RESOLVED, Status.REVIEW, Status.CLOSED}
    assert set(speech.language.statuses) == shown


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
