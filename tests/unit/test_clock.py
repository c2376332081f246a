"""The clock never goes back, whatever somebody does to the machine's."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.clock import SystemClock
from tests.until import PATIENCE

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
    before = datetime.now(UTC)
    told = SystemClock().now()
    # What it adds up is rounded to microseconds.
    assert before <= told <= datetime.now(UTC) + timedelta(milliseconds=1)


JUMPS = st.sampled_from([-7200.0, -3600.0, -30.0, -1.0, 0.0, 1.0, 30.0, 3600.0]) | st.floats(-90_000, 90_000)
LIVES = st.lists(st.tuples(JUMPS, st.floats(0, 900)), min_size=1, max_size=20)


@given(LIVES)
def test_whatever_the_machines_clock_does_as_much_time_passes_as_passes_or_more_by_the_jump_ahead(
    life: list[tuple[float, float]],
):
    """Nothing waits longer than it should, and nothing comes sooner than the clock was set ahead."""
    machine = Machine()
    clock = machine.clock()
    ahead = 0.0
    for jump, seconds in life:
        before = clock.now()
        machine.wall += timedelta(seconds=jump)
        machine.passes(seconds)
        took = (clock.now() - before).total_seconds()
        assert seconds - 0.001 <= took <= seconds + max(jump, 0.0) + 0.001
        ahead += max(jump, 0.0)
    assert clock.now() >= machine.wall
    assert clock.now() <= NOON + timedelta(seconds=ahead + sum(seconds for _, seconds in life) + 1)


def test_many_threads_see_no_time_that_never_was():
    """The machine's clock catches up after an hour, while somebody else is asking: both see the same time."""
    machine = Machine()
    asked, caught_up = threading.Event(), threading.Event()

    def ticks() -> float:
        if threading.current_thread() is slow:
            # In the middle of asking: what it knows of the anchor is from before.
            asked.set()
            caught_up.wait(0.2)
        return machine.ticks

    slow = threading.Thread(target=lambda: seen.append(clock.now()))
    seen: list[datetime] = []
    clock = SystemClock(lambda: machine.wall, ticks)
    machine.passes(3600)
    # Until now nobody has asked for an hour, in which the machine's clock was a little slow.
    machine.wall -= timedelta(seconds=0.5)
    slow.start()
    assert asked.wait(PATIENCE)
    machine.wall += timedelta(seconds=1)
    clock.now()
    machine.wall -= timedelta(hours=2)
    caught_up.set()
    slow.join()
    assert seen == [NOON + timedelta(hours=1, seconds=0.5)]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the monotonic clock counts them")
def test_the_seconds_of_a_suspended_machine_count(monkeypatch: pytest.MonkeyPatch):
    """Set back an hour, and put to sleep for half of one: it was half an hour all the same."""
    slept, wall = {time.CLOCK_BOOTTIME: 0.0}, [NOON]
    # No other time passes, however long the test takes.
    monkeypatch.setattr(time, "clock_gettime", lambda which: 1000.0 + slept.get(which, 0.0))
    clock = SystemClock(lambda: wall[0])
    wall[0] -= timedelta(hours=1)
    slept[time.CLOCK_BOOTTIME] = 1800.0
    wall[0] += timedelta(minutes=30)
    assert clock.now() == NOON + timedelta(minutes=30)


@pytest.fixture
def in_berlin() -> Iterator[None]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = "Europe/Berlin"
    time.tzset()
    yield
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.usefixtures("in_berlin")
@pytest.mark.parametrize("night", ["2026-03-29T00:58:00Z", "2026-10-25T00:58:00Z"])
def test_the_nights_the_clocks_change_are_as_long_as_they_are(night: str):
    """What the machine says is asked for in UTC, and so is what is added to it."""
    begun = datetime.fromisoformat(night).timestamp()
    at = [begun]
    clock = SystemClock(lambda: datetime.fromtimestamp(at[0], UTC), lambda: at[0])
    due = clock.now() + timedelta(minutes=5)
    at[0] += 299
    assert clock.now() < due
    at[0] += 1
    assert clock.now() == due
    assert SystemClock().now().utcoffset() == timedelta(0)
