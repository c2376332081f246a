"""The clock never goes back, whatever somebody does to the machine's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from adapters.clock import SystemClock

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class Machine:
    """A machine whose clock can be set, and whose seconds pass all the same."""

    def __init__(self) -> None:
        self.wall = NOON
        self.ticks = 1000.0

    def passes(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.ticks += seconds

    def clock(self) -> SystemClock:
        return SystemClock(lambda: self.wall, lambda: self.ticks)


def test_it_tells_the_machines_time():
    machine = Machine()
    clock = machine.clock()
    machine.passes(90)
    assert clock.now() == NOON + timedelta(seconds=90)


def test_set_back_an_hour_it_goes_on_from_where_it_was():
    machine = Machine()
    clock = machine.clock()
    machine.passes(60)
    assert clock.now() == NOON + timedelta(seconds=60)
    machine.wall -= timedelta(hours=1)
    machine.passes(30)
    assert clock.now() == NOON + timedelta(seconds=90)


def test_set_ahead_it_follows_and_a_correction_back_does_not_stop_it():
    machine = Machine()
    clock = machine.clock()
    machine.wall += timedelta(minutes=5)
    assert clock.now() == NOON + timedelta(minutes=5)
    machine.wall -= timedelta(minutes=5)
    machine.passes(10)
    assert clock.now() == NOON + timedelta(minutes=5, seconds=10)


def test_the_real_one_is_close_to_the_real_time():
    assert abs(SystemClock().now() - datetime.now(UTC)) < timedelta(seconds=5)
