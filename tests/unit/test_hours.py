"""Hours as people write them, and the days on which a wall clock shows an hour twice or not at all."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.oncall.hours import Hours, Window, parse_hours
from bot.oncall.wall import instant, wall

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("mon-fri 09:00-17:00", Window(frozenset({0, 1, 2, 3, 4}), 9 * HOUR, 17 * HOUR)),
        ("sat,sun 00:00-24:00", Window(frozenset({5, 6}), 0 * HOUR, 24 * HOUR)),
        ("daily 22:00-06:00", Window(frozenset(range(7)), 22 * HOUR, 30 * HOUR)),
        ("Mon,wed-FRI  8:30-9:15", Window(frozenset({0, 2, 3, 4}), 8.5 * HOUR, 9.25 * HOUR)),
        ("fri 18:00-00:00", Window(frozenset({4}), 18 * HOUR, 24 * HOUR)),
    ],
)
def test_a_window_is_days_and_two_times(text, window):
    assert parse_hours(text) == Hours((window,))


def test_several_windows_hold_one_beside_the_other():
    hours = parse_hours("mon 09:00-10:00", "tue 09:00-10:00")
    assert hours.windows == (*parse_hours("mon 09:00-10:00").windows, *parse_hours("tue 09:00-10:00").windows)


EXAMPLE = "write it like `mon-fri 09:00-17:00`, `sat,sun 00:00-24:00` or `daily 22:00-06:00`"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", f"it has 0 parts instead of two; {EXAMPLE}"),
        ("mon - fri 09:00-17:00", f"it has 4 parts instead of two; {EXAMPLE}"),
        ("mon 9-17", f"behind the days there are no two times; {EXAMPLE}"),
        ("mon 09:00", f"behind the days there are no two times; {EXAMPLE}"),
        ("mon 09:00-17:00\u0661", f"behind the days there are no two times; {EXAMPLE}"),
        ("mon 09:00-24:01", f"a time is not between 00:00 and 24:00; {EXAMPLE}"),
        ("mon 09:60-17:00", f"a time is not between 00:00 and 24:00; {EXAMPLE}"),
        ("mon 24:00-08:00", f"no day begins at 24:00; {EXAMPLE}"),
        ("mon 09:00-9:00", "it ends when it begins; the whole day is `00:00-24:00`"),
        ("weekdays 09:00-17:00", f"the weekday is not one of mon, tue, wed, thu, fri, sat, sun; {EXAMPLE}"),
        ("mon, 09:00-17:00", f"the weekday is not one of mon, tue, wed, thu, fri, sat, sun; {EXAMPLE}"),
        ("fri-mon 09:00-17:00", f"the days run backwards (name them one by one: `sat,sun,mon`); {EXAMPLE}"),
    ],
)
def test_what_is_no_window_is_refused_with_an_example(text, said):
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        parse_hours("mon 09:00-10:00", text)


@pytest.mark.parametrize(
    ("texts", "at", "holds", "until"),
    [
        # A Friday, and behind it the weekend; 09:00 is 08:00 UTC.
        (["mon-fri 09:00-17:00"], "2026-11-27T07:59:59", False, "2026-11-27T08:00"),
        (["mon-fri 09:00-17:00"], "2026-11-27T08:00", True, "2026-11-27T16:00"),
        (["mon-fri 09:00-17:00"], "2026-11-27T16:00", False, "2026-11-30T08:00"),
        (["daily 22:00-06:00"], "2026-11-27T04:59:59", True, "2026-11-27T05:00"),
        (["daily 22:00-06:00"], "2026-11-27T21:00", True, "2026-11-28T05:00"),
        # The night belongs to the day in which it begins.
        (["fri 22:00-06:00"], "2026-11-28T04:00", True, "2026-11-28T05:00"),
        (["fri 22:00-06:00"], "2026-11-27T04:00", False, "2026-11-27T21:00"),
        (["mon 09:00-10:00"], "2026-11-30T09:00", False, "2026-12-07T08:00"),
        # Windows in any order, and one in another.
        (["sat 09:00-10:00", "fri 20:00-21:00"], "2026-11-27T18:00", False, "2026-11-27T19:00"),
        (["fri 20:00-21:00", "fri 18:00-19:00"], "2026-11-27T12:00", False, "2026-11-27T17:00"),
        (["fri 00:00-24:00", "fri 09:00-10:00"], "2026-11-27T08:30", True, "2026-11-27T23:00"),
        ([], "2026-11-27T08:30", False, "2026-12-04T08:30"),
    ],
)  # fmt: skip
def test_hours_hold_from_the_beginning_of_a_window_until_just_before_its_end(texts, at, holds, until):
    hours = parse_hours(*texts)
    assert hours.stretch(utc(at), BERLIN) == (holds, utc(until))
    assert hours.holds(utc(at), BERLIN) == holds


@pytest.mark.parametrize(
    ("zone", "text", "day", "begins", "ends"),
    [
        # Forward: 02:00 to 03:00 is skipped. What lies around it is an hour shorter, what lies in it does not come.
        ("Europe/Berlin", "daily 22:00-06:00", "2027-03-27", "2027-03-27T21:00", "2027-03-28T04:00"),
        ("Europe/Berlin", "daily 02:30-04:00", "2027-03-28", "2027-03-28T01:00", "2027-03-28T02:00"),
        ("Europe/Berlin", "daily 01:00-02:30", "2027-03-28", "2027-03-28T00:00", "2027-03-28T01:00"),
        ("Europe/Berlin", "daily 02:15-02:45", "2027-03-28", "2027-03-28T01:00", "2027-03-28T01:00"),
        # Back: 02:00 to 03:00 comes twice. The first time counts, so nobody is called away and back.
        ("Europe/Berlin", "daily 22:00-06:00", "2026-10-24", "2026-10-24T20:00", "2026-10-25T05:00"),
        ("Europe/Berlin", "daily 02:30-04:00", "2026-10-25", "2026-10-25T00:30", "2026-10-25T03:00"),
        ("Europe/Berlin", "daily 01:00-02:30", "2026-10-25", "2026-10-24T23:00", "2026-10-25T00:30"),
        ("Europe/Berlin", "daily 02:15-02:45", "2026-10-25", "2026-10-25T00:15", "2026-10-25T00:45"),
        # Half an hour, and midnight itself.
        ("Australia/Lord_Howe", "daily 02:15-03:00", "2026-10-04", "2026-10-03T15:30", "2026-10-03T16:00"),
        ("America/Santiago", "daily 00:00-24:00", "2026-09-06", "2026-09-06T04:00", "2026-09-07T03:00"),
        ("America/Santiago", "daily 00:00-24:00", "2027-04-03", "2027-04-03T03:00", "2027-04-04T04:00"),
        # A day that was not.
        ("Pacific/Apia", "daily 09:00-17:00", "2011-12-30", "2011-12-30T10:00", "2011-12-30T10:00"),
    ],
)  # fmt: skip
def test_on_the_days_the_clocks_change_a_window_is_as_much_shorter_or_longer(zone, text, day, begins, ends):
    (window,) = parse_hours(text).windows
    assert window.on(datetime.fromisoformat(day).date(), ZoneInfo(zone)) == (utc(begins), utc(ends))


def test_the_window_behind_a_day_that_was_not_is_found():
    """The only window of that week was on the Friday that Samoa skipped."""
    hours = parse_hours("fri 09:00-17:00")
    assert hours.stretch(utc("2011-12-24T12:00"), ZoneInfo("Pacific/Apia")) == (False, utc("2012-01-05T19:00"))


ANY_ZONE = st.sampled_from(
    ["Europe/Berlin", "America/New_York", "America/Havana", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia"]
).map(ZoneInfo)
LOCAL = st.datetimes(datetime.fromisoformat("2006-01-01"), datetime.fromisoformat("2030-01-01"))
NEAR = st.timedeltas(timedelta(), timedelta(days=2))


@settings(deadline=None)
@given(zone=ANY_ZONE, local=LOCAL)
def test_an_instant_is_the_first_that_shows_a_time_or_a_later_one(zone, local):
    at = instant(local, zone)
    assert wall(at, zone) >= local
    assert wall(at - timedelta(seconds=1), zone) < local
    assert at.tzinfo is UTC


@settings(deadline=None)
@given(zone=ANY_ZONE, local=LOCAL, later=NEAR)
def test_what_is_later_on_the_clock_is_never_earlier(zone, local, later):
    assert instant(local, zone) <= instant(local + later, zone)


@settings(deadline=None)
@given(
    zone=ANY_ZONE,
    at=st.datetimes(datetime.fromisoformat("2008-01-01"), datetime.fromisoformat("2013-01-01"), timezones=st.just(UTC)),
    cut=st.integers(1, 1439),
)
def test_a_day_cut_in_two_has_each_instant_in_one_of_them(zone, at, cut):
    clock = f"{cut // 60:02}:{cut % 60:02}"
    before, behind = parse_hours(f"daily 00:00-{clock}"), parse_hours(f"daily {clock}-24:00")
    assert before.holds(at, zone) != behind.holds(at, zone)
