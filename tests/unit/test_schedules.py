"""Who is on call when: turns, hand-overs, and the nights the clocks change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.oncall.schedules import Rotation, Schedule, Shift, next_shift, on_call, shift

WEEK = timedelta(weeks=1)
DAY = timedelta(days=1)


def schedule(zone="Europe/Berlin", people=("ana", "ben"), every=WEEK, start="2026-11-02T09:00"):
    return Schedule("platform", ZoneInfo(zone), Rotation(tuple(people), every, local(start)))


def local(text):
    return datetime.fromisoformat(text)


def utc(text):
    return local(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "people"),
    [
        ("2026-11-02T07:59:59", ()),
        ("2026-11-02T08:00", ("ana",)),
        ("2026-11-09T07:59:59.999999", ("ana",)),
        ("2026-11-09T08:00", ("ben",)),
        ("2026-11-16T08:00", ("ana",)),
        ("2036-11-03T08:00", ("ana",)),
    ],
)
def test_people_take_turns_from_the_start_on(at, people):
    assert on_call(schedule(), utc(at)) == people


@pytest.mark.parametrize(
    ("zone", "start", "every", "at", "begins", "ends"),
    [
        # Berlin: +02:00 until 2026-10-25, -01:00 UTC; the shift over it is an hour longer than a week.
        ("Europe/Berlin", "2026-10-19T09:00", WEEK, "2026-10-24T12:00", "2026-10-19T07:00", "2026-10-26T08:00"),
        # and an hour shorter over 2027-03-28.
        ("Europe/Berlin", "2027-03-22T09:00", WEEK, "2027-03-24T12:00", "2027-03-22T08:00", "2027-03-29T07:00"),
        ("America/New_York", "2026-10-26T09:00", WEEK, "2026-10-31T12:00", "2026-10-26T13:00", "2026-11-02T14:00"),
        ("America/New_York", "2027-03-08T09:00", WEEK, "2027-03-10T12:00", "2027-03-08T14:00", "2027-03-15T13:00"),
        # 02:30 does not exist on the day the clocks go forward: the hand-over comes an hour later on the wall clock.
        ("Europe/Berlin", "2027-03-27T02:30", DAY, "2027-03-27T12:00", "2027-03-27T01:30", "2027-03-28T01:30"),
        # 02:30 comes twice on the day they go back: the first one counts, once.
        ("Europe/Berlin", "2026-10-24T02:30", DAY, "2026-10-25T01:00", "2026-10-25T00:30", "2026-10-26T01:30"),
        # Hours are hours: twelve of them pass whatever the wall clock shows.
        ("Europe/Berlin", "2026-10-24T20:00", 12 * DAY / 24, "2026-10-25T01:00", "2026-10-24T18:00", "2026-10-25T06:00"),
        # Samoa skipped all of 2011-12-30; the shift that would have been then is nobody's.
        ("Pacific/Apia", "2011-12-29T09:00", DAY, "2011-12-30T19:00", "2011-12-30T19:00", "2011-12-31T19:00"),
    ],
)  # fmt: skip
def test_the_hand_over_is_at_the_same_time_of_day_whatever_the_clocks_do(zone, start, every, at, begins, ends):
    found = shift(schedule(zone, every=every, start=start), utc(at))
    assert (found.start, found.end) == (utc(begins), utc(ends))


def test_24_hours_are_a_day_of_the_calendar():
    found = shift(schedule(every=timedelta(hours=24), start="2026-10-24T09:00"), utc("2026-10-25T07:00"))
    assert found.end - found.start == timedelta(hours=25)


def test_before_the_start_nobody_is_on_call_until_the_first_hand_over():
    at = utc("2026-01-01T00:00")
    assert shift(schedule(), at) == Shift((), at, utc("2026-11-02T08:00"))
    assert next_shift(schedule(), at) == Shift(("ana",), utc("2026-11-02T08:00"), utc("2026-11-09T08:00"))


def test_the_next_shift_is_the_next_persons():
    at = utc("2026-11-03T00:00")
    assert next_shift(schedule(people=("ana", "ben", "cem")), at).people == ("ben",)


def test_a_rotation_of_one_hands_over_to_itself_and_one_of_nobody_to_nobody():
    at = utc("2026-11-10T00:00")
    assert on_call(schedule(people=("ana",)), at) == ("ana",)
    assert on_call(schedule(people=()), at) == ()


@pytest.mark.parametrize(
    ("every", "start", "said"),
    [
        (timedelta(), local("2026-01-01"), "a turn is longer than zero"),
        (WEEK, datetime(2026, 1, 1, tzinfo=UTC), "a rotation starts at a local time, without an offset"),
    ],
)
def test_a_rotation_that_cannot_turn_is_refused(every, start, said):
    with pytest.raises(ValueError, match=said):
        Rotation(("ana",), every, start)


ZONES = st.sampled_from(
    ["Europe/Berlin", "America/New_York", "UTC", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca"]
)  # fmt: skip
EVERY = st.one_of(
    st.integers(1, 60).map(lambda days: timedelta(days=days)),
    st.integers(1, 72 * 60).map(lambda minutes: timedelta(minutes=minutes)),
)
LOCAL = st.datetimes(local("2005-01-01"), local("2030-01-01"))
INSTANTS = st.datetimes(local("2005-01-01"), local("2040-01-01"), timezones=st.just(UTC))
CHANGES = [
    utc(text)
    for text in ("2026-10-25T01:00", "2027-03-28T01:00", "2026-11-01T06:00", "2027-03-14T07:00")
]  # fmt: skip


def turns_touch(rota, at):
    """The shift at `at` holds it, and its neighbours begin and end where it does."""
    found = shift(rota, at)
    assert found.start <= at < found.end
    after = shift(rota, found.end)
    assert after.start == found.end
    assert next_shift(rota, at) == after
    if found.people:
        assert shift(rota, found.start) == shift(rota, found.end - timedelta(microseconds=1)) == found
        (person,) = found.people
        assert person in rota.rotation.people
        before = shift(rota, found.start - timedelta(microseconds=1))
        assert before.end == found.start
    else:
        assert after.people == rota.rotation.people[:1]


@given(zone=ZONES, every=EVERY, start=LOCAL, at=INSTANTS, people=st.integers(1, 5))
def test_there_is_exactly_one_answer_and_shifts_touch(zone, every, start, at, people):
    turns_touch(schedule(zone, [f"p{n}" for n in range(people)], every, start.isoformat()), at)


@given(
    zone=st.sampled_from(["Europe/Berlin", "America/New_York"]),
    every=EVERY,
    start=st.datetimes(local("2026-10-01"), local("2026-10-20")),
    change=st.sampled_from(CHANGES),
    offset=st.integers(-3 * 3600, 3 * 3600),
)
def test_shifts_touch_in_the_hours_the_clocks_change(zone, every, start, change, offset):
    turns_touch(schedule(zone, ("ana", "ben", "cem"), every, start.isoformat()), change + timedelta(seconds=offset))


@given(
    zone=st.sampled_from(["Europe/Berlin", "America/New_York"]),
    days=st.integers(1, 21),
    start=LOCAL.filter(lambda start: start.hour >= 4),
    at=INSTANTS,
)
def test_turns_of_whole_days_always_end_at_the_time_of_day_they_started(zone, days, start, at):
    rota = schedule(zone, ("ana", "ben"), timedelta(days=days), start.isoformat())
    assert shift(rota, at).end.astimezone(rota.zone).time() == start.time()
