"""Over random schedules and instants: one answer, the one that counting on the fingers gives, and no night without a warning."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from time import process_time
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.oncall.coverage import AHEAD, Double, doubles, gaps
from bot.oncall.hours import parse_hours
from bot.oncall.overrides import Override
from bot.oncall.rotations import Layer, Rotation
from bot.oncall.schedules import FAR, Schedule, Shift, next_shift, on_call, shift, shifts
from tests.unit.rotas import BEGIN, JUST_BEFORE, QUARTER, any_instants, instants, local_times, rotas, who

LENGTHS = st.integers(1, 12 * 96).map(lambda quarters: quarters * QUARTER)


@settings(max_examples=150, deadline=None)
@given(rota=rotas(), at=any_instants)
def test_there_is_one_answer_and_it_is_the_one_that_counting_gives(rota, at):
    assert on_call(rota.schedule, at) == tuple(sorted(who(rota, at)))


@settings(max_examples=60, deadline=None)
@given(rota=rotas(), start=any_instants, length=LENGTHS)
def test_shifts_lie_side_by_side_and_say_what_is_so_at_each_instant_of_them(rota, start, length):
    found = shifts(rota.schedule, start, start + length)
    assert (found[0].start, found[-1].end) == (start, start + length)
    for one, after in pairwise(found):
        assert one.end == after.start
        assert one.people != after.people
    for one in found:
        assert one.start < one.end
        for at in (one.start, one.start + (one.end - one.start) / 2, one.end - JUST_BEFORE):
            assert one.people == tuple(sorted(who(rota, at)))


@settings(max_examples=40, deadline=None)
@given(rota=rotas(layers=2), at=any_instants)
def test_a_shift_is_as_long_as_the_same_people_are_on_call(rota, at):
    found = shift(rota.schedule, at)
    assert at - FAR <= found.start <= at < found.end <= at + FAR
    assert found.people == on_call(rota.schedule, at)
    assert [found] == shifts(rota.schedule, found.start, found.end)
    if found.start > at - FAR:
        assert on_call(rota.schedule, found.start - JUST_BEFORE) != found.people
    if found.end < at + FAR:
        assert on_call(rota.schedule, found.end) != found.people
        assert next_shift(rota.schedule, at) == shift(rota.schedule, found.end)
        assert next_shift(rota.schedule, at).start == found.end


@settings(max_examples=60, deadline=None)
@given(rota=rotas(), at=st.lists(any_instants, min_size=1, max_size=10), start=st.integers(0, 100))
def test_nobody_is_never_on_call_without_a_gap_that_says_so_and_no_gap_is_one_where_somebody_is(rota, at, start):
    now = BEGIN + timedelta(days=start)
    found = gaps(rota.schedule, now, now + AHEAD)
    inside = [moment for moment in at if now <= moment < now + AHEAD]
    edges = [edge for gap in found for edge in (gap.start, gap.end - JUST_BEFORE)]
    around = [edge for gap in found for edge in (gap.start - JUST_BEFORE, gap.end) if now <= edge < now + AHEAD]
    for moment in (*inside, *edges, *around):
        assert any(gap.start <= moment < gap.end for gap in found) == (not who(rota, moment))
    assert all(not who(rota, edge) for edge in edges)
    assert all(who(rota, edge) for edge in around)


@settings(max_examples=50, deadline=None)
@given(one=rotas(layers=1), other=rotas(layers=1), start=instants, length=LENGTHS, at=st.integers(0, 12 * 96))
def test_who_is_in_two_schedules_at_once_is_told(one, other, start, length, at):
    both = [one.schedule, Schedule("storage", *_rest(other.schedule))]
    found = doubles(both, start, start + length)
    moment = start + at * QUARTER % length
    told = {double.person for double in found if double.start <= moment < double.end}
    assert told == who(one, moment) & who(other, moment)
    assert {double.schedules for double in found} <= {("platform", "storage")}
    assert found == sorted(found, key=lambda double: (double.start, double.person))


def _rest(schedule):
    return schedule.zone, None, schedule.calendar, schedule.overrides, schedule.layers


@settings(max_examples=60, deadline=None)
@given(
    zone=st.sampled_from(["Europe/Berlin", "America/New_York", "America/Santiago"]),
    days=st.integers(1, 21),
    start=local_times.filter(lambda start: start.hour >= 4),
    at=any_instants,
)
def test_a_hand_over_keeps_its_time_of_day_whichever_way_the_clocks_change(zone, days, start, at):
    schedule = Schedule("platform", ZoneInfo(zone), Rotation(("ana", "ben"), timedelta(days=days), start))
    found = shift(schedule, at)
    assert found.end.astimezone(schedule.zone).time() == start.time()
    if found.people:
        assert found.start.astimezone(schedule.zone).time() == start.time()
        length = found.end.astimezone(schedule.zone).date() - found.start.astimezone(schedule.zone).date()
        assert length == timedelta(days=days)


def crowded():
    """Five layers, 500 shifts of a calendar, 200 overrides, all within 60 days."""

    def rotation(people, every):
        return Rotation(tuple(f"p{n}" for n in range(people)), every, datetime.fromisoformat("2016-01-04T09:00"))

    hour, day = timedelta(hours=1), timedelta(days=1)
    layers = (
        Layer(rotation(5, hour)),
        Layer(rotation(4, day), parse_hours("mon-fri 09:00-17:00")),
        Layer(rotation(3, hour), parse_hours("daily 22:00-06:00")),
        Layer(rotation(6, 12 * hour), parse_hours("sat,sun 00:00-24:00")),
        Layer(rotation(2, 7 * day), parse_hours("mon-fri 12:00-13:00", "wed 15:00-16:00")),
    )
    begins = [BEGIN + n * 37 % 1440 * hour for n in range(700)]
    calendar = tuple(Shift((f"p{n % 9}",), start, start + (1 + n % 4) * hour) for n, start in enumerate(begins[:500]))
    overrides = tuple(
        Override(n, "crowded", f"p{n % 9}", start, start + (1 + n % 12) * hour, ("", "p1", "p2")[n % 3])
        for n, start in enumerate(begins[500:])
    )
    return Schedule("crowded", ZoneInfo("Europe/Berlin"), None, calendar, overrides, layers)


def fastest(work):
    """Seconds of this process, of the best of some tries: the machine has other things to do."""
    found = []
    for _ in range(7):
        begun = process_time()
        work()
        found.append(process_time() - begun)
    return min(found)


def test_sixty_days_of_a_crowded_schedule_are_looked_through_in_a_moment():
    schedule = crowded()
    assert len(shifts(schedule, BEGIN, BEGIN + AHEAD)) > 500
    assert fastest(lambda: shifts(schedule, BEGIN, BEGIN + AHEAD)) < 0.05


def test_ten_years_of_hourly_turns_are_not_counted_one_by_one():
    rotation = Rotation(("ana", "ben", "cem"), timedelta(hours=1), datetime.fromisoformat("2016-11-27"))
    schedule = Schedule("hourly", ZoneInfo("UTC"), rotation)
    at = datetime(2026, 11, 27, tzinfo=UTC)
    days = (at - datetime(2016, 11, 27, tzinfo=UTC)).days
    assert on_call(schedule, at) == (("ana", "ben", "cem")[days * 24 % 3],)
    assert fastest(lambda: on_call(schedule, at)) < 0.001
    assert fastest(lambda: shift(schedule, at)) < 0.01
    alone = Schedule("alone", ZoneInfo("UTC"), Rotation(("ana",), timedelta(minutes=1), rotation.start))
    assert shift(alone, at) == Shift(("ana",), at - FAR, at + FAR)
    assert fastest(lambda: shift(alone, at)) < 0.01


def test_thousands_of_shifts_that_overlap_cost_no_more_than_as_many_that_do_not():
    minute = timedelta(minutes=1)
    calendar = tuple(Shift((f"p{n % 9}",), BEGIN + n * minute, BEGIN + AHEAD) for n in range(10_000))
    schedule = Schedule("heap", ZoneInfo("UTC"), calendar=calendar)
    begun = process_time()
    assert len(shifts(schedule, BEGIN, BEGIN + AHEAD)) == 9
    assert process_time() - begun < 2


def test_doubles_of_many_schedules_name_all_of_them():
    start, end = BEGIN, BEGIN + timedelta(days=1)
    three = [Schedule(name, ZoneInfo("UTC"), calendar=(Shift(("ana",), start, end),)) for name in "cab"]
    assert doubles(three, start, end) == [Double("ana", ("a", "b", "c"), start, end)]
