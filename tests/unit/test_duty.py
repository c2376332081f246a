"""The roster of a process, as calendars and overrides change it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.duty import Duty, overridden
from bot.oncall.escalation import Roster
from bot.oncall.overrides import Override
from bot.oncall.schedules import Rotation, Schedule, Shift, on_call

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ROTATION = Rotation(("ana", "ben"), timedelta(weeks=1), datetime.fromisoformat("2026-11-02T09:00"))
PLATFORM = Schedule("platform", ZoneInfo("UTC"), ROTATION)
ROSTER = Roster({"platform": PLATFORM}, people=frozenset({"ana", "ben"}))


def test_whoever_is_told_is_told_what_changed_and_nothing_else() -> None:
    told: list[Roster] = []
    duty = Duty(ROSTER, changed=told.append)
    duty.overrides([])
    duty.calendars({"gone": [Shift(("ana",), NOW, NOW + HOUR)]})
    assert told == []
    override = Override(1, "platform", "ben", NOW, NOW + HOUR)
    duty.overrides([override, Override(2, "gone", "ben", NOW, NOW + HOUR)])
    duty.overrides([override])
    assert [one.schedules["platform"].overrides for one in told] == [(override,)]
    duty.calendars({"platform": [Shift(("ben",), NOW + HOUR, NOW + 2 * HOUR)]})
    assert len(told) == 2
    schedule = duty.roster.schedules["platform"]
    assert [on_call(schedule, NOW + n * HOUR) for n in range(3)] == [("ben",), ("ben",), ("ana",)]


def test_turns_stay_known_when_only_overrides_are() -> None:
    duty = Duty(ROSTER)
    duty.overrides([], {"fair:0": 3})
    duty.overrides([Override(1, "platform", "ben", NOW, NOW + HOUR)])
    assert duty.roster.turns == {"fair:0": 3}


def test_an_override_for_whom_nobody_can_page_puts_nobody_on_call() -> None:
    roster = overridden(ROSTER, [Override(1, "platform", "eve", NOW, NOW + HOUR)])
    assert on_call(roster.schedules["platform"], NOW) == ("ana",)
