"""An answer that races the clock, and answers that race each other, by several processes on one database: the first wins, and whoever
comes second is told so."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.chat.acknowledging import acknowledged
from bot.handle import Outcome, handle
from bot.incident import commands as c
from bot.incident import effects as f
from bot.incident import events as e
from bot.ports import Rejected, Unavailable
from bot.store import Claimed, Conflict, Settlement
from storage.engine import Database
from storage.store import SqlStore
from tests.clock import FakeClock
from tests.contract.stage import Stage
from tests.until import PATIENCE
from tests.world import RULES, World, an_ask

LEASE = timedelta(seconds=60)
ROUNDS = 12
NAMES = {"ana": "Ana Ruiz", "ben": "Ben Okafor"}.__getitem__


@pytest.fixture
def other(world: World, database_url: str) -> Iterator[World]:
    """Another process on the same database: it shares nothing with the first but that, and its clock is half a minute behind."""
    database = Database(database_url)
    yield World(database, FakeClock(world.clock.now() - timedelta(seconds=30)), world.rules)
    database.close()


def at_once(*works: Callable[[], Outcome]) -> list[Outcome]:
    """What came of these, begun at the same moment."""
    gate, found = threading.Barrier(len(works)), [Outcome()] * len(works)

    def run(place: int) -> None:
        gate.wait(PATIENCE)
        while True:
            try:
                found[place] = works[place]()
                return
            except Conflict:
                continue

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def ladder_due(world: World, number: int) -> Claimed:
    """The clock of an incident's ladder, claimed."""
    claimed = world.outbox.claim(50, LEASE)
    return next(i for i in claimed if isinstance(i.effect, f.WakeEscalation) and i.incident == number)


def rung(world: World, item: Claimed) -> Callable[[], Outcome]:
    assert isinstance(item.effect, f.WakeEscalation)
    ask = an_ask(c.Escalate(ladder="platform", step=1, round=0, due=item.effect.due), item.incident, by="klatsch")
    return lambda: world.do(Settlement(item.id, item.attempt, item.incident, "done", ask=ask))[0]


def paged(world: World, number: int) -> list[tuple[str, ...]]:
    events = [r.event for r in world.lookups.history(number)]
    return [event.people for event in events if isinstance(event, e.PeoplePaged)]


def test_an_answer_that_races_the_clock_was_first_or_is_told_who_was_paged(world: World, other: World) -> None:
    for _ in range(ROUNDS):
        number = world.opened(page="policy:platform", another=True).number
        world.clock.forward(minutes=5)
        clock = ladder_due(world, number)
        answer, _ = at_once(lambda n=number: other.ask(c.Acknowledge(person="ana"), n), rung(world, clock))
        assert answer.after is not None
        told = acknowledged(answer.after, "ana", NAMES, "UTC", new=bool(answer.events))
        assert told.startswith(f"You have INC-{number}; nobody else is woken.")
        assert ("Ben Okafor was paged" in told) is (len(paged(world, number)) == 2)
        world.clock.forward(minutes=30)
        effects = [item.effect for item in world.outbox.claim(50, LEASE) if item.incident == number]
        assert not [effect for effect in effects if isinstance(effect, f.SendPage | f.WakeEscalation)]


def test_of_two_who_answer_at_once_one_has_it_and_the_other_is_told(world: World, other: World) -> None:
    for _ in range(ROUNDS):
        number = world.opened(page="policy:platform", another=True).number
        outcomes = at_once(
            lambda n=number: world.ask(c.Acknowledge(person="ana"), n),
            # At the provider, and in chat, at the same time.
            lambda n=number: other.ask(c.Acknowledge(person="ben", via="pagerduty"), n, by="ben"),
        )
        (winner,) = [person for person, one in zip(("ana", "ben"), outcomes, strict=True) if one.events]
        loser = "ben" if winner == "ana" else "ana"
        late = outcomes[("ana", "ben").index(loser)]
        assert late.after is not None
        assert acknowledged(late.after, loser, NAMES, "UTC", new=False) == (
            f"{NAMES(winner)} has INC-{number} already; you need do nothing."
        )


def test_an_end_that_races_the_clock_leaves_nobody_to_be_woken(world: World, other: World) -> None:
    for _ in range(ROUNDS):
        number = world.opened(page="policy:platform", another=True).number
        world.clock.forward(minutes=5)
        clock = ladder_due(world, number)
        at_once(lambda n=number: other.ask(c.Resolve(summary="ok"), n), rung(world, clock))
        incident = world.lookups.incident(number)
        assert incident is not None
        assert incident.paging is not None
        assert not incident.paging.waiting
        world.clock.forward(minutes=30)
        effects = [item.effect for item in world.outbox.claim(50, LEASE) if item.incident == number]
        assert not [effect for effect in effects if isinstance(effect, f.SendPage | f.WakeEscalation)]


def test_a_clock_that_two_processes_hold_asks_the_next_one_once(world: World, other: World) -> None:
    """The first was slow, its lease ran out, and another took over; both come back."""
    number = world.opened(page="policy:platform").number
    world.clock.forward(minutes=5)
    slow = ladder_due(world, number)
    world.clock.forward(seconds=61)
    quick = ladder_due(world, number)
    first, second = at_once(rung(world, slow), rung(other, quick))
    assert (first.late, second.late) == (True, False)
    assert paged(world, number) == [("ana",), ("ben",)]


def test_the_databases_clock_decides_whatever_the_bots_say(postgresql_url: str) -> None:
    """Two bots half a minute apart, as they are served: neither is given a clock of its own to write by."""
    world, database = World(Database(postgresql_url)), Database(postgresql_url)
    try:
        stores = [SqlStore(world.database, None), SqlStore(database, None)]
        handle(stores[0], [an_ask(c.Open(title="Down", page="policy:platform"))], world.rules)
        handle(stores[1], [an_ask(c.Page(target="person:ben"), 1)], world.rules)
        at = [recorded.recorded_at for recorded in world.lookups.history(1)]
        assert at == sorted(at)
        assert at[-1] - at[0] < timedelta(seconds=20)
    finally:
        world.close()
        database.close()


async def test_who_is_asked_again_while_an_earlier_page_is_retried_gets_one(stage: Stage) -> None:
    stage.ntfy.orders.then.append(Unavailable("busy", timedelta(minutes=12)))
    await stage.open(page="policy:platform")
    await stage.settle()
    for _ in range(2):
        stage.clock.forward(minutes=5)
        await stage.settle()
    assert [event.people for event in stage.events(e.PeoplePaged)] == [("ana",), ("ben",), ("ana",)]
    assert stage.ntfy.woken == []
    stage.clock.forward(minutes=2)
    await stage.settle()
    assert stage.ntfy.woken == ["ana"]


async def test_a_page_gives_up_by_the_databases_clock_and_not_by_a_bots(stage: Stage) -> None:
    """However far ahead the machine is: the deliverer has no clock of its own to ask."""
    stage.ntfy.orders.always = Unavailable("busy")
    await stage.open(page="person:ana")
    await stage.deliverer.drain()
    assert stage.events(e.PageFailed) == []
    (claimed,) = [row for row in stage.effects("send_page") if row[1] == "waiting"]
    assert claimed == ("send_page", "waiting", 1)
    stage.clock.forward(minutes=16)
    await stage.deliverer.drain()
    assert [failed.way for failed in stage.events(e.PageFailed)] == ["ntfy"]


async def test_ways_that_never_get_through_are_each_tried_once_and_then_the_next_one_is_asked(stage: Stage) -> None:
    """The second of them had time; brought forward, it failed, and was brought forward again and again."""
    ana = replace(RULES.policy.people["ana"], waits={"email": timedelta(minutes=2)})
    policy = replace(RULES.policy, people={**RULES.policy.people, "ana": ana})
    stage.writer._rules = replace(RULES, policy=policy)
    stage.ntfy.orders.always = stage.email.orders.always = Rejected("no")
    await stage.open(page="person:ana")
    for _ in range(12):
        await stage.deliverer.round()
    assert [failed.way for failed in stage.events(e.PageFailed)] == ["ntfy", "email"]
    assert len(stage.email.tries) == 1
