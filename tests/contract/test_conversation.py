"""What is typed outside a room, answered from a real database: which incident is meant, and what `list` shows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from sqlalchemy import text

from bot.alerts.model import Alert, Notification
from bot.chat.templates import Templates
from bot.converse import Conversation
from bot.duty import Duty
from bot.inbox import Writer
from bot.incident import commands as c
from bot.incident.model import Severity, Status
from bot.ports import Said
from bot.questions import Answers, Names
from bot.words import Wording
from storage.lookups import NEWEST
from tests.clock import START
from tests.statements import statements
from tests.world import PEOPLE, ROSTER, World, an_ask

Typing = Callable[..., Awaitable[str]]


@pytest.fixture
async def type_(world: World) -> AsyncIterator[Typing]:
    """Types a line at a terminal, `about` an incident as in its room, and hands back the answer as plain text."""
    writer = Writer(world.store, world.rules)
    names = Names(people=PEOPLE, duty=Duty(ROSTER), default_ladder="platform")
    answers = Answers(world.lookups, world.clock, names, Wording(Templates(), PEOPLE, "UTC", {}))
    conversation = Conversation(writer, world.lookups, world.clock, names, answers)
    writing = asyncio.create_task(writer.run())

    async def type_(line: str, by: str = "ana", about: int | None = None) -> str:
        answer = await conversation.said(Said(platform="terminal", room="", by=by, line=line, about=about))
        return answer.to_plain()

    yield type_
    writer.stop()
    await writing


async def test_who_is_woken_during_a_drill_and_before_maintenance_just_types_ack(type_: Typing):
    await type_("drill Ceph rack loss")
    await type_("maint Switch upgrade start=22:00 end=+2h")
    await type_("open sev1 Region is down", by="ben")
    assert (await type_("ack")).startswith("INC-3 · Ana Ruiz has it")


async def test_an_ack_is_taken_whatever_is_said_besides_and_the_answer_says_what_had_no_effect(type_: Typing):
    await type_("open sev1 Region is down", by="ben")
    said = await type_("ack at=14:05")
    assert said.startswith("INC-1 · Ana Ruiz has it")
    assert said.endswith("ack takes no at=, so at=14:05 changed nothing.")


async def test_what_pages_is_found_behind_a_storm_of_others(world: World, type_: Typing):
    await type_("open sev1 Region is down", by="ben")
    world.do(*(an_ask(c.Open(title=f"alert {n}", status=Status.TRIAGE)) for n in range(60)))
    assert (await type_("ack")).startswith("INC-1 · Ana Ruiz has it")


async def test_what_was_resolved_is_still_meant_until_it_is_closed(type_: Typing):
    await type_("open sev2 Volumes slow page=none")
    await type_("resolve rolled back")
    assert "INC-1 · " in await type_("followup Alert when an OSD is slow")
    assert "resolved" in await type_("status")
    assert "closed" in (await type_("close")).lower()
    assert (await type_("followup Alert when an OSD is slow")).startswith("No incident is open.")


async def test_the_list_shows_what_waits_to_be_closed_below_what_is_open(type_: Typing):
    await type_("open sev2 Volumes slow page=none")
    await type_("resolve rolled back")
    alone = [line for line in (await type_("list")).splitlines() if line]
    assert (alone[0], alone[-2]) == ("No incident is open.", "1 incident (over, to be closed)")
    await type_("open sev3 One disk")
    await type_("nearmiss Nearly drained the wrong rack")
    lines = [line for line in (await type_("list")).splitlines() if line]
    assert [line.split(",")[0] for line in lines if not line.startswith("-")] == [
        "1 incident (open)",
        "2 incidents (over",
    ]
    assert [line.split()[2] for line in lines if line.startswith("-")] == ["INC-2", "INC-3", "INC-1"]
    assert await type_("list", about=2) == await type_("list")


def an_alert(az: str) -> Notification:
    """Each opens an incident of the same title."""
    labels = {"alertname": "ApiDown", "severity": "critical", "region": "one", "az": az}
    alert = Alert("prometheus", az, True, START, None, labels, {"summary": "API of one region is down"})
    return Notification("prometheus", (alert,), group=az)


async def test_the_same_title_twice_within_minutes_opens_and_pages_once(world: World, type_: Typing):
    await type_("open sev1 Volumes slow in az2")
    world.clock.forward(minutes=2)
    again = await type_("open sev2  volumes SLOW in  az2", by="ben")
    assert again.split("\n") == [
        "INC-1 with this title was opened 2 min ago.",
        "To join it: INC-1 status. If this is another one, add another=yes to your line.",
    ]
    assert (await type_("open sev2 Volumes slow in az2 another=yes")).startswith("INC-2 is open")
    await type_("INC-1 cancel")
    await type_("INC-2 resolve")
    assert (await type_("open Volumes slow in az2")).startswith("INC-3 is open")
    world.clock.forward(minutes=11)
    assert (await type_("open Volumes slow in az2")).startswith("INC-4 is open")


async def test_only_what_everybody_may_know_of_and_what_is_of_the_same_kind_is_the_same(type_: Typing):
    await type_("drill Ceph rack loss")
    assert (await type_("open sev1 Ceph rack loss")).startswith("INC-2 is open")
    assert "\nINC-3 is open as a drill" in await type_("drill Ceph rack loss")
    await type_("open private sev1 Keys leaked")
    assert (await type_("open sev1 Keys leaked", by="ben")).startswith("INC-5 is open")


def test_the_same_title_twice_in_one_batch_opens_once_and_alerts_are_not_concerned(world: World):
    first, second, other = world.do(*(an_ask(c.Open(title=title)) for title in ("API down", "api  down", "API slow")))
    assert (first.after.number, other.after.number) == (1, 2)
    assert second.refused.reason == "INC-1 with this title was opened just now."
    world.do(an_alert("az1"))
    (opened, *_) = world.lookups.recent()
    assert world.ask(c.Open(title=opened.title)).refused is not None
    world.do(an_alert("az2"))
    assert [one.title for one in world.lookups.recent()].count(opened.title) == 2


def test_the_same_title_is_looked_for_among_what_is_open(world: World):
    world.ask(c.Open(title="API down"))
    with statements() as sent:
        world.ask(c.Open(title="API slow"))
    ((statement, values),) = [(statement, values) for statement, values in sent if "incident.title" in statement]
    with world.database.engine.connect() as connection:
        if not world.database.sqlite:
            connection.execute(text("SET enable_seqscan = off"))
        explain = "EXPLAIN QUERY PLAN" if world.database.sqlite else "EXPLAIN"
        plan = "\n".join(str(row[-1]) for row in connection.exec_driver_sql(f"{explain} {statement}", values))
    assert "incident_live" in plan, plan


def test_what_waits_to_be_closed_is_found_by_number_and_only_among_the_newest(world: World):
    old = world.opened("old")
    world.ask(c.Resolve(), old.number)
    for n in range(NEWEST):
        world.opened(f"incident {n}")
    newer = world.opened("newer")
    world.ask(c.Resolve(), newer.number)
    with statements() as sent:
        assert [incident.number for incident in world.lookups.unclosed()] == [newer.number]
    ((statement, values),) = [(statement, values) for statement, values in sent if "FROM incident" in statement]
    with world.database.engine.connect() as connection:
        if not world.database.sqlite:
            connection.execute(text("ANALYZE incident"))
            connection.execute(text("SET enable_seqscan = off"))
        explain = "EXPLAIN QUERY PLAN" if world.database.sqlite else "EXPLAIN"
        plan = [str(row[-1]) for row in connection.exec_driver_sql(f"{explain} {statement}", values)]
    # The only scan stops after the newest: it goes by number, from the end.
    assert not [line for line in plan if "Seq Scan" in line or "TEMP B-TREE" in line], plan


async def test_the_worst_is_found_in_a_storm_however_old_it_is(world: World, type_: Typing):
    world.opened("Region is down", severity=Severity.SEV1)
    world.do(*(an_ask(c.Open(title=f"disk {n}", severity=Severity.SEV3, status=Status.TRIAGE)) for n in range(600)))
    shown = (await type_("list")).splitlines()
    assert shown[0].startswith("601 incidents (open)")
    assert "INC-1 · SEV1" in shown[1]
    for which in ("sev1", "investigating", "all"):
        listed = await type_(f"list {which}")
        assert ("INC-1 · SEV1" in listed) is (which != "all")
    assert "600 incidents (sev3)" in await type_("list sev3")


async def test_pm_lint_reads_the_incident_s_own_words_and_changes_nothing(world: World, type_: Typing):
    await type_("open sev2 Volumes slow page=none")
    await type_("note Ben failed to check the quorum")
    await type_("followup Remind everyone to drain nodes")
    await type_("resolve Ben Okafor forgot the flag")
    before = world.lookups.history(1)
    lines = (await type_("pm lint")).splitlines()
    assert lines[:2] == [
        "INC-1: 2 places to read again",
        "- Resolution: “the colleague forgot” – Which conditions let this action have this effect, and what would stop "
        "the next person?",
    ]
    assert lines[2].startswith("- Follow-up 1: “Remind everyone” – Which change to a tool")
    assert world.lookups.history(1) == before
    assert (await type_("nearmiss Nearly drained the wrong rack", by="ben")).startswith("INC-2")
    assert await type_("INC-2 pm lint") == (
        "INC-2: nothing to reword in its title, impact, resolution, follow-ups and what customers read."
    )
