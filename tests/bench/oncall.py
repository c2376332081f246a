"""Who is on call in a big configuration: 50 schedules of five layers, each with a calendar of 500 shifts, and 200 overrides; and what
those add to a page."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.alerts.model import Alert, Notification
from bot.config import load
from bot.duty import Duty
from bot.for_commands import rules
from bot.handle import Rules, handle
from bot.oncall.coverage import AHEAD, doubles, gaps
from bot.oncall.escalation import Ladder, Roster, Step
from bot.oncall.hours import parse_hours
from bot.oncall.overrides import Override
from bot.oncall.rotations import Layer, Rotation
from bot.oncall.schedules import Schedule, Shift, on_call, shift, shifts
from storage import migrate
from storage.engine import Database
from storage.store import SqlStore
from tests.bench.beside import Beside, in_turn
from tests.bench.places import Place
from tests.bench.report import Row, at_most, beside, percentile
from tests.bench.served import configured
from tests.clock import FakeClock

SCHEDULES, SHIFTS, OVERRIDES = 50, 500, 200
PAGES = 60
"""In a round."""

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BERLIN = ZoneInfo("Europe/Berlin")
PEOPLE = tuple(f"person{number}" for number in range(60))


def run(where: Place) -> list[Row]:
    big, rows = list(_big()), []
    small = [Schedule(one.name, BERLIN, rotation=one.stack[0].rotation) for one in big]
    if where.sqlite:
        # The database has no part in these.
        rows = [*_answers(big, small, where.rounds), *_kept(big, where.rounds)]
    return [*rows, *_pages(where, big)]


def _big() -> Iterator[Schedule]:
    """Each with layers that hold always, in the office, at night, at weekends and for an hour a week."""
    started = datetime.fromisoformat("2026-01-05T09:00")
    hours = (None, "mon-fri 09:00-17:00", "daily 22:00-06:00", "sat,sun 00:00-24:00", "wed 12:00-13:00")
    for number in range(SCHEDULES):
        ours = tuple(PEOPLE[(number + place) % len(PEOPLE)] for place in range(8))
        layers = tuple(
            Layer(
                Rotation(ours[place:] + ours[:place], 7 * DAY if place % 2 else DAY, started),
                window and parse_hours(window),
            )
            for place, window in enumerate(hours)
        )
        begin = NOW - DAY
        calendar = tuple(
            Shift((ours[place % 8],), begin + place * 4 * HOUR, begin + place * 4 * HOUR + 3 * HOUR)
            for place in range(SHIFTS)
        )
        few = OVERRIDES // SCHEDULES
        overrides = tuple(
            Override(
                number * few + place + 1, f"team{number}", ours[place], NOW + place * DAY, NOW + place * DAY + 8 * HOUR
            )
            for place in range(few)
        )
        yield Schedule(f"team{number}", BERLIN, calendar=calendar, overrides=overrides, layers=layers)


def _answers(big: list[Schedule], small: list[Schedule], rounds: int) -> list[Row]:
    asked: dict[str, Callable[[list[Schedule]], object]] = {
        "on call now": lambda schedules: [on_call(one, NOW) for one in schedules],
        "the stretch around now": lambda schedules: [shift(one, NOW) for one in schedules],
        f"stretches of {AHEAD.days} days": lambda schedules: [shifts(one, NOW, NOW + AHEAD) for one in schedules],
        f"gaps and doubles of {AHEAD.days} days": lambda schedules: (
            [gaps(one, NOW, NOW + AHEAD) for one in schedules],
            doubles(schedules, NOW, NOW + AHEAD),
        ),
    }
    rows = []
    for what, ask in asked.items():
        took = Beside()
        for turn in range(3 * rounds):
            for which, schedules in in_turn(turn, big, small):
                took.add(which, _seconds(lambda ask=ask, schedules=schedules: ask(schedules)))
        rows.append(_row(f"{SCHEDULES} schedules: {what}, of one rotation each", took))
    return rows


def _kept(big: list[Schedule], rounds: int) -> list[Row]:
    """What is done every few seconds, with nothing new."""
    duty = Duty(Roster({one.name: one for one in big}, {}, frozenset(PEOPLE)))
    standing = [override for one in big for override in one.overrides]
    took = [_seconds(lambda: duty.overrides(standing)) for _ in range(10 * rounds)]
    return [at_most(f"{SCHEDULES} schedules: overrides looked at, none new", percentile(took, 0.5) * 1000, "ms", None)]


def _pages(where: Place, big: list[Schedule]) -> list[Row]:
    """An alert that opens an incident and pages whoever is on call."""
    told = rules(load(configured(where.database(), 1, where.scratch(), "http://127.0.0.1:1"), {}))
    ladder = Ladder("platform", (Step(("schedule:team7",), HOUR),))
    plain = [replace(one, overrides=()) for one in big]
    with_overrides, without = (
        replace(told, roster=Roster({one.name: one for one in schedules}, {"platform": ladder}, frozenset(PEOPLE)))
        for schedules in (plain, [])
    )
    nobody = replace(
        without, roster=replace(without.roster, ladders={"platform": Ladder("platform", (Step((), HOUR),))})
    )
    standing = [override for one in big for override in one.overrides]
    ours, bare = _Paging(where, with_overrides, standing), _Paging(where, nobody, [])
    took = Beside()
    for turn in range(where.rounds * PAGES):
        for which, side in in_turn(turn, ours, bare):
            took.add(which, _seconds(lambda side=side, turn=turn: side.page(turn)))
    ours.database.close()
    bare.database.close()
    return [_row(where.name(f"a page with {OVERRIDES} overrides, of one that asks nobody"), took)]


class _Paging:
    def __init__(self, where: Place, told: Rules, standing: list[Override]) -> None:
        self.database = Database(where.database())
        migrate.upgrade(self.database)
        self._store = SqlStore(self.database, FakeClock(NOW))
        self._rules = told
        if standing:
            with self._store.begin() as tx:
                tx.take_override_ids(len(standing))
                tx.add_overrides(standing)

    def page(self, number: int) -> None:
        labels = {"alertname": "VolumeLatencyHigh", "severity": "critical", "region": "eu-1", "az": f"az{number}"}
        handle(
            self._store, [Notification("bench", (Alert("bench", f"f{number}", True, NOW, labels=labels),))], self._rules
        )


def _seconds(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def _row(name: str, took: Beside) -> Row:
    return beside(name, percentile(took.ours, 0.5) * 1000, percentile(took.bare, 0.5) * 1000, "ms")
