"""One hands over to the next: said once where incidents are announced, whatever dies in between; and the word to everybody
when nobody answers."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from bot.incident import commands as c
from bot.incident.model import Kind, Severity
from bot.on_duty import OnDuty
from bot.oncall.escalation import Ladder, Roster, Step
from bot.oncall.handover import HandOver, notices
from bot.oncall.hours import parse_hours
from bot.oncall.rotations import Layer
from bot.oncall.schedules import Rotation, Schedule
from bot.ports import Rejected, Unavailable
from storage.memory import SqlMemory
from tests.clock import FakeClock
from tests.contract.stage import Stage, on_stage
from tests.fakes import Orders
from tests.statements import statements
from tests.world import PEOPLE, RULES, World

SECOND, HOUR, WEEK = timedelta(seconds=1), timedelta(hours=1), timedelta(weeks=1)
BERLIN = ZoneInfo("Europe/Berlin")
ROTATION = Rotation(("ana", "ben"), WEEK, datetime.fromisoformat("2026-10-26T09:00"))
PLATFORM = Schedule("platform", BERLIN, ROTATION)
ROSTER = Roster(
    {"platform": PLATFORM},
    {"platform": Ladder("platform", (Step(("schedule:platform",), 5 * HOUR / 60),))},
    frozenset(PEOPLE),
)
"""Ana has it at START; Ben from 09:00 in Berlin, five hours later, on."""


@pytest.fixture
async def stage(world: World, tmp_path: Path) -> AsyncIterator[Stage]:
    world.rules = replace(RULES, roster=ROSTER)
    async with on_stage(world, tmp_path) as stage:
        yield stage


def on_duty(stage: Stage) -> OnDuty:
    memory = SqlMemory(stage.world.database, stage.clock, "klatsch: on duty")
    return OnDuty(stage.duty, stage.world.lookups, stage.writer, memory, stage.clock, ("console",))


def told(stage: Stage) -> list[str]:
    return [said for said in stage.announced() if "hands over" in said]


async def test_a_hand_over_says_who_has_it_what_is_open_and_how_many_pages_there_were(stage: Stage) -> None:
    watch = on_duty(stage)
    await watch.look()
    await stage.open("Volumes slow", severity=Severity.SEV2, page="schedule:platform")
    await stage.open("Secret", private=True)
    await stage.open("Played", kind=Kind.DRILL)
    stage.clock.forward(hours=5)
    await watch.look()
    await stage.settle()
    (said,) = told(stage)
    assert "platform: Ana Ruiz hands over to Ben Okafor, until Mon 09 Nov 09:00 CET" in said
    assert "INC-1 · SEV2 · investigating · Volumes slow" in said
    assert "Since Mon 26 Oct 09:00 CET: 1 page, in sleep hours." in said
    assert "Secret" not in said
    assert "INC-2" not in said
    assert "INC-3" not in said


async def test_the_first_look_and_the_same_people_say_nothing(stage: Stage) -> None:
    for _ in range(3):
        await on_duty(stage).look()
        stage.clock.forward(hours=1)
    await stage.settle()
    assert not told(stage)


async def test_a_turn_that_goes_on_is_looked_at_once(stage: Stage) -> None:
    def about_who_had_it(sent: list[tuple[str, object]]) -> int:
        return sum("memory" in statement for statement, _ in sent)

    watch = on_duty(stage)
    with statements() as first:
        await watch.look()
    assert about_who_had_it(first) > 0
    stage.clock.forward(hours=1)
    with statements() as second:
        await watch.look()
    assert about_who_had_it(second) == 0
    stage.world.ask(c.SetOverride(person="ben", start=stage.clock.now(), end=stage.clock.now() + HOUR))
    await watch.look()
    await stage.settle()
    assert len(told(stage)) == 1


async def test_a_hand_over_while_no_bot_ran_is_told_on_return_and_once_by_however_many(stage: Stage) -> None:
    await on_duty(stage).look()
    stage.clock.forward(days=2)
    await asyncio.gather(*(on_duty(stage).look() for _ in range(3)))
    await on_duty(stage).look()
    await stage.settle()
    assert len(told(stage)) == 1


async def test_a_crash_between_the_notice_and_what_is_remembered_tells_it_once(stage: Stage) -> None:
    await on_duty(stage).look()
    stage.clock.forward(hours=5)
    handover = notices(HandOver("platform", ("ana",), stage.clock.now() - WEEK, stage.clock.now()), ("console",))
    await stage.writer.submit(handover)
    await stage.settle()
    await stage.writer.submit(handover)
    await stage.settle()
    assert len(told(stage)) == 1


async def test_of_two_bots_whose_clocks_differ_neither_hands_back(stage: Stage) -> None:
    """In the half minute in which one of them is ahead of the hand-over, and the other behind."""
    ahead = FakeClock(stage.clock.now() + 30 * SECOND)
    memory = SqlMemory(stage.world.database, stage.clock, "klatsch: on duty")
    hasty = OnDuty(stage.duty, stage.world.lookups, stage.writer, memory, ahead, ("console",))
    await on_duty(stage).look()
    for clock in (stage.clock, ahead):
        clock.forward(hours=4, minutes=59, seconds=40)
    for _ in range(12):
        await hasty.look()
        await on_duty(stage).look()
        for clock in (stage.clock, ahead):
            clock.forward(seconds=5)
    await stage.settle()
    (said,) = told(stage)
    assert "Ana Ruiz hands over to Ben Okafor" in said


async def test_a_clock_that_was_set_back_over_a_hand_over_tells_it_once(stage: Stage) -> None:
    await on_duty(stage).look()
    stage.clock.forward(hours=6)
    await on_duty(stage).look()
    stage.clock.back(hours=3)
    for _ in range(8):
        await on_duty(stage).look()
        stage.clock.forward(hours=1)
    await stage.settle()
    assert len([said for said in told(stage) if "Ana Ruiz hands over to Ben Okafor" in said]) == 1


async def test_who_comes_back_after_hours_without_anybody_hands_over_to_nobody(stage: Stage) -> None:
    """Office hours end each evening; that is no hand-over."""
    office = Schedule("platform", BERLIN, layers=(Layer(ROTATION, parse_hours("mon-fri 09:00-17:00")),))
    stage.duty._become(replace(ROSTER, schedules={"platform": office}))
    stage.clock.forward(hours=6)
    for _ in range(12 * 4):
        await on_duty(stage).look()
        stage.clock.forward(hours=2)
    await stage.settle()
    assert not told(stage)


async def test_an_override_that_is_taken_back_hands_over_again(stage: Stage) -> None:
    """To somebody whose turn began long ago, and was told then."""
    await on_duty(stage).look()
    stage.clock.forward(hours=5)
    await on_duty(stage).look()
    stage.clock.forward(minutes=30)
    at = stage.clock.now()
    await stage.ask(c.SetOverride(person="ana", start=at, end=at + HOUR))
    stage.clock.forward(minutes=10)
    await on_duty(stage).look()
    await stage.settle()
    await stage.ask(c.DropOverride(id=1))
    for _ in range(3):
        await on_duty(stage).look()
    await stage.settle()
    again = told(stage)[-1]
    assert "platform: Ana Ruiz hands over to Ben Okafor, until Mon 09 Nov 09:00 CET" in again
    assert len(told(stage)) == 3


async def test_an_override_that_is_gone_before_its_notice_hands_over_to_nobody(stage: Stage) -> None:
    await on_duty(stage).look()
    at = stage.clock.now()
    await stage.ask(c.SetOverride(person="ben", start=at, end=at + HOUR))
    await on_duty(stage).look()
    await stage.ask(c.DropOverride(id=1))
    await on_duty(stage).refresh()
    await stage.settle()
    assert not told(stage)


async def test_a_platform_that_is_down_is_told_later_and_one_that_refuses_is_let_be(stage: Stage) -> None:
    await on_duty(stage).look()
    stage.clock.forward(hours=5)
    await on_duty(stage).look()
    stage.chat.by_method["say"] = Orders(always=Unavailable("down"))
    await stage.settle()
    assert not told(stage)
    del stage.chat.by_method["say"]
    stage.clock.forward(minutes=5)
    await stage.settle()
    assert len(told(stage)) == 1
    stage.clock.forward(weeks=1)
    await on_duty(stage).look()
    stage.chat.by_method["say"] = Orders(deque([Rejected("no")]))
    await stage.settle()
    with stage.world.database.read() as connection:
        states = connection.execute(text("SELECT state FROM outbox WHERE kind = 'say_handover' ORDER BY id")).scalars()
    assert list(states) == ["done", "failed"]


async def test_nobody_answers_and_everybody_reads_it_with_a_button_and_the_room_shows_how_people_are_reached(
    stage: Stage,
) -> None:
    await stage.open("Region is down", severity=Severity.SEV1, page="policy:platform")
    await stage.settle()
    stage.clock.forward(minutes=6)
    await stage.settle()
    (said,) = [one for one in stage.announced() if "Whoever can" in one]
    assert "INC-1 SEV1" in said
    assert "Asked: Ana Ruiz." in said
    room = "\n".join(stage.loudly())
    assert "Nobody answered the pages. This is how people are reached by hand:" in room
    assert "Ana Ruiz: ana@example.org" in room


async def test_how_people_are_reached_by_hand_is_said_only_while_it_is_needed(stage: Stage) -> None:
    """A page that got through meanwhile, or an answer, needs nobody's telephone number."""
    stage.email.orders.always = stage.ntfy.orders.always = Unavailable("down")
    number = await stage.open("Region is down", severity=Severity.SEV1, page="policy:platform")
    await stage.settle()
    stage.clock.forward(minutes=5)
    await stage.ask(c.Escalate(ladder="platform", step=1, round=0), number)
    stage.email.orders.always = stage.ntfy.orders.always = None
    await stage.ask(c.Acknowledge(person="ana"), number)
    await stage.settle()
    assert "reached by hand" not in "\n".join(stage.loudly())


async def test_who_answers_before_it_is_called_out_spares_everybody(stage: Stage) -> None:
    number = await stage.open("Region is down", severity=Severity.SEV1, page="policy:platform")
    await stage.settle()
    stage.clock.forward(minutes=6)
    await stage.ask(c.Escalate(ladder="platform", step=1, round=0), number)
    await stage.ask(c.Acknowledge(person="ben"), number)
    await stage.settle()
    assert not [one for one in stage.announced() if "Whoever can" in one]


async def test_what_was_paged_is_found_by_its_index(world: World) -> None:
    world.rules = replace(RULES, roster=ROSTER)
    world.opened(page="schedule:platform")
    with statements() as sent:
        found = world.lookups.paged(world.clock.now() - HOUR, world.clock.now() + HOUR)
    assert [one.targets for one in found] == [("schedule:platform",)]
    (statement, parameters), *_ = [one for one in sent if "people_paged" in one[0]]
    with world.database.read() as connection:
        if not world.database.sqlite:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        explain = "EXPLAIN QUERY PLAN" if world.database.sqlite else "EXPLAIN"
        plan = connection.exec_driver_sql(f"{explain} {statement}", parameters).all()
    assert "event_paged" in str(plan)
