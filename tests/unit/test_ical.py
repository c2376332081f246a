"""Shifts from iCalendar files: as producers write them, across changes of the clocks, and as nobody should write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from adapters.oncall import ical
from adapters.oncall.ical import read
from adapters.oncall.lines import LONGEST, MOST_EVENTS, Unreadable
from bot.incident.model import Person
from bot.oncall.calendar import NamedShift, names_of, understood
from tests.unit import calendar_texts as texts
from tests.unit.calendar_texts import calendar

START = datetime(2026, 11, 26, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
PEOPLE = {
    "ana": Person("ana", "Ana Ruiz", email="ana@example.org"),
    "ben": Person("ben", "Ben Weiss", email="Ben@example.org"),
}


def shifts(
    body: bytes, start: datetime = START, days: int = 30, zone: ZoneInfo = BERLIN, **how: bool
) -> list[NamedShift]:
    return read(body, start, start + timedelta(days=days), zone, **how)


def times(body: bytes, start: datetime = START, days: int = 30, **how: bool) -> list[str]:
    """Each shift on the wall clock of Berlin."""
    return [
        f"{shift.start.astimezone(BERLIN):%m-%d %H:%M} - {shift.end.astimezone(BERLIN):%m-%d %H:%M}"
        for shift in shifts(body, start, days, **how)
    ]


def people(body: bytes, start: datetime = START) -> list[tuple[str, ...]]:
    return [shift.people for shift in understood(shifts(body, start), names_of(PEOPLE, "ics")).shifts]


def test_google_has_series_with_exceptions_and_a_moved_day() -> None:
    november = datetime(2026, 11, 1, tzinfo=UTC)
    assert times(texts.GOOGLE, november, 40) == [
        "11-02 09:00 - 11-09 09:00",
        "11-09 09:00 - 11-16 09:00",
        "11-17 09:00 - 11-23 09:00",
    ]
    assert people(texts.GOOGLE, november) == [("ana",), ("ben",), ("ana",)]


def test_exchange_names_its_zones_as_windows_does_and_cancels_one_day_of_a_series() -> None:
    found = times(texts.EXCHANGE, datetime(2026, 11, 10, tzinfo=UTC), 60)
    assert found == ["11-16 09:00 - 11-20 17:00", "11-30 09:00 - 12-04 17:00", "12-14 09:00 - 12-18 17:00"]
    assert set(people(texts.EXCHANGE)) == {("ana",)}


def test_nextcloud_s_days_are_those_of_the_schedule_and_who_declined_is_not_on_call() -> None:
    assert times(texts.NEXTCLOUD) == ["11-28 00:00 - 11-30 00:00"]
    assert people(texts.NEXTCLOUD) == [("ana",)]
    # The room is nobody, and no stranger.
    assert understood(shifts(texts.NEXTCLOUD), names_of(PEOPLE, "ics")).unknown == ()
    (shift,) = shifts(texts.NEXTCLOUD, zone=ZoneInfo("America/New_York"))
    assert shift.start == datetime(2026, 11, 28, 5, tzinfo=UTC)


@pytest.mark.parametrize("name", ["PAGERDUTY", "OPSGENIE", "GRAFANA"])
def test_the_services_put_the_person_into_the_summary_with_words_around(name: str) -> None:
    body = getattr(texts, name)
    assert people(body) == [("ana",)]
    assert times(body)[0].startswith("11-27 17:00 - ")


def test_goalert_s_file_names_nobody_and_that_is_told() -> None:
    found = understood(shifts(texts.GOALERT), names_of(PEOPLE, "ics"))
    assert found.shifts == ()
    assert found.unknown == ("On-Call (GoAlert: Platform)",)


@pytest.mark.parametrize(
    ("summary", "ids"),
    [
        ("ana", ("ana",)),
        ("ANA@example.org", ("ana",)),
        ("ana, Ben Weiss", ("ana", "ben")),
        ("Ana Ruiz & ben", ("ana", "ben")),
        ("ana and ben", ("ana", "ben")),
        ("Ana Ruiz (on call)", ("ana",)),
        ("On call: Ana  Ruiz", ("ana",)),
        ("Roland, ana", ("ana",)),
    ],
)
def test_who_is_meant_by_a_summary(summary: str, ids: tuple[str, ...]) -> None:
    assert people(calendar(f"DTSTART:20261127T090000Z\nDTEND:20261127T100000Z\nSUMMARY:{summary}")) == [ids]


# The clocks change


def test_a_daily_hand_over_keeps_its_time_of_day_when_the_clocks_go_back() -> None:
    body = calendar(
        "DTSTART;TZID=Europe/Berlin:20261023T090000\nDTEND;TZID=Europe/Berlin:20261024T090000\nRRULE:FREQ=DAILY;COUNT=4\nSUMMARY:ana"
    )
    found = shifts(body, datetime(2026, 10, 20, tzinfo=UTC))
    assert [shift.start.hour for shift in found] == [7, 7, 8, 8]
    # The day of the change has an hour more; the shift that began before it is as long as the first one was.
    assert [(shift.end - shift.start) / timedelta(hours=1) for shift in found] == [24, 25, 24, 24]


def test_a_daily_hand_over_keeps_its_time_of_day_when_the_clocks_go_forward() -> None:
    body = calendar(
        "DTSTART;TZID=Europe/Berlin:20270326T090000\nDTEND;TZID=Europe/Berlin:20270327T090000\nRRULE:FREQ=DAILY;COUNT=4\nSUMMARY:ana"
    )
    found = shifts(body, datetime(2027, 3, 20, tzinfo=UTC))
    assert [shift.start.hour for shift in found] == [8, 8, 7, 7]
    assert [(shift.end - shift.start) / timedelta(hours=1) for shift in found] == [24, 23, 24, 24]


def test_a_zone_that_only_the_calendar_knows_changes_its_clocks_as_it_says() -> None:
    head = texts.VTIMEZONE.format(tzid="(UTC+01:00) Our own")
    body = calendar(
        'DTSTART;TZID="(UTC+01:00) Our own":20261023T090000\nDURATION:PT8H\nRRULE:FREQ=WEEKLY;COUNT=2\nSUMMARY:ana',
        head=head,
    )
    assert times(body, datetime(2026, 10, 20, tzinfo=UTC)) == ["10-23 09:00 - 10-23 17:00", "10-30 09:00 - 10-30 17:00"]


def test_a_day_that_is_left_out_is_left_out_by_its_own_zone() -> None:
    series = "DTSTART;TZID=Europe/Berlin:20261127T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=4\nSUMMARY:ana"
    everywhere = "EXDATE;TZID=America/New_York:20261128T030000\nEXDATE:20261129T080000Z"
    assert times(calendar(f"{series}\n{everywhere}")) == ["11-27 09:00 - 11-27 10:00", "11-30 09:00 - 11-30 10:00"]


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ("DTSTART:20261127T090000\nDTEND:20261127T170000", ["11-27 09:00 - 11-27 17:00"]),
        ("DTSTART;VALUE=DATE:20261127", ["11-27 00:00 - 11-28 00:00"]),
        ("DTSTART;VALUE=DATE:20261127\nDURATION:P2D", ["11-27 00:00 - 11-29 00:00"]),
        ("DTSTART:20261127T080000Z\nDURATION:PT30M", ["11-27 09:00 - 11-27 09:30"]),
        ("DTSTART:20261127T080000Z", []),
        ("DTSTART:20261127T080000Z\nDTEND:20261127T090000Z\nSTATUS:CANCELLED", []),
        ("DTSTART:20261127T080000Z\nDTEND:20261127T090000Z\nTRANSP:TRANSPARENT", []),
        (
            "DTSTART:20261127T080000Z\nDTEND:20261127T090000Z\nRDATE:20261201T080000Z,20261203T080000Z",
            ["11-27 09:00 - 11-27 10:00", "12-01 09:00 - 12-01 10:00", "12-03 09:00 - 12-03 10:00"],
        ),
        (
            "DTSTART:20261127T080000Z\nDTEND:20261127T090000Z\nRDATE;VALUE=PERIOD:20261201T080000Z/PT3H",
            ["11-27 09:00 - 11-27 10:00", "12-01 09:00 - 12-01 12:00"],
        ),
        (
            "DTSTART;TZID=/example.org/Europe/Berlin:20261127T090000\nDURATION:PT1H",
            ["11-27 09:00 - 11-27 10:00"],
        ),
        ("DTSTART;TZID=Europe/Berlin:20260101T000000\nDTEND:99991231T235959Z", ["01-01 00:00 - 01-02 00:59"]),
        (
            "DTSTART;TZID=Europe/Berlin:20261127T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20261128T090000",
            ["11-27 09:00 - 11-27 10:00", "11-28 09:00 - 11-28 10:00"],
        ),
        ("DTSTART:99991230T090000Z\nDTEND:99991231T235959Z", []),
        (
            "DTSTART:20261127T080000Z\nDTEND:20261127T090000Z\nRRULE:FREQ=DAILY;COUNT=1000000000;INTERVAL=1000",
            ["11-27 09:00 - 11-27 10:00"],
        ),
    ],
    ids=lambda value: value.replace("\n", " ")[:60] if isinstance(value, str) else "",
)
def test_times_of_every_kind(event: str, expected: list[str]) -> None:
    assert times(calendar(f"{event}\nSUMMARY:ana")) == expected


def test_what_is_marked_as_free_counts_when_somebody_says_so() -> None:
    body = calendar("DTSTART:20261127T080000Z\nDTEND:20261127T090000Z\nTRANSP:TRANSPARENT\nSUMMARY:ana")
    assert times(body, free=True) == ["11-27 09:00 - 11-27 10:00"]


def test_from_one_day_on_a_series_may_be_another_one() -> None:
    body = calendar(
        "DTSTART:20261127T080000Z\nDTEND:20261127T090000Z\nRRULE:FREQ=DAILY;COUNT=4\nSUMMARY:ana",
        "RECURRENCE-ID;RANGE=THISANDFUTURE:20261129T080000Z\nDTSTART:20261129T100000Z\nDTEND:20261129T120000Z\nSUMMARY:ben",
        uids=("one", "one"),
    )
    assert times(body) == [
        "11-27 09:00 - 11-27 10:00",
        "11-28 09:00 - 11-28 10:00",
        "11-29 11:00 - 11-29 13:00",
        "11-30 11:00 - 11-30 13:00",
    ]
    assert people(body) == [("ana",), ("ana",), ("ben",), ("ben",)]


def test_a_day_of_a_series_that_moved_into_the_time_that_is_asked_for_is_found() -> None:
    body = calendar(
        "DTSTART:20260601T080000Z\nDTEND:20260602T080000Z\nRRULE:FREQ=DAILY;COUNT=2\nSUMMARY:ana",
        "RECURRENCE-ID:20260602T080000Z\nDTSTART:20261128T080000Z\nDTEND:20261129T080000Z\nSUMMARY:ben",
        uids=("one", "one"),
    )
    assert times(body) == ["11-28 09:00 - 11-29 09:00"]


def test_only_what_overlaps_the_time_that_is_asked_for_is_told() -> None:
    body = calendar("DTSTART:20261120T000000Z\nDURATION:P1D\nRRULE:FREQ=DAILY\nSUMMARY:ana")
    found = shifts(body, days=2)
    assert [(shift.start, shift.end) for shift in found] == [
        (START, START + timedelta(days=1)),
        (START + timedelta(days=1), START + timedelta(days=2)),
    ]


def test_a_day_far_from_utc_is_found_where_it_overlaps_only_there() -> None:
    body = calendar("DTSTART;VALUE=DATE:20261125\nSUMMARY:ana")
    (shift,) = shifts(body, zone=ZoneInfo("Pacific/Honolulu"))
    assert shift.end == START + timedelta(hours=10)
    assert shifts(body, zone=ZoneInfo("UTC")) == []


def test_two_calendars_in_one_file_are_one() -> None:
    one = calendar("DTSTART:20261127T080000Z\nDURATION:PT1H\nSUMMARY:ana")
    assert len(shifts(one + one.replace(b"20261127", b"20261128"))) == 2


def test_what_is_not_needed_may_be_as_broken_as_it_likes() -> None:
    body = calendar(
        "DTSTART:20261127T080000Z\nDURATION:PT1H\nSUMMARY:ana\nDESCRIPTION;;=:\nX-FOO\n\n=nonsense\nATTACH:"
        + "x" * 300_000
    )
    assert len(shifts(body)) == 1


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf\r\n", "is empty"),
        (b"<!DOCTYPE html><html><body>Log in</body></html>", "is a web page; check the address"),
        (b'{"Shifts": []}', "is none: it has no BEGIN:VCALENDAR"),
        (
            b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20261127T080000Z\r\n",
            "ends in the middle: END:VEVENT is missing",
        ),
        (b"END:VCALENDAR\r\n", "has an END:VCALENDAR that belongs to nothing"),
        (calendar("SUMMARY:Anas Schicht"), "has an event (Anas Schicht) without DTSTART"),
        (calendar("DTSTART:soon\nSUMMARY:ana"), "has an event (ana) with a DTSTART that cannot be read"),
        (calendar("DTSTART:20261127T080000Z\nEXDATE:soon\nSUMMARY:ana"), "with a EXDATE that cannot be read"),
        (
            calendar("DTSTART:20261127T080000Z\nDTSTART:20261128T080000Z"),
            "(without SUMMARY) with more than one DTSTART",
        ),
        (calendar("DTSTART:20261127T080000Z\nDTEND:20261126T080000Z"), "that ends before it begins"),
        (calendar("DTSTART:20261127T080000Z\nDURATION:-PT1H"), "that ends before it begins"),
        (calendar("DTSTART;VALUE=DATE:20261127\nDTEND:20261128T080000Z"), "begins with a day and ends with a time"),
        (calendar("DTSTART;TZID=Mars/Olympus:20261127T080000"), "in the time zone Mars/Olympus, which nobody knows"),
        (calendar("DTSTART:20261127T080000Z\nRRULE:FREQ=DAILY\nEXDATE;TZID=Mars:20261128T080000"), "zone Mars, which"),
        (
            calendar("DTSTART:20261127T080000", head="X-WR-TIMEZONE:Mars/Olympus\n"),
            "time zone (X-WR-TIMEZONE) that nobody",
        ),
        (calendar("DTSTART:20261127T080000Z\nDURATION:PT1H\nRRULE:FREQ=SECONDLY"), "that repeats SECONDLY; HOURLY is"),
        (calendar("DTSTART:20261127T080000Z\nDURATION:PT1H\nRRULE:FREQ=MINUTELY"), "that repeats MINUTELY; HOURLY is"),
        (calendar("DTSTART:20261127T080000Z\nDURATION:PT1H\nRRULE:COUNT=3"), "that repeats without FREQ"),
        (calendar("DTSTART:20261127T080000Z\nDURATION:P999999999D\nRRULE:FREQ=DAILY"), "that cannot be counted with"),
        (
            calendar("DTSTART:20261127T080000Z\nDURATION:PT1H\nRRULE:FREQ=MONTHLY;BYDAY=MO;BYSETPOS=400"),
            "has an event that repeats in a way that cannot be followed",
        ),
        (
            calendar("DTSTART:20261127T080000Z\nSUMMARY:" + "a" * LONGEST),
            "has a SUMMARY of more than 200000 characters",
        ),
        (
            calendar(
                "DTSTART;TZID=Mine:20261127T080000",
                head=texts.VTIMEZONE.format(tzid="Mine").replace("YEARLY", "HOURLY"),
            ),
            "has a time zone whose clocks change more often than yearly",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_understood_is_refused_whole_and_named(body: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as refused:
        shifts(body)
    assert reason in str(refused.value)
    assert len(str(refused.value)) < 350


def test_more_events_than_people_could_have_are_refused() -> None:
    body = calendar(*["DTSTART:20261127T080000Z"] * (MOST_EVENTS + 1))
    with pytest.raises(Unreadable, match="has more than 20000 events"):
        shifts(body)


def test_more_shifts_than_people_could_have_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ical, "MOST_SHIFTS", 1000)
    body = calendar(*["DTSTART:20261126T000000Z\nDURATION:PT1H\nRRULE:FREQ=HOURLY\nSUMMARY:ana"] * 2)
    assert len(shifts(body, days=5)) == 240
    with pytest.raises(Unreadable, match="has more than 1000 shifts in 30 days"):
        shifts(body)


def test_names_that_are_repeated_without_end_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ical, "MOST_SAID", 1000)
    people = ",".join(f"{number:02d}{'x' * 18}" for number in range(10))
    body = calendar(f"DTSTART:20261126T080000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY\nSUMMARY:{people}")
    assert len(shifts(body, days=5)) == 5
    with pytest.raises(Unreadable, match="has names of more than 1000 characters in 30 days"):
        shifts(body)


def test_however_deep_something_unknown_is_nested_it_is_passed_over() -> None:
    deep = b"BEGIN:X-A\r\n" * 20_000 + b"END:X-A\r\n" * 20_000
    body = calendar("DTSTART:20261127T080000Z\nDURATION:PT1H\nSUMMARY:ana").replace(
        b"END:VCALENDAR", deep + b"END:VCALENDAR"
    )
    assert len(shifts(body)) == 1
