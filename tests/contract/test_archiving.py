"""When it is over its rooms are archived, but not before a mistake can be taken back; work that begins again has a room."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.chat.console import ConsolePlatform
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.model import Mark, Role, Status
from bot.ports import Unavailable
from tests.contract.stage import LONG_ENOUGH, Stage, on_stage
from tests.fakes import Orders, Patience
from tests.world import RULES, World

AFTER = timedelta(minutes=10)


@pytest.fixture
async def patient(world: World, tmp_path: Path) -> AsyncIterator[Stage]:
    """Rooms stay for ten minutes."""
    world.rules = replace(RULES, policy=replace(RULES.policy, archive_after=AFTER))
    async with on_stage(world, tmp_path) as stage:
        yield stage


def room(stage: Stage, name: str = "inc-1"):
    console: ConsolePlatform = stage.rooms["console"]
    return console.room(name)


async def closed(stage: Stage) -> None:
    await stage.open()
    await stage.settle()
    await stage.ask(c.AssignRole(role=Role.LEAD, person="ben"), 1)
    await stage.ask(c.Resolve(summary="ok"), 1)
    await stage.ask(c.Close(), 1)
    await stage.settle()


async def test_a_closed_room_is_archived_and_a_late_draft_disturbs_it_no_more(stage: Stage):
    await stage.open()
    await stage.settle()
    stage.publisher.orders.then.append(Unavailable("git is away", timedelta(seconds=30)))
    await stage.ask(c.Resolve(summary="ok"), 1)
    await stage.ask(c.Close(), 1)
    await stage.deliverer.drain()
    stage.clock.forward(seconds=LONG_ENOUGH)
    await stage.deliverer.drain()
    assert room(stage).archived
    stage.clock.forward(seconds=60)
    await stage.settle()
    assert stage.incident().postmortem.place == "drafts/INC-1.md"
    assert stage.events(e.DeliveryFailed) == []


async def test_a_draft_finished_just_before_its_room_is_archived_is_no_failure(stage: Stage):
    await stage.open()
    await stage.settle()
    writing, archiving = Patience(), Patience()
    stage.publisher.orders.then.append(writing)
    stage.chat.by_method["archive"] = Orders(always=None)
    stage.chat.by_method["archive"].then.append(archiving)
    await stage.ask(c.Resolve(summary="ok"), 1)
    await stage.ask(c.Close(), 1)
    async with stage.delivering():
        await stage.until(archiving.asked.is_set, "the end of the room")
        writing.go.set()
        await stage.until(lambda: bool(stage.incident().postmortem.place), "the draft")
        archiving.go.set()
        await stage.until(lambda: not stage.world.lookups.waiting(), "the end of all work")
    assert room(stage).archived
    assert stage.events(e.DeliveryFailed) == []


async def test_a_room_stays_until_its_time_and_then_shows_where_the_draft_lies(patient: Stage):
    await closed(patient)
    assert not room(patient).archived
    assert "drafts/INC-1.md" in patient.card()
    patient.clock.forward(seconds=AFTER.total_seconds())
    await patient.settle()
    assert room(patient).archived
    assert len(patient.events(e.RoomArchived)) == 1


@pytest.mark.parametrize("back", [c.Reopen(reason="it came back"), c.Undo(by="ana")], ids=["reopen", "undo"])
async def test_who_takes_it_back_in_time_keeps_the_room(patient: Stage, back: c.Command):
    await closed(patient)
    await patient.ask(back, 1)
    patient.clock.forward(seconds=2 * AFTER.total_seconds())
    await patient.settle()
    assert not room(patient).archived
    assert patient.events(e.ArchiveWasDue) == []
    assert {state for _, state, _ in patient.effects("wake_archive")} == {"cancelled"}


async def test_work_that_begins_again_later_gets_a_second_room_with_everybody_in_it(stage: Stage):
    await closed(stage)
    assert room(stage).archived
    await stage.ask(c.Reopen(reason="it came back"), 1)
    await stage.settle()
    second = room(stage, "inc-1-2")
    assert (second.archived, second.topic.startswith("INC-1"), sorted(second.people)) == (False, True, ["ana", "ben"])
    assert "Volumes slow" in stage.card("inc-1-2")
    assert "Earlier room" in stage.card("inc-1-2")
    assert len(stage.announced()) == 1
    assert "\n".join(stage.thread("inc-1-2")).count("Reopened: it came back") == 1
    held = stage.incident().rooms["console"]
    assert (held.id, held.live, len(held.earlier)) == ("inc-1-2", True, 1)
    # And once more.
    await stage.ask(c.Cancel(reason="it was nothing"), 1)
    await stage.settle()
    await stage.ask(c.Reopen(), 1)
    await stage.settle()
    assert room(stage, "inc-1-2").archived
    assert stage.incident().rooms["console"].id == "inc-1-3"


async def test_what_is_typed_in_the_second_room_is_about_the_incident(stage: Stage):
    await closed(stage)
    await stage.ask(c.Reopen(), 1)
    await stage.settle()
    assert [stage.world.lookups.in_room("console", name) for name in ("inc-1", "inc-1-2")] == [1, 1]


async def test_it_is_reopened_while_its_room_is_being_archived(stage: Stage):
    archiving = Patience()
    stage.chat.by_method["archive"] = Orders(always=None)
    stage.chat.by_method["archive"].then.append(archiving)
    await stage.open()
    await stage.settle()
    async with stage.delivering():
        await stage.ask(c.Cancel(reason="a mistake"), 1)
        await stage.until(archiving.asked.is_set, "the end of the room")
        await stage.ask(c.Reopen(reason="it came back"), 1)
        await stage.ask(c.Note(mark=Mark.NOTE, text="osd.17 again"), 1)
        archiving.go.set()
        await stage.until(lambda: stage.incident().rooms["console"].id == "inc-1-2", "the second room")
        await stage.until(lambda: bool(stage.incident().rooms["console"].card), "its card")
        await stage.until(lambda: not stage.world.lookups.waiting(), "the end of all work")
    assert stage.incident().status is Status.INVESTIGATING
    assert not room(stage, "inc-1-2").archived
    told = "\n".join(stage.thread("inc-1-2"))
    assert [told.count(words) for words in ("Reopened: it came back", "osd.17 again", "a mistake")] == [1, 1, 0]


async def test_an_incident_that_is_over_before_it_has_a_room_gets_none(stage: Stage):
    stage.chat.orders.then.append(Unavailable("down", timedelta(seconds=30)))
    await stage.open()
    await stage.settle()
    await stage.ask(c.Cancel(reason="opened twice"), 1)
    stage.clock.forward(minutes=1)
    await stage.settle()
    assert stage.incident().rooms.get("console") is None or not stage.incident().rooms["console"].id
    assert stage.events(e.DeliveryFailed) == []


async def test_a_room_that_opens_when_it_is_over_already_is_archived(stage: Stage):
    opening = Patience()
    stage.chat.by_method["open_room"] = Orders(always=None)
    stage.chat.by_method["open_room"].then.append(opening)
    await stage.open()
    async with stage.delivering():
        await stage.until(opening.asked.is_set, "the call")
        await stage.ask(c.Cancel(reason="opened twice"), 1)
        opening.go.set()
        await stage.until(lambda: bool(stage.events(e.RoomArchived)), "the end of the room")
    assert room(stage).archived


async def test_people_are_sent_to_the_first_publisher_wherever_else_a_draft_is_kept(stage: Stage):
    await stage.open()
    await stage.ask(c.DraftPostmortem(), 1)
    await stage.settle()
    others = {"first": stage.publisher, "folder": stage.publisher}
    await stage.ask(c.DraftPostmortem(), 1)
    await stage.settle(deliverer=stage.another_process(publishers=others))
    assert [event.copy for event in stage.events(e.PostmortemWritten)] == [False, True]
