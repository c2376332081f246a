"""A clock that is set back or ahead under what waits, on SQLite and on PostgreSQL: each rung comes once, after its wait, and nothing
stands still for as long as the clock went back. The database's clock cannot be set here; the one we give it can."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from bot.incident import commands as c
from bot.incident import effects as f
from bot.incident import events as e
from bot.oncall.escalation import Ladder, Step
from bot.perform import asked
from bot.store import Claimed, Settlement
from storage.engine import Database
from storage.outbox import SqlOutbox
from storage.rows import time_of
from storage.tables import outbox
from tests.clock import FakeClock
from tests.databases import made_in
from tests.world import PEOPLE, RULES, World

LEASE, MINUTE = timedelta(seconds=60), timedelta(minutes=1)
WAIT = 5 * MINUTE


@pytest.fixture
def watchful(world: World) -> World:
    return looking(world)


def looking(world: World) -> World:
    """With an outbox that looks for a clock that was set back at each claim."""
    world.outbox = SqlOutbox(world.database, world.clock, looks_every=0)
    return world


def deliver(world: World) -> list[Claimed]:
    """Do all that is due, as the deliverer does: the clocks ask for the next rung, and what goes outside arrives."""
    done: list[Claimed] = []
    while claimed := world.outbox.claim(50, LEASE):
        done += claimed
        world.do(*(Settlement(i.id, i.attempt, i.incident, "done", ask=came_of(i)) for i in claimed))
    return done


def came_of(item: Claimed) -> c.Ask | None:
    match item.effect:
        case f.WakeEscalation(ladder=ladder, step=step, round=round, due=due):
            return asked(c.Escalate(ladder=ladder, step=step + 1, round=round, due=due), item.incident, item)
        case f.SendPage(person=person, way=way):
            return asked(c.RecordPage(person=person, way=way), item.incident, item)
        case _:
            return None


def rungs(world: World) -> list[tuple[int, int]]:
    events = [recorded.event for recorded in world.lookups.history(1)]
    return [(event.round, event.step) for event in events if isinstance(event, e.PeoplePaged)]


def escalates_in(world: World) -> timedelta:
    """How long the ladder's clock still waits."""
    with world.database.read() as connection:
        due = select(outbox.c.due_at).where(outbox.c.kind == "wake_escalation", outbox.c.state == "waiting")
        found: datetime = connection.execute(due).scalar_one()
    return found - world.clock.now()


def ways(done: list[Claimed]) -> list[str]:
    return [item.effect.way for item in done if isinstance(item.effect, f.SendPage)]


def test_a_clock_set_back_makes_no_rung_wait_for_the_hours_again(watchful: World) -> None:
    world = watchful
    world.opened(page="policy:platform")
    deliver(world)
    world.clock.forward(minutes=2)
    deliver(world)
    world.clock.back(hours=3)
    deliver(world)
    world.clock.forward(minutes=2, seconds=58)
    deliver(world)
    assert rungs(world) == [(0, 0)]
    world.clock.forward(seconds=3)
    deliver(world)
    assert rungs(world) == [(0, 0), (0, 1)]
    world.clock.forward(minutes=4, seconds=59)
    deliver(world)
    assert rungs(world) == [(0, 0), (0, 1)]


def test_of_two_bots_one_moves_what_waits(watchful: World) -> None:
    world = watchful
    other = SqlOutbox(world.database, world.clock, looks_every=0)
    world.opened(page="policy:platform")
    deliver(world)
    world.clock.back(hours=3)
    other.claim(50, LEASE)
    deliver(world)
    assert escalates_in(world) == WAIT


def test_the_lease_of_who_died_runs_out_although_the_clock_is_set_back(watchful: World) -> None:
    world = watchful
    world.opened(page="policy:platform")
    held = [item.id for item in world.outbox.claim(50, LEASE)]
    world.clock.back(hours=1)
    assert not {item.id for item in world.outbox.claim(50, LEASE)} & set(held)
    world.clock.forward(seconds=61)
    assert {item.id for item in world.outbox.claim(50, LEASE)} >= set(held)


def test_what_is_a_second_apart_is_no_clock_that_was_set_back(watchful: World) -> None:
    """Two processes that ask at the same moment; and what they were told last is remembered all the same."""
    world = watchful
    world.opened(page="policy:platform")
    deliver(world)
    for _ in range(5):
        world.clock.back(seconds=1)
        deliver(world)
    assert escalates_in(world) == WAIT + timedelta(seconds=5)


def test_a_restart_after_the_clock_was_set_back_waits_for_what_was_left(watchful: World) -> None:
    world = watchful
    world.opened(page="policy:platform")
    deliver(world)
    world.clock.forward(minutes=3)
    deliver(world)
    world.clock.back(hours=2)
    SqlOutbox(world.database, world.clock).take_over()
    assert escalates_in(world) == 2 * MINUTE


@contextmanager
def patient(world: World) -> Iterator[World]:
    """Ana's mail comes two minutes after the rest."""
    ana = replace(PEOPLE["ana"], waits={"email": 2 * MINUTE})
    world.rules = replace(RULES, policy=replace(RULES.policy, people={**PEOPLE, "ana": ana}))
    yield world


def test_a_restart_does_not_bring_forward_the_ways_that_wait(watchful: World) -> None:
    with patient(watchful) as world:
        world.opened(page="policy:platform")
        assert ways(deliver(world)) == ["ntfy"]
        world.outbox.take_over()
        assert ways(deliver(world)) == []
        world.clock.forward(minutes=2)
        assert ways(deliver(world)) == ["email"]


def test_a_page_that_a_dead_process_had_begun_is_taken_over_at_once(watchful: World) -> None:
    with patient(watchful) as world:
        world.opened(page="policy:platform")
        assert ways(world.outbox.claim(50, LEASE)) == ["ntfy"]
        world.outbox.take_over()
        assert ways(deliver(world)) == ["ntfy"]


def test_a_page_of_the_next_round_is_not_taken_for_sent_because_the_clock_was_set_back(watchful: World) -> None:
    """Ana was reached in the first round, at a time that has yet to come."""
    world = watchful
    world.opened(page="policy:platform")
    deliver(world)
    world.clock.back(hours=3)
    for _ in range(2):
        deliver(world)
        world.clock.forward(minutes=5, seconds=2)
    deliver(world)
    assert rungs(world) == [(0, 0), (0, 1), (1, 0)]
    held = world.lookups.incident(1).paging
    assert held.went_out("ana", "ntfy", since=held.pages["ana"].event)
    before = world.lookups.history(1, upto=held.pages["ana"].event)
    assert [r.event.person for r in before if isinstance(r.event, e.PageSent)] == ["ana", "ana", "ben"]


def test_a_session_in_another_zone_counts_the_time_that_passes(postgresql_url: str) -> None:
    """A pooler before the server may forget the zone we asked for. In Berlin's, five minutes after 02:58 would be an hour and five."""
    world = World(Database(postgresql_url))
    try:
        with world.database.write() as connection:
            connection.execute(text("SET LOCAL TimeZone = 'Europe/Berlin'"))
            now = time_of(connection, None)
        assert now.utcoffset() == timedelta(0)
        assert now.tzinfo is UTC
        assert abs(now - datetime.now(UTC)) < MINUTE
    finally:
        world.close()


# Any life of a clock

JUMPS = st.sampled_from([0, 0, 0, 0, 0, -1, -30, -3600, 30, 3600]) | st.integers(-7200, 7200)
TICKS = st.lists(st.tuples(JUMPS, st.integers(1, 60)), min_size=10, max_size=40)
LADDER = Ladder("platform", (Step(("person:ana",), WAIT), Step(("person:ben",), 2 * WAIT)), repeat=2)
WAITS = {(0, 0): WAIT, (0, 1): 2 * WAIT, (1, 0): WAIT, (1, 1): 2 * WAIT}


def live(world: World, ticks: list[tuple[int, int]], *, restarts: bool) -> None:
    """Each tick the clock jumps, some seconds pass, and what is due is done. What was wrong fails."""
    # Nothing but pages and their clock.
    policy = replace(RULES.policy, platforms=())
    world.rules = replace(RULES, policy=policy, roster=replace(RULES.roster, ladders={"platform": LADDER}))
    world.opened(page="policy:platform")
    deliver(world)
    passed, ahead, slack = timedelta(0), timedelta(0), timedelta(0)
    since, seen = timedelta(0), [(0, 0)]
    for jump, seconds in ticks:
        tick = timedelta(seconds=seconds)
        world.clock.forward(seconds=jump + seconds)
        passed += tick
        ahead += timedelta(seconds=max(jump, 0))
        # What passes between two looks hides as much of a step back.
        slack += (tick + timedelta(seconds=1)) if jump < 0 else timedelta(0)
        if restarts and jump < 0:
            world.outbox = SqlOutbox(world.database, world.clock, looks_every=0)
            world.outbox.take_over()
        deliver(world)
        now = rungs(world)
        assert now[: len(seen)] == seen
        new = now[len(seen) :]
        wait = WAITS[seen[-1]]
        assert len(new) <= 1
        if new:
            assert passed - since >= wait - ahead
        ended = any(isinstance(r.event, e.PagingEnded) for r in world.lookups.history(1))
        if not new and not ended:
            assert passed - since < wait + slack
        if new:
            since, ahead, slack = passed, timedelta(0), timedelta(0)
        seen = now
    assert seen == [*WAITS][: len(seen)]


@given(TICKS, st.booleans())
@settings(max_examples=12, deadline=None)
def test_whatever_the_clock_does_each_rung_comes_once_and_neither_too_early_nor_too_late(
    ticks: list[tuple[int, int]], restarts: bool
) -> None:
    with TemporaryDirectory() as folder:
        world = looking(World(Database(made_in(Path(folder))), FakeClock()))
        try:
            live(world, ticks, restarts=restarts)
        finally:
            world.close()


def test_the_same_on_both_databases(world: World) -> None:
    live(looking(world), [(0, 60), (-3600, 30), (0, 60), (3600, 1), (-30, 50), (0, 60), (-7200, 1)] * 6, restarts=False)
    assert len(rungs(world)) >= 3
