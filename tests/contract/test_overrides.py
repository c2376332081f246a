"""Who is on call otherwise than the rotation says: typed, stored, heeded by the next page, and taken back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from bot.answered import Answered
from bot.chat.templates import Templates
from bot.converse import Conversation
from bot.duty import Duty
from bot.inbox import Writer
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.effects import Cancel
from bot.incident.model import Kind, Refused
from bot.oncall.escalation import Ladder, Roster, Step
from bot.oncall.schedules import Rotation, Schedule
from bot.ports import Said
from bot.questions import Answers, Names
from bot.words import Wording
from tests.clock import START
from tests.statements import statements
from tests.world import PEOPLE, RULES, World, an_ask

HOUR, WEEK = timedelta(hours=1), timedelta(weeks=1)
ROTATION = Rotation(("ana", "ben"), WEEK, datetime.fromisoformat("2026-10-26T09:00"))
ROSTER = Roster(
    schedules={"platform": Schedule("platform", ZoneInfo("Europe/Berlin"), ROTATION)},
    ladders={
        "platform": Ladder("platform", (Step(("schedule:platform",), 5 * HOUR / 60),)),
        "fair": Ladder("fair", (Step(("person:ana", "person:ben"), turn="fair:0"),)),
    },
    people=frozenset(PEOPLE),
    default="platform",
)
"""Ana is on call at START, and Ben from 09:00 in Berlin, five hours later, on."""

Typing = Callable[..., Awaitable[str]]


@pytest.fixture
def world(world: World) -> World:
    world.rules = replace(RULES, roster=ROSTER)
    return world


@pytest.fixture
async def type_(world: World) -> AsyncIterator[Typing]:
    writer = Writer(world.store, world.rules)
    duty = Duty(ROSTER, changed=writer.follow)
    names = Names(people=PEOPLE, duty=duty, default_ladder="platform", zone="Europe/Berlin")
    answers = Answers(world.lookups, world.clock, names, Wording(Templates(), PEOPLE, "Europe/Berlin", {}, duty))
    conversation = Conversation(writer, world.lookups, world.clock, names, answers)
    writing = asyncio.create_task(writer.run())

    async def type_(line: str, by: str = "ana", message: str = "") -> str:
        answer = await conversation.said(Said(platform="terminal", room="", by=by, line=line, message=message))
        return answer.to_plain()

    yield type_
    writer.stop()
    await writing


def paged(world: World, target: str = "schedule:platform") -> tuple[str, ...]:
    """Who is paged for a new incident."""
    outcome = world.ask(c.Open(title=f"Down {world.clock.now()} {target}", another=True, page=target))
    return next(event.event.people for event in outcome.events if isinstance(event.event, e.PeoplePaged))


async def test_whoever_takes_over_is_paged_from_then_until_it_ends(world: World, type_: Typing) -> None:
    assert await type_("override ben 05:00-07:00") == (
        "Ben Okafor is on call in platform from Mon 02 Nov 05:00 to 07:00 CET · undo: override drop 1"
    )
    assert paged(world) == ("ana",)
    world.clock.forward(hours=1)
    assert paged(world) == ("ben",)
    world.clock.forward(hours=2)
    assert paged(world) == ("ana",)


async def test_what_stands_is_listed_and_an_override_is_taken_back(world: World, type_: Typing) -> None:
    await type_("override ben until 07:00")
    assert "1: Ben Okafor is on call in platform" in await type_("override")
    assert "platform: Ben Okafor until Mon 02 Nov 07:00 CET, then Ana Ruiz" in await type_("oncall")
    said = await type_("override drop 1", by="ben")
    assert said.startswith("Taken back: Ben Okafor is on call in platform from Mon 02 Nov 04:00")
    assert "No override stands" in await type_("override")
    assert paged(world) == ("ana",)
    assert "There is no override 1 that has not ended." in await type_("override drop 1")
    with world.database.read() as connection:
        row = connection.execute(text("SELECT made_by, dropped_by FROM override")).one()
    assert tuple(row) == ("ana", "ben")


async def test_a_swap_is_two_overrides_that_stand_and_fall_together(world: World, type_: Typing) -> None:
    said = await type_("override swap @ana with @ben at=tomorrow")
    assert (
        "Ana Ruiz is on call in platform from Tue 03 Nov 00:00 to Mon 09 Nov 09:00 CET, in place of Ben Okafor" in said
    )
    assert (
        "Ben Okafor is on call in platform from Mon 09 Nov 09:00 to Mon 16 Nov 09:00 CET, in place of Ana Ruiz" in said
    )
    assert [one.id for one in world.lookups.overrides(world.clock.now())] == [1, 2]
    await type_("override drop 2")
    assert world.lookups.overrides(world.clock.now()) == []


async def test_the_same_message_makes_one_override(world: World, type_: Typing) -> None:
    await type_("override ben 4h", message="m1")
    assert "handled already" in await type_("override ben 4h", message="m1")
    assert len(world.lookups.overrides(world.clock.now())) == 1


async def test_who_is_on_call_is_answered_for_another_time_and_for_a_day(type_: Typing) -> None:
    await type_("override ben tomorrow 18:00-22:00")
    assert "platform: Ben Okafor until" in await type_("oncall platform at=2026-11-03T19:00")
    day = await type_("oncall platform at=tomorrow")
    rows = [row.strip("•- ") for row in day.splitlines()[1:]]
    assert rows == ["Tue 03 Nov 00:00 to Wed 04 Nov 00:00 CET: Ben Okafor"]
    contacts = await type_("oncall contacts")
    assert "Ana Ruiz: ana@example.org" in contacts
    assert "Ben Okafor: ben@example.org" in contacts


async def test_an_override_of_another_process_counts_at_once(world: World, type_: Typing) -> None:
    """The answer and the page look into the database, whatever this process knows."""
    start = world.clock.now()
    world.ask(c.SetOverride(person="ben", start=start, end=start + 4 * HOUR))
    assert "platform: Ben Okafor until" in await type_("oncall")
    assert "paged Ben Okafor" in await type_("open sev1 Down page=schedule:platform")


async def test_in_one_batch_a_page_heeds_the_override_before_it(world: World) -> None:
    start = world.clock.now()
    _, opened = world.do(
        an_ask(c.SetOverride(person="ben", start=start, end=start + HOUR)),
        an_ask(c.Open(title="Down", page="schedule:platform")),
    )
    assert opened.after is not None
    assert opened.after.paging is not None
    assert opened.after.paging.people == ("ben",)


async def test_a_refused_override_leaves_nothing_and_spoils_nothing(world: World) -> None:
    start = world.clock.now()
    refused, opened = world.do(
        an_ask(c.SetOverride(person="eve", start=start, end=start + HOUR)), an_ask(c.Open(title="Down"))
    )
    assert isinstance(refused.refused, Refused)
    assert opened.after is not None
    assert world.lookups.overrides(start) == []
    world.ask(c.SetOverride(person="ben", start=start, end=start + HOUR))
    assert [one.id for one in world.lookups.overrides(start)] == [1]


async def test_an_override_that_has_ended_or_whose_schedule_is_gone_is_not_listed(world: World, type_: Typing) -> None:
    start = world.clock.now()
    world.ask(c.SetOverride(person="ben", start=start, end=start + HOUR))
    gone = replace(ROSTER, schedules={})
    assert Duty(gone).roster.schedules == {}
    world.clock.forward(hours=1)
    assert "No override stands" in await type_("override")


async def test_those_who_take_turns_are_paged_in_turn_also_in_one_batch(world: World) -> None:
    assert [paged(world, "policy:fair") for _ in range(3)] == [("ana",), ("ben",), ("ana",)]
    outcomes = world.do(*(an_ask(c.Open(title=f"x{n}", page="policy:fair")) for n in range(3)))
    people = [o.after.paging.people for o in outcomes if o.after and o.after.paging]
    assert people == [("ben",), ("ana",), ("ben",)]
    assert world.lookups.turns() == {"fair:0": 6}


async def test_a_turn_that_paged_nobody_is_not_used_up(world: World) -> None:
    drill = world.opened("Drill", kind=Kind.DRILL)
    assert world.ask(c.Page(target="policy:fair"), drill.number).refused is not None
    assert world.lookups.turns() == {}


async def test_an_answer_where_the_page_arrived_is_taken_once_and_said_in_a_sentence(world: World) -> None:
    writer = Writer(world.store, world.rules)
    writing = asyncio.create_task(writer.run())
    answers = Answered(writer, PEOPLE, lambda token: (1, "ana"), "Europe/Berlin")
    world.ask(c.Open(title="Down", page="policy:platform"))
    assert await answers.acknowledge(1, "ana", via="sms", event="SM1") == "You have INC-1; nobody else is woken."
    assert await answers.acknowledge(1, "ana", via="sms", event="SM1") == "This answer was taken already."
    assert await answers.acknowledge(1, "ana", via="sms") == "You have INC-1 already."
    assert await answers.acknowledge(1, "ben", via="sms") == "Ana Ruiz has INC-1 already; you need do nothing."
    assert await answers.acknowledge(9, "ben", via="sms") == "There is no INC-9."
    assert await answers.resolve(1, "ana", via="pagerduty", event="E1") == "INC-1 is resolved."
    assert await answers.acknowledge(1, "ben", via="sms") == "INC-1 is already resolved."
    assert (answers.person("email", "BEN@example.org"), answers.person("email", ""), answers.person("x", "y")) == (
        "ben",
        "",
        "",
    )
    incident = world.lookups.incident(1)
    assert incident is not None
    assert incident.moments["acknowledged"].source == "sms"
    writer.stop()
    await writing


async def test_an_answer_that_came_too_late_says_who_was_paged_meanwhile(world: World) -> None:
    writer = Writer(world.store, world.rules)
    writing = asyncio.create_task(writer.run())
    ladder = Ladder("two", (Step(("person:ana",)), Step(("person:ben",))))
    world.rules = replace(world.rules, roster=replace(ROSTER, ladders={"two": ladder}))
    world.ask(c.Open(title="Down", page="policy:two"))
    world.clock.forward(minutes=5)
    world.ask(c.Escalate(ladder="two", step=1, round=0), 1)
    answers = Answered(writer, PEOPLE, lambda token: (1, "ana"), "Europe/Berlin")
    assert await answers.acknowledge(1, "ana", via="sms") == (
        "You have INC-1; nobody else is woken. Ben Okafor was paged at 04:05, before your answer came."
    )
    writer.stop()
    await writing


async def test_a_page_that_failed_after_its_provider_took_it_wakes_the_next_one(world: World) -> None:
    writer = Writer(world.store, world.rules)
    writing = asyncio.create_task(writer.run())
    ladder = Ladder("two", (Step(("person:ben",)), Step(("person:ana",))))
    rules = replace(world.rules, roster=replace(ROSTER, ladders={"two": ladder}))
    world.rules = rules
    writer.follow(rules.roster)
    world.ask(c.Open(title="Down", page="policy:two"))
    answers = Answered(writer, PEOPLE, lambda token: (1, "ben"), "Europe/Berlin")
    await answers.failed(1, "ben", "busy", via="email", event="CA1:busy")
    incident = world.lookups.incident(1)
    assert incident is not None
    assert incident.paging is not None
    assert incident.paging.people == ("ana",)
    assert world.clock.now() + HOUR > START
    writer.stop()
    await writing


def test_a_batch_that_pages_nobody_asks_nothing_of_who_is_on_call_and_one_that_pages_asks_once(world: World) -> None:
    def asked(*commands: c.Command) -> list[str]:
        """The tables that were read to know who is on call."""
        with statements() as sent:
            world.do(*(an_ask(command) for command in commands))
        return [name for name in ("override", "turn") for said, _ in sent if f"FROM {name}" in said.replace('"', "")]

    assert asked(c.Open(title="quiet"), c.Open(title="quieter")) == []
    assert asked(*(c.Open(title=f"loud {n}", page="schedule:platform") for n in range(20))) == ["override", "turn"]
    fixed = {"platform": Ladder("platform", (Step(("person:ana",)),))}
    world.rules = replace(RULES, roster=replace(ROSTER, schedules={}, ladders=fixed))
    assert asked(c.Open(title="of one person", page="policy:platform")) == []


async def test_what_is_withdrawn_from_no_lane_is_nothing(world: World) -> None:
    world.ask(c.Open(title="Down", page="policy:platform"))
    for lanes, left in (((), 2), (("1:page:ana:ntfy",), 1), (None, 0)):
        with world.store.begin() as tx:
            tx.cancel(1, Cancel(("send_page",), lanes))
        assert len([page for page in world.lookups.pages(1) if page.state == "waiting"]) == left
