"""How pages are spread over a rotation: hours on the schedule's wall clock, turns, and nobody's name."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.incident.hours import Hours, hours_of
from bot.oncall.load import Paged, load
from bot.oncall.schedules import Rotation, Schedule
from bot.rostered import load_document, spread

BERLIN = ZoneInfo("Europe/Berlin")
WEEK = timedelta(weeks=1)
START = datetime.fromisoformat("2026-11-02T09:00")
PLATFORM = Schedule("platform", BERLIN, Rotation(("ana", "ben"), WEEK, START))
BEGIN = datetime(2026, 11, 2, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("local", "hours"),
    [
        ("2026-11-03T09:00", Hours.BUSINESS),
        ("2026-11-03T17:59", Hours.BUSINESS),
        ("2026-11-03T18:00", Hours.OFF),
        ("2026-11-03T08:59", Hours.OFF),
        ("2026-11-07T12:00", Hours.OFF),
        ("2026-11-03T23:00", Hours.SLEEP),
        ("2026-11-04T06:59", Hours.SLEEP),
        ("2026-11-04T07:00", Hours.OFF),
        ("2026-11-08T03:00", Hours.SLEEP),
    ],
)
def test_hours_are_those_of_the_wall_clock(local: str, hours: Hours) -> None:
    assert hours_of(datetime.fromisoformat(local).replace(tzinfo=BERLIN), BERLIN) is hours


def paged(*hours_after: float, target: str = "schedule:platform") -> list[Paged]:
    return [Paged(BEGIN + timedelta(hours=after), (target, "person:cem")) for after in hours_after]


def test_pages_are_counted_by_hours_and_by_turn() -> None:
    found = load(PLATFORM, [*paged(1, 3, 17, 170), *paged(2, target="schedule:storage")], BEGIN, BEGIN + 4 * WEEK)
    assert found.hours == {Hours.BUSINESS: 3, Hours.OFF: 0, Hours.SLEEP: 1}
    assert (found.turns, found.pages) == ((3, 1, 0, 0), 4)
    assert spread(found) == "4 pages: 3 in business hours, 1 in sleep hours"
    assert spread(load(PLATFORM, paged(17), BEGIN, BEGIN + WEEK)) == "1 page, in sleep hours"
    assert spread(load(PLATFORM, paged(1, 3), BEGIN, BEGIN + WEEK)) == "2 pages, all in business hours"


def test_what_lies_outside_does_not_count() -> None:
    assert load(PLATFORM, paged(-1, 24 * 7), BEGIN, BEGIN + WEEK).pages == 0


def test_the_report_speaks_of_rotations_and_never_of_people() -> None:
    found = load(PLATFORM, paged(1, 3, 17, 170), BEGIN, BEGIN + 4 * WEEK)
    text = load_document([found], "4w").to_plain()
    assert "platform: 4 pages: 3 in business hours, 1 in sleep hours; of 4 turns the hardest had 3, 2 had none" in text
    assert not any(name in text.lower() for name in ("ana", "ben", "cem"))
    quiet = load(PLATFORM, [], BEGIN, BEGIN + WEEK)
    assert "platform: no pages\n" in load_document([quiet], "1w").to_plain()
    assert "There is no schedule." in load_document([], "1w").to_plain()
