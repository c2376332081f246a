"""When something comes round: on the clocks of a zone, also when they are changed, and not on days off."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.crons import parse_cron
from bot.learning.occurrences import ByCron, Every, IsOff, Moved, Occurrences, Skipped, latest, working_days

BERLIN = ZoneInfo("Europe/Berlin")


def local(occurrences: Occurrences, after: str, count: int) -> list[str]:
    """The next ones behind a local time, as clocks in Berlin show them."""
    at = datetime.fromisoformat(after).replace(tzinfo=BERLIN).astimezone(UTC)
    found: list[str] = []
    while len(found) < count:
        comes = occurrences.after(at)
        assert comes is not None
        found.append(comes.astimezone(BERLIN).strftime("%a %Y-%m-%d %H:%M %Z"))
        at = comes
    return found


def off(*days: str) -> IsOff:
    found = {date.fromisoformat(day) for day in days}
    return lambda day: day in found


def moved(cron: str, *days: str) -> Moved:
    return Moved(ByCron(parse_cron(cron), BERLIN), BERLIN, off(*days), working_days(parse_cron(cron)))


@pytest.mark.parametrize(
    ("cron", "after", "comes"),
    [
        (
            "mon 09:00",
            "2026-10-19T09:00",
            ["Mon 2026-10-26 09:00 CET", "Mon 2026-11-02 09:00 CET", "Mon 2026-11-09 09:00 CET"],
        ),
        ("mon 09:00", "2027-03-22T08:59", ["Mon 2027-03-22 09:00 CET", "Mon 2027-03-29 09:00 CEST"]),
        # The clocks go from 02:00 to 03:00 on 28 March 2027, and from 03:00 to 02:00 on 25 October 2026.
        (
            "sun 02:30",
            "2027-03-21T02:30",
            ["Sun 2027-03-28 03:00 CEST", "Sun 2027-04-04 02:30 CEST"],
        ),
        (
            "sun 02:30",
            "2026-10-18T02:30",
            ["Sun 2026-10-25 02:30 CEST", "Sun 2026-11-01 02:30 CET"],
        ),
        ("daily 02:00", "2026-10-24T12:00", ["Sun 2026-10-25 02:00 CEST", "Mon 2026-10-26 02:00 CET"]),
        ("sun 03:00", "2026-10-18T12:00", ["Sun 2026-10-25 03:00 CET"]),
        ("sun 03:00", "2027-03-27T12:00", ["Sun 2027-03-28 03:00 CEST", "Sun 2027-04-04 03:00 CEST"]),
        ("0 9 29 2 *", "2026-11-01T00:00", ["Tue 2028-02-29 09:00 CET", "Sun 2032-02-29 09:00 CET"]),
        ("0 9 1-7 * thu", "2026-11-27T00:00", ["Thu 2026-12-03 09:00 CET", "Thu 2027-01-07 09:00 CET"]),
    ],
)
def test_a_cron_is_of_the_clocks_in_its_zone_and_each_time_they_show_comes_once(
    cron: str, after: str, comes: list[str]
) -> None:
    assert local(ByCron(parse_cron(cron), BERLIN), after, len(comes)) == comes


def test_between_the_two_times_that_the_clocks_show_half_past_two_nothing_comes_again() -> None:
    twice = ByCron(parse_cron("sun 02:30"), BERLIN)
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert twice.after(first - timedelta(seconds=1)) == first
    assert twice.after(first) == datetime(2026, 11, 1, 1, 30, tzinfo=UTC)
    assert twice.after(first + timedelta(minutes=30)) == datetime(2026, 11, 1, 1, 30, tzinfo=UTC)


def test_every_four_weeks_are_counted_on_the_wall() -> None:
    coffee = Every(timedelta(weeks=4), datetime.fromisoformat("2026-10-01T10:00"), BERLIN)
    assert local(coffee, "2026-09-01T00:00", 3) == [
        "Thu 2026-10-01 10:00 CEST",
        "Thu 2026-10-29 10:00 CET",
        "Thu 2026-11-26 10:00 CET",
    ]
    assert local(coffee, "2027-03-18T10:00", 2) == ["Thu 2027-04-15 10:00 CEST", "Thu 2027-05-13 10:00 CEST"]


def test_what_the_clocks_showed_before_they_were_set_back_has_come() -> None:
    often = Every(timedelta(minutes=30), datetime.fromisoformat("2026-10-25T00:00"), BERLIN)
    at, found = datetime(2026, 10, 24, 23, 45, tzinfo=UTC), []
    for _ in range(4):
        at = often.after(at) or at
        found.append(at.astimezone(BERLIN).strftime("%H:%M %Z"))
    assert found == ["02:00 CEST", "02:30 CEST", "03:00 CET", "03:30 CET"]
    assert often.after(datetime(2026, 10, 25, 1, 10, tzinfo=UTC)) == datetime(2026, 10, 25, 2, 0, tzinfo=UTC)
    assert often.after(datetime(2026, 10, 1, tzinfo=UTC)) == datetime(2026, 10, 24, 22, 0, tzinfo=UTC)


def test_one_that_moves_behind_the_next_one_waits_for_it() -> None:
    class Listed:
        def after(self, at: datetime) -> datetime | None:
            times = (datetime(2027, 5, 17, 15, tzinfo=UTC), datetime(2027, 5, 18, 7, tzinfo=UTC))
            return next((one for one in times if one > at), None)

    moved = Moved(Listed(), BERLIN, off("2027-05-17"), frozenset(range(5)))
    assert local(moved, "2027-05-16T00:00", 2) == ["Tue 2027-05-18 09:00 CEST", "Tue 2027-05-18 17:00 CEST"]


@pytest.mark.parametrize(
    ("cron", "days", "after", "comes"),
    [
        # Whit Monday, and Easter between Friday and Monday.
        (
            "mon 09:00",
            ["2027-05-17"],
            "2027-05-10T09:00",
            ["Tue 2027-05-18 09:00 CEST", "Mon 2027-05-24 09:00 CEST"],
        ),
        (
            "fri 09:00",
            ["2027-03-26", "2027-03-29"],
            "2027-03-19T09:00",
            ["Tue 2027-03-30 09:00 CEST", "Fri 2027-04-02 09:00 CEST"],
        ),
        # Who asks on the day off, or in the night behind it, is told of the one that moved.
        ("mon 09:00", ["2027-05-17"], "2027-05-17T12:00", ["Tue 2027-05-18 09:00 CEST"]),
        ("mon 09:00", ["2027-05-17"], "2027-05-18T08:59", ["Tue 2027-05-18 09:00 CEST"]),
        ("fri 09:00", ["2027-03-26", "2027-03-29"], "2027-03-28T12:00", ["Tue 2027-03-30 09:00 CEST"]),
        # What moves onto the next one is one with it.
        (
            "mon-fri 09:00",
            ["2027-05-17"],
            "2027-05-14T09:00",
            ["Tue 2027-05-18 09:00 CEST", "Wed 2027-05-19 09:00 CEST"],
        ),
        # A weekend is no working day, unless somebody names it.
        ("fri 09:00", ["2027-01-01"], "2026-12-31T00:00", ["Mon 2027-01-04 09:00 CET", "Fri 2027-01-08 09:00 CET"]),
        ("fri,sat 09:00", ["2027-01-01"], "2026-12-31T00:00", ["Sat 2027-01-02 09:00 CET", "Fri 2027-01-08 09:00 CET"]),
        ("sat 09:00", [], "2026-12-31T00:00", ["Sat 2027-01-02 09:00 CET"]),
        ("0 9 1 * *", [], "2027-04-30T00:00", ["Sat 2027-05-01 09:00 CEST", "Tue 2027-06-01 09:00 CEST"]),
        # Two on one day keep their times, and one that moved comes between those that did not.
        (
            "0 9,17 * * mon,tue",
            ["2027-05-17"],
            "2027-05-16T00:00",
            ["Tue 2027-05-18 09:00 CEST", "Tue 2027-05-18 17:00 CEST", "Mon 2027-05-24 09:00 CEST"],
        ),
        ("0 9 24 12 *", ["2026-12-24", "2026-12-25"], "2026-12-01T00:00", ["Mon 2026-12-28 09:00 CET"]),
        # Four that move onto one day are two.
        (
            "0 9,17 * * mon,tue",
            ["2027-05-17", "2027-05-18"],
            "2027-05-16T00:00",
            ["Wed 2027-05-19 09:00 CEST", "Wed 2027-05-19 17:00 CEST", "Mon 2027-05-24 09:00 CEST"],
        ),
        # The first instant of a day is of that day.
        ("sat 00:00", ["2027-05-15"], "2027-05-15T12:00", ["Mon 2027-05-17 00:00 CEST"]),
    ],
)
def test_what_falls_on_a_day_off_comes_on_the_next_working_day(
    cron: str, days: Sequence[str], after: str, comes: list[str]
) -> None:
    assert local(moved(cron, *days), after, len(comes)) == comes


def test_what_would_move_for_longer_than_a_month_falls_out_and_the_one_behind_it_comes() -> None:
    closed = [str(date(2027, 7, 5) + timedelta(days=day)) for day in range(35)]
    assert local(moved("mon 09:00", *closed), "2027-06-28T09:00", 2) == [
        "Mon 2027-08-09 09:00 CEST",
        "Mon 2027-08-16 09:00 CEST",
    ]


def test_what_moves_for_a_month_comes_whenever_one_asks() -> None:
    closed = [str(date(2027, 7, 5) + timedelta(days=day)) for day in range(31)]
    for asked in ("2027-07-01T00:00", "2027-07-05T12:00", "2027-08-04T12:00"):
        assert local(moved("0 9 5 7 *", *closed), asked, 1) == ["Thu 2027-08-05 09:00 CEST"]
    # A day more is too long.
    assert local(moved("0 9 5 7 *", *closed, "2027-08-05"), "2027-07-01T00:00", 1) == ["Wed 2028-07-05 09:00 CEST"]


def test_behind_the_last_one_nothing_comes() -> None:
    class Once:
        def after(self, at: datetime) -> datetime | None:
            return last if at < last else None

    last = datetime(2026, 11, 30, 8, tzinfo=UTC)
    for once in (Skipped(Once(), BERLIN, off()), Moved(Once(), BERLIN, off(), frozenset(range(5)))):
        assert (once.after(last - timedelta(days=1)), once.after(last)) == (last, None)
    assert Skipped(Once(), BERLIN, off("2026-11-30")).after(last - timedelta(days=1)) is None


def test_a_coffee_on_a_day_off_falls_out() -> None:
    weekly = ByCron(parse_cron("thu 14:00"), BERLIN)
    skipped = Skipped(weekly, BERLIN, off("2027-05-06", "2027-05-13"))
    assert local(skipped, "2027-04-29T14:00", 2) == ["Thu 2027-05-20 14:00 CEST", "Thu 2027-05-27 14:00 CEST"]
    assert Skipped(weekly, BERLIN, lambda day: True).after(datetime(2027, 1, 1, tzinfo=UTC)) is None


@given(
    minutes=st.integers(0, 730 * 24 * 60),
    days=st.frozensets(st.integers(0, 730), max_size=200),
    cron=st.sampled_from(["mon 09:00", "fri 02:30", "0 0,12 * * wed,sun", "daily 23:59"]),
)
def test_whenever_one_asks_the_next_one_is_the_same(minutes: int, days: frozenset[int], cron: str) -> None:
    held = {date(2026, 1, 1) + timedelta(days=day) for day in days}
    occurrences = Moved(ByCron(parse_cron(cron), BERLIN), BERLIN, held.__contains__, working_days(parse_cron(cron)))
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    comes = occurrences.after(at)
    assert comes is not None
    assert comes > at
    assert comes.astimezone(BERLIN).date() not in held
    assert occurrences.after(at + (comes - at) / 2) == comes
    assert occurrences.after(comes - timedelta(microseconds=1)) == comes
    later = occurrences.after(comes)
    assert later is not None
    assert later > comes


def test_the_latest_of_several() -> None:
    monday, day = ByCron(parse_cron("mon 09:00"), BERLIN), timedelta(days=1)
    at = datetime(2026, 11, 30, 8, tzinfo=UTC)
    assert latest(monday, at - 20 * day, at) == at
    assert latest(monday, at - 20 * day, at - timedelta(microseconds=1)) == at - 7 * day
    assert latest(monday, at, at + 6 * day) is None
