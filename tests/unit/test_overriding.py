"""Rules of what people say over the rotation."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.duty import overridden
from bot.incident.commands import DropOverride, SetOverride, SwapShifts
from bot.incident.model import Refused
from bot.oncall.escalation import Roster
from bot.oncall.overrides import Override
from bot.oncall.overriding import MOST, override
from bot.oncall.schedules import Rotation, Schedule, on_call

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
HOUR, WEEK = timedelta(hours=1), timedelta(weeks=1)
START = datetime.fromisoformat("2026-11-02T09:00")


def rota(name: str, *people: str) -> Schedule:
    return Schedule(name, ZoneInfo("UTC"), Rotation(people, WEEK, START))


ROSTER = Roster(
    schedules={"platform": rota("platform", "ana", "ben"), "storage": rota("storage", "ben", "cem")},
    people=frozenset({"ana", "ben", "cem", "dora", "pager:pagerduty"}),
)
ONE = Roster(schedules={"platform": rota("platform", "ana", "ben")}, people=ROSTER.people)


def given(command: object, roster: Roster = ROSTER, standing: tuple[Override, ...] = ()) -> tuple[Override, ...]:
    """What stands from then on."""
    done = override(command, roster, standing, by="dora", at=NOW)
    gone = {one.id for one in done.dropped}
    return (*(one for one in standing if one.id not in gone), *done.added)


def asked(person: str = "ana", **changed: object) -> SetOverride:
    return SetOverride(**{"person": person, "start": NOW + HOUR, "end": NOW + 3 * HOUR, **changed})


@pytest.mark.parametrize(
    ("command", "roster", "schedule"),
    [
        (asked("ana"), ROSTER, "platform"),
        (asked("cem"), ROSTER, "storage"),
        (asked("dora"), ONE, "platform"),
        (asked("ana", schedule="storage"), ROSTER, "storage"),
    ],
)
def test_the_schedule_that_can_be_meant_is_meant(command: SetOverride, roster: Roster, schedule: str) -> None:
    (made,) = given(command, roster)
    assert (made.schedule, made.person, made.start, made.end, made.by) == (
        schedule,
        command.person,
        NOW + HOUR,
        NOW + 3 * HOUR,
        "dora",
    )


@pytest.mark.parametrize(
    ("command", "reason", "hint"),
    [
        (asked("ben"), "Which schedule?", "Say it behind the time: `platform`, `storage`"),
        (asked("dora"), "Which schedule?", "Say it behind the time: `platform`, `storage`"),
        (asked("eve"), "eve is not under `people:`", "@NAME"),
        (asked("pager:pagerduty"), "pager:pagerduty is not under `people:`", "@NAME"),
        (asked(schedule="platfrom"), "There is no schedule platfrom.", "Did you mean `platform`?"),
        (asked(end=NOW + HOUR), "It would end before it begins.", "18:00-22:00"),
        (asked(start=NOW - 3 * HOUR, end=NOW), "That time has passed.", "not changed any more"),
        (asked(end=NOW + timedelta(days=367)), "more than a year ahead", "rotation"),
        (asked(instead="ana"), "Nobody takes over from themselves.", "two people"),
        (asked("cem", schedule="platform", instead="ben"), "ben is not on call in platform then.", "oncall platform"),
        (SwapShifts(person="ana", other="ana", after=NOW), "Nobody swaps with themselves.", "two people"),
        (SwapShifts(person="ana", other="dora", after=NOW), "dora is not on call in platform within", "oncall platform"),
        (SwapShifts(person="ana", other="ben", after=NOW - HOUR), "That time has passed.", "not changed"),
        (DropOverride(id=3), "There is no override 3 that has not ended.", "There is none."),
    ],
)  # fmt: skip
def test_what_may_not_be_is_refused_with_what_to_do_instead(command: object, reason: str, hint: str) -> None:
    with pytest.raises(Refused) as refused:
        given(command)
    assert reason in refused.value.reason
    assert hint in refused.value.hint


def test_without_a_schedule_there_is_nothing_to_override() -> None:
    with pytest.raises(Refused, match="There is no schedule"):
        given(asked(), Roster(people=ROSTER.people))


def test_so_many_overrides_are_no_exceptions() -> None:
    many = tuple(Override(n, "platform", "ana", NOW, NOW + HOUR) for n in range(MOST))
    with pytest.raises(Refused, match=f"{MOST} overrides stand already"):
        given(asked(), standing=many)


def test_instead_of_somebody_replaces_only_them() -> None:
    pair = Schedule("pair", ZoneInfo("UTC"), Rotation((("ana", "ben"),), WEEK, START))
    roster = replace(ONE, schedules={"pair": pair})
    (made,) = given(asked("cem", instead="ben"), roster)
    schedule = overridden(roster, [made]).schedules["pair"]
    assert on_call(schedule, NOW + 2 * HOUR) == ("ana", "cem")
    assert on_call(schedule, NOW + 4 * HOUR) == ("ana", "ben")


def test_a_swap_exchanges_the_next_shifts_of_two_people_and_nothing_else() -> None:
    made = given(SwapShifts(person="ana", other="ben", after=NOW), ONE)
    before, after = ONE.schedules["platform"], overridden(ONE, made).schedules["platform"]
    at = datetime(2026, 11, 3, 13, tzinfo=UTC)
    assert [on_call(before, at + n * WEEK) for n in range(4)] == [("ana",), ("ben",), ("ana",), ("ben",)]
    assert [on_call(after, at + n * WEEK) for n in range(4)] == [("ben",), ("ana",), ("ana",), ("ben",)]
    # Who was on call until now was.
    assert made[0].start == NOW
    assert {one.together for one in made} == {0}


def test_a_swap_may_begin_later() -> None:
    made = given(SwapShifts(person="ana", other="ben", after=NOW + 2 * WEEK), ONE)
    assert [one.start for one in made] == [NOW + 2 * WEEK, datetime(2026, 11, 23, 9, tzinfo=UTC)]


def test_a_swap_is_taken_back_whole() -> None:
    first, other = given(SwapShifts(person="ana", other="ben", after=NOW), ONE)
    stored = (replace(first, id=7, together=7), replace(other, id=8, together=7))
    beside = Override(9, "platform", "cem", NOW, NOW + HOUR, together=9)
    assert given(DropOverride(id=8), ONE, (*stored, beside)) == (beside,)


def test_who_is_on_call_together_has_nothing_to_swap() -> None:
    pair = Schedule("pair", ZoneInfo("UTC"), Rotation((("ana", "ben"),), WEEK, START))
    with pytest.raises(Refused, match="on call together"):
        given(SwapShifts(person="ana", other="ben", after=NOW), replace(ONE, schedules={"pair": pair}))
