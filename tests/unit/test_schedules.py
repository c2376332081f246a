"""Who is on call when: turns, hand-overs, layers, and the nights the clocks change. Random ones are in test_rotas."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.oncall.hours import parse_hours
from bot.oncall.overrides import Override
from bot.oncall.rotations import Layer, Rotation
from bot.oncall.schedules import FAR, Schedule, Shift, next_shift, on_call, shift, shifts

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
        # 02:30 does not exist on the day the clocks go forward: the hand-over comes when they do.
        ("Europe/Berlin", "2027-03-27T02:30", DAY, "2027-03-27T12:00", "2027-03-27T01:30", "2027-03-28T01:00"),
        ("Europe/Berlin", "2027-03-27T02:30", DAY, "2027-03-28T12:00", "2027-03-28T01:00", "2027-03-29T00:30"),
        # 02:30 comes twice on the day they go back: the first one counts, once.
        ("Europe/Berlin", "2026-10-24T02:30", DAY, "2026-10-25T01:00", "2026-10-25T00:30", "2026-10-26T01:30"),
        # Hours are hours: twelve of them pass whatever the wall clock shows.
        ("Europe/Berlin", "2026-10-24T20:00", 12 * DAY / 24, "2026-10-25T01:00", "2026-10-24T18:00", "2026-10-25T06:00"),
        # Samoa skipped all of 2011-12-30: the turn that would have begun at nine on it begins with the day behind it.
        ("Pacific/Apia", "2011-12-29T09:00", DAY, "2011-12-30T18:00", "2011-12-30T10:00", "2011-12-30T19:00"),
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
    assert shift(schedule(), at) == Shift((), at - FAR, utc("2026-11-02T08:00"))
    assert next_shift(schedule(), at) == Shift(("ana",), utc("2026-11-02T08:00"), utc("2026-11-09T08:00"))


def test_the_next_shift_is_the_next_persons():
    at = utc("2026-11-03T00:00")
    assert next_shift(schedule(people=("ana", "ben", "cem")), at).people == ("ben",)


def test_a_rotation_of_one_and_one_of_nobody_have_no_hand_over_and_what_has_no_end_is_cut():
    at = utc("2028-11-10T00:00")
    assert shift(schedule(people=("ana",)), at) == Shift(("ana",), at - FAR, at + FAR)
    assert shift(schedule(people=()), at) == Shift((), at - FAR, at + FAR)
    assert shift(schedule(people=(("ana", "ben"), ("ben", "ana"))), at).people == ("ana", "ben")
    assert shift(schedule(people=(("ana", "ben"), ("ben", "ana"))), at).end == at + FAR


def test_a_turn_of_a_year_is_found_whole():
    rota = schedule(every=timedelta(days=366))
    for at in ("2027-11-03T08:00", "2028-05-01T00:00", "2028-11-03T07:59"):
        assert shift(rota, utc(at)) == Shift(("ben",), utc("2027-11-03T08:00"), utc("2028-11-03T08:00"))


def test_several_may_have_a_turn_together_each_once_in_the_order_of_their_ids():
    rota = schedule(people=(("eve", "ana", "eve"), "cem"))
    assert on_call(rota, utc("2026-11-03T00:00")) == ("ana", "eve")
    assert next_shift(rota, utc("2026-11-03T00:00")).people == ("cem",)


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


def rotation(*people, every=WEEK, start="2026-11-02T09:00"):
    return Rotation(people, every, local(start))


BASE = Layer(rotation("ana"))
OFFICE = Layer(rotation("ben"), parse_hours("mon-fri 09:00-17:00"), "office")
LATER = Layer(rotation("cem", start="2026-12-01T00:00"))


@pytest.mark.parametrize(
    ("layers", "at", "people"),
    [
        # A Friday, in winter: 09:00 is 08:00 UTC.
        ((BASE, OFFICE), "2026-11-27T07:59", ("ana",)),
        ((BASE, OFFICE), "2026-11-27T08:00", ("ben",)),
        ((BASE, OFFICE), "2026-11-27T16:00", ("ana",)),
        ((BASE, OFFICE), "2026-11-28T12:00", ("ana",)),
        ((OFFICE,), "2026-11-28T12:00", ()),
        # The later one has the say, where it has somebody.
        ((OFFICE, BASE), "2026-11-27T12:00", ("ana",)),
        ((BASE, LATER), "2026-11-27T12:00", ("ana",)),
        ((BASE, LATER), "2026-12-01T12:00", ("cem",)),
        ((BASE, Layer(rotation())), "2026-11-27T12:00", ("ana",)),
        ((), "2026-11-27T12:00", ()),
    ],
)
def test_the_highest_layer_that_has_somebody_has_the_say(layers, at, people):
    assert on_call(Schedule("platform", ZoneInfo("Europe/Berlin"), layers=layers), utc(at)) == people


def test_a_rotation_is_the_lowest_layer():
    rota = Schedule("platform", ZoneInfo("Europe/Berlin"), rotation("ana"), layers=(OFFICE,))
    assert rota.stack == (BASE, OFFICE)
    assert (on_call(rota, utc("2026-11-27T12:00")), on_call(rota, utc("2026-11-27T18:00"))) == (("ben",), ("ana",))


def shifted(*people, start="2026-11-27T10:00", end="2026-11-27T14:00"):
    return Shift(people, utc(start), utc(end))


@pytest.mark.parametrize(
    ("calendar", "at", "people"),
    [
        ((shifted("cem"),), "2026-11-27T10:00", ("cem",)),
        ((shifted("cem"),), "2026-11-27T14:00", ("ben",)),
        # In any order, and each once.
        ((shifted("eve", start="2026-11-27T11:00"), shifted("cem", "eve")), "2026-11-27T12:00", ("cem", "eve")),
        ((shifted("eve", start="2026-11-27T11:00"), shifted("cem")), "2026-11-27T10:30", ("cem",)),
        ((shifted("eve", end="2026-11-27T12:00"), shifted("eve", "dan", start="2026-11-27T11:00")), "2026-11-27T12:00", ("dan", "eve")),
        # One without anybody says nothing, nor does one that ends when it begins, or before.
        ((shifted(),), "2026-11-27T12:00", ("ben",)),
        ((shifted("cem", end="2026-11-27T10:00"), shifted("dan", end="2026-11-27T09:00")), "2026-11-27T10:00", ("ben",)),
    ],
)  # fmt: skip
def test_a_calendar_has_the_say_over_the_layers_where_it_has_somebody(calendar, at, people):
    rota = Schedule("platform", ZoneInfo("Europe/Berlin"), layers=(BASE, OFFICE), calendar=calendar)
    assert on_call(rota, utc(at)) == people


def override(id, person, instead="", start="2026-11-27T10:00", end="2026-11-27T14:00"):
    return Override(id, "platform", person, utc(start), utc(end), instead)


@pytest.mark.parametrize(
    ("overrides", "people"),
    [
        ((override(1, "dan"),), ("dan",)),
        ((override(1, "dan", end="2026-11-27T12:00"),), ("ana", "ben")),
        ((override(1, "dan", end="2026-11-27T10:00"), override(2, "eve", end="2026-11-27T09:00")), ("ana", "ben")),
        # Whoever spoke last has the say, however they lie in time.
        ((override(2, "eve"), override(1, "dan")), ("eve",)),
        ((override(2, "eve"), override(3, "dan", start="2026-11-27T13:00")), ("eve",)),
        # In the place of one of several; of somebody who is not on call it is for nobody.
        ((override(1, "dan", "ana"),), ("ben", "dan")),
        ((override(1, "dan", "cem"),), ("ana", "ben")),
        ((override(1, "ben", "ana"),), ("ben",)),
        ((override(1, "ana", "ana"),), ("ana", "ben")),
        # On top of those for everybody, also of a later one; one after the other, by id.
        ((override(1, "eve", "dan"), override(2, "dan")), ("eve",)),
        ((override(2, "eve", "dan"), override(1, "dan", "ana")), ("ben", "eve")),
        ((override(1, "eve", "dan"), override(2, "dan", "ana")), ("ben", "dan")),
    ],
)
def test_overrides_have_the_say_over_all(overrides, people):
    rota = Schedule("platform", ZoneInfo("UTC"), calendar=(shifted("ben", "ana"),), overrides=overrides)
    assert on_call(rota, utc("2026-11-27T12:00")) == people


def test_an_override_is_on_call_where_nobody_would_be():
    rota = Schedule("platform", ZoneInfo("UTC"), overrides=(override(1, "dan"),))
    assert shift(rota, utc("2026-11-27T12:00")) == shifted("dan")


def test_shifts_are_all_there_is_and_what_goes_on_is_one():
    """Friday to Monday: the calendar's Saturday is the same person's as the layer's before and behind it."""
    rota = Schedule(
        "platform",
        ZoneInfo("UTC"),
        layers=(Layer(rotation("ana"), parse_hours("fri,sat 12:00-24:00", "sun 00:00-12:00")),),
        calendar=(
            shifted("ana", start="2026-11-28T00:00", end="2026-11-28T12:00"),
            shifted("cem", start="2026-11-29T18:00", end="2026-12-24T00:00"),
        ),
    )
    assert shifts(rota, utc("2026-11-27T00:00"), utc("2026-11-30T00:00")) == [
        shifted(start="2026-11-27T00:00", end="2026-11-27T12:00"),
        shifted("ana", start="2026-11-27T12:00", end="2026-11-29T12:00"),
        shifted(start="2026-11-29T12:00", end="2026-11-29T18:00"),
        shifted("cem", start="2026-11-29T18:00", end="2026-11-30T00:00"),
    ]
    assert shifts(rota, utc("2026-11-27T00:00"), utc("2026-11-27T00:00")) == []


def test_what_ends_before_it_begins_takes_nothing_from_the_rest():
    backwards = shifted("ana", start="2026-11-27T13:00", end="2026-11-27T11:00")
    said = override(1, "dan", start="2026-11-27T13:00", end="2026-11-27T11:00")
    rota = Schedule("platform", ZoneInfo("UTC"), calendar=(shifted("ana"), backwards), overrides=(said,))
    assert shifts(rota, utc("2026-11-27T10:00"), utc("2026-11-27T14:00")) == [shifted("ana")]


def test_an_instant_in_another_zone_is_the_same_instant():
    at = utc("2026-11-09T08:00").astimezone(ZoneInfo("Asia/Tokyo"))
    assert shift(schedule(), at) == shift(schedule(), utc("2026-11-09T08:00"))
    # A year ago the clocks had not been set back yet.
    late = utc("2027-10-31T12:00").astimezone(ZoneInfo("Europe/Berlin"))
    found = shift(schedule(people=("ana",), start="2020-01-01"), late)
    assert found == Shift(("ana",), utc("2026-10-30T12:00"), utc("2028-10-31T12:00"))
    assert {found.start.tzinfo, found.end.tzinfo} == {UTC}
