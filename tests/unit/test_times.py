"""Times as people type them at three in the morning, also in German, also carelessly."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.chat import times
from bot.chat.context import Context
from bot.incident.model import Refused

NIGHT = datetime(2026, 11, 27, 3, 58, tzinfo=UTC)  # a Friday, 04:58 in Berlin


def context(now=NIGHT):
    return Context(by="ana", at=now, zone="Europe/Berlin")


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def refused(ask, *args, **options):
    with pytest.raises(Refused) as caught:
        ask(*args, **options)
    return f"{caught.value.reason} {caught.value.hint}"


INSTANTS = [
    ("04:30", "2026-11-27T03:30"),
    ("4:30", "2026-11-27T03:30"),
    ("04.30", "2026-11-27T03:30"),
    ("4.30", "2026-11-27T03:30"),
    ("0430", "2026-11-27T03:30"),
    ("04:30:15", "2026-11-27T03:30:15"),
    ("04:30 Uhr", "2026-11-27T03:30"),
    ("04.30Uhr", "2026-11-27T03:30"),
    ("04:58", "2026-11-27T03:58"),
    ("23:00", "2026-11-26T22:00"),
    ("17:00", "2026-11-26T16:00"),
    ("22:30Z", "2026-11-26T22:30"),
    ("26.11. 23:00", "2026-11-26T22:00"),
    ("26.11.T23:00", "2026-11-26T22:00"),
    ("26.11.2026 23:00 Uhr", "2026-11-26T22:00"),
    ("26.11.2026, 23.00", "2026-11-26T22:00"),
    ("1.2.2025 9:05", "2025-02-01T08:05"),
    ("2026-11-26T23:00", "2026-11-26T22:00"),
    ("2026-11-26 23:00", "2026-11-26T22:00"),
    ("-10m", "2026-11-27T03:48"),
    ("–1h 30m", "2026-11-27T02:28"),
    ("now", "2026-11-27T03:58"),
]


@pytest.mark.parametrize(("text", "meant"), INSTANTS, ids=[text for text, _ in INSTANTS])
def test_a_time_is_understood(text, meant):
    assert times.instant(text, context()) == utc(meant)


@pytest.mark.parametrize(
    ("text", "now", "words"),
    [
        ("05:50", NIGHT, "05:50 is still to come today. For yesterday: `at=2026-11-26T05:50`"),
        ("0550", NIGHT, "05:50 is still to come today. For yesterday: `at=2026-11-26T05:50`"),
        ("16:57", NIGHT, "16:57 is still to come today. For yesterday: `at=2026-11-26T16:57`"),
        ("05:50:30Z", NIGHT, "05:50:30 UTC is still to come today. For yesterday: `at=2026-11-26T05:50:30Z`"),
        ("8:30", utc("2026-11-27T20:00"), "08:30 was more than 12 hours ago. For today: `at=2026-11-27T08:30`"),
        ("10m", NIGHT, "`10m` is a length of time. Did you mean `at=-10m`?"),
        ("2 h", NIGHT, "`2 h` is a length of time. Did you mean `at=-2h`?"),
        ("25:00", NIGHT, "`25:00` is not a time I understand. `help times`"),
        ("2560", NIGHT, "`2560` is not a time I understand."),
        ("26.11.23:00", NIGHT, "is not a time I understand."),
        ("26.11", NIGHT, "is not a time I understand."),
        ("31.11. 23:00", NIGHT, "is not a time I understand."),
        ("26.11. ", NIGHT, "is not a time I understand."),
        ("-10", NIGHT, "`10` is not a length of time."),
        ("Uhr", NIGHT, "is not a time I understand."),
        ("", NIGHT, "is not a time I understand."),
    ],
)
def test_a_time_that_may_mean_something_else_is_asked_about(text, now, words):
    assert words in refused(times.instant, text, context(now))


def test_the_key_in_the_answer_is_the_one_that_was_typed():
    assert "`end=2026-11-26T05:50`" in refused(times.instant, "05:50", context(), key="end")
    assert "`start=+2h`" in refused(times.instant, "2h", context(), key="start", ahead=timedelta(hours=1))


@pytest.mark.parametrize("typed", ["`at=2026-11-26T05:50`", "`at=2026-11-26T05:50:30Z`"])
def test_what_is_offered_instead_is_understood(typed):
    said = times.instant(typed.strip("`").removeprefix("at="), context())
    assert NIGHT - timedelta(days=1) < said < NIGHT


@pytest.mark.parametrize(
    ("now", "text", "meant"),
    [
        ("2027-01-02T10:00", "31.12. 23:30", "2026-12-31T22:30"),
        ("2026-12-30T10:00", "02.01. 22:00", "2027-01-02T21:00"),
        ("2027-02-01T10:00", "29.2. 10:00", "2028-02-29T09:00"),
    ],
)
def test_a_date_without_a_year_is_the_nearest_one(now, text, meant):
    assert times.instant(text, context(utc(now))) == utc(meant)


@pytest.mark.parametrize(
    ("text", "meant"),
    [("05:30", "2026-11-27T04:30"), ("04:30", "2026-11-28T03:30"), ("5.30 Uhr", "2026-11-27T04:30")],
)
def test_ahead_a_time_of_day_is_the_next_one(text, meant):
    assert times.instant(text, context(), ahead=timedelta(0)) == utc(meant)


DUE = [
    ("14d", "2026-12-11T03:58"),
    ("2026-12-01", "2026-12-01T23:59"),
    ("31.12.2026", "2026-12-31T23:59"),
    ("31.12.", "2026-12-31T23:59"),
    ("31.12", "2026-12-31T23:59"),
    ("27.11.", "2026-11-27T23:59"),
    ("1.3.", "2027-03-01T23:59"),
    ("29.2.", "2028-02-29T23:59"),
    ("today", "2026-11-27T23:59"),
    ("heute", "2026-11-27T23:59"),
    ("tomorrow", "2026-11-28T23:59"),
    ("Morgen", "2026-11-28T23:59"),
    ("übermorgen", "2026-11-29T23:59"),
    ("fri", "2026-12-04T23:59"),
    ("Friday", "2026-12-04T23:59"),
    ("mon", "2026-11-30T23:59"),
    ("Montag", "2026-11-30T23:59"),
    ("mi", "2026-12-02T23:59"),
]


@pytest.mark.parametrize(("text", "meant"), DUE, ids=[text for text, _ in DUE])
def test_a_due_date_is_understood(text, meant):
    assert times.due(text, context()) == utc(meant)


@pytest.mark.parametrize("text", ["31.11.", "31.12.26", "someday", "frida", "m", "31.02.2027", "", "31."])
def test_a_due_date_nobody_can_read_is_refused(text):
    assert "is not a date I understand. `help times`" in refused(times.due, text, context())
