"""What becomes private leaves the room that everybody reads: nothing of it is told there any more, whatever fails."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.incident import commands as c
from bot.incident import effects as f
from bot.incident import events as e
from bot.incident.model import Mark, Postmortem, Role, Severity, Status
from bot.incident.plan import plan
from bot.ports import Attempt, Rejected, Unavailable
from tests.clock import START
from tests.contract.stage import Stage, on_stage
from tests.fakes import Orders, Patience
from tests.world import RULES, World

TITLE = "Token in a public repository"
AWAY = Unavailable("the platform is away", timedelta(seconds=30))


def everything(stage: Stage, room: str = "inc-1", *, on: str = "console") -> str:
    """All that who looks into a room can read, but its name."""
    held = stage.rooms[on].room(room)
    return "\n".join([held.topic, *(message.document.to_plain() for message in held.messages)])


def second_thread(stage: Stage) -> list[str]:
    """Of a room that may not be there yet."""
    there = "inc-1-2" in {room.id for room in stage.rooms["console"].rooms()}
    return stage.thread("inc-1-2") if there else []


async def note(stage: Stage, text: str) -> None:
    await stage.ask(c.Note(mark=Mark.NOTE, text=text), 1)


async def opened(stage: Stage) -> None:
    """Opened by Ana, who is paged; Ben leads."""
    await stage.open(TITLE, page="policy:platform")
    await stage.ask(c.AssignRole(role=Role.LEAD, person="ben"), 1)
    await note(stage, "before")
    await stage.settle()


async def test_it_goes_on_in_a_private_room_with_everybody_who_had_to_do_with_it(stage: Stage):
    await opened(stage)
    await stage.ask(c.MakePrivate(), 1, by="console:dora")
    await stage.settle()
    await note(stage, "afterwards")
    await stage.settle()

    old, new = (stage.rooms["console"].room(name) for name in ("inc-1", "inc-1-2"))
    assert (old.archived, old.topic) == (True, "INC-1 · goes on in a private room")
    redirect = "INC-1 goes on in a private room. Whoever works on it is invited; if you should be too, ask its lead."
    assert [stage.card(), stage.loudly()] == [redirect, [redirect]]
    assert TITLE not in everything(stage)
    assert "afterwards" not in everything(stage)

    assert (new.private, new.archived, new.name) == (True, False, "inc-1-2")
    assert list(new.people) == ["ben", "ana", "dora"]
    assert not stage.rooms["console"].may_read("inc-1-2", "eve")
    assert TITLE in stage.card("inc-1-2")
    assert stage.announced() == ["INC-1 is private."]
    assert stage.incident().rooms["console"].earlier == ("inc-1",)


async def test_the_new_room_hears_what_came_before_once(stage: Stage):
    await opened(stage)
    await note(stage, "not told yet")
    await stage.ask(c.MakePrivate(), 1)
    await stage.settle()
    await note(stage, "afterwards")
    await stage.settle()
    told = "\n".join(stage.thread("inc-1-2"))
    assert [told.count(words) for words in ("before", "not told yet", "Made private", "afterwards")] == [1, 1, 1, 1]


async def test_what_waited_for_the_old_room_is_not_told_there(stage: Stage):
    await opened(stage)
    for method in ("say", "edit", "set_topic"):
        # Begun, and to be tried again: nothing folds into these any more.
        stage.chat.by_method[method] = Orders(always=AWAY)
    await note(stage, "the keys of the build")
    await stage.ask(c.Rename(title="Keys of the build leaked"), 1)
    await stage.settle()
    await stage.ask(c.MakePrivate(), 1)
    stage.chat.by_method.clear()
    for _ in range(3):
        stage.clock.forward(minutes=1)
        await stage.settle()
    assert "the build" not in everything(stage)
    assert TITLE not in everything(stage)
    assert "the keys of the build" in "\n".join(stage.thread("inc-1-2"))
    assert stage.announced() == ["INC-1 is private."]


@pytest.mark.parametrize("method", ["say", "edit", "set_topic", "archive"])
async def test_what_the_old_room_refuses_makes_it_no_place_for_private_things(stage: Stage, method: str):
    await opened(stage)
    stage.chat.by_method[method] = Orders(always=None)
    await stage.ask(c.MakePrivate(), 1)
    # The announcement is edited first.
    stage.chat.by_method[method].then.extend([Rejected("not in this room")] * (2 if method == "edit" else 1))
    await stage.settle()
    await note(stage, "afterwards")
    await stage.ask(c.SetSeverity(severity=Severity.SEV1), 1)
    await stage.settle()
    assert "afterwards" not in everything(stage)
    assert stage.rooms["console"].room("inc-1-2").private
    told = "\n".join(stage.thread("inc-1-2"))
    assert "afterwards" in told
    assert "failed: not in this room" in told
    assert stage.rooms["console"].room("inc-1").archived is (method != "archive")


async def test_while_the_old_room_cannot_be_archived_nothing_is_told_anywhere(stage: Stage):
    await opened(stage)
    stage.chat.by_method["archive"] = Orders(always=AWAY)
    await stage.ask(c.MakePrivate(), 1)
    await stage.settle()
    await note(stage, "afterwards")
    await stage.settle()
    assert "afterwards" not in everything(stage)
    assert stage.announced() == ["INC-1 is private."]
    stage.chat.by_method.clear()
    stage.clock.forward(minutes=1)
    await stage.settle()
    assert "afterwards" in "\n".join(stage.thread("inc-1-2"))


async def test_one_platform_that_refuses_holds_up_no_other(two_platforms: Stage):
    stage = two_platforms
    await opened(stage)
    stage.chats["matrix"].orders.always = AWAY
    await stage.ask(c.MakePrivate(), 1)
    await stage.settle()
    await note(stage, "afterwards")
    await stage.settle()
    assert "afterwards" in "\n".join(stage.thread("inc-1-2"))
    assert "afterwards" not in everything(stage, on="matrix")


async def test_a_room_that_opened_for_everybody_while_it_became_private_is_left(stage: Stage):
    opening = Patience()
    stage.chat.by_method["open_room"] = Orders()
    stage.chat.by_method["open_room"].then.append(opening)
    await stage.open(TITLE, page="policy:platform")
    async with stage.delivering():
        await stage.until(opening.asked.is_set, "the call")
        await stage.ask(c.MakePrivate(), 1)
        await note(stage, "afterwards")
        opening.go.set()
        await stage.until(lambda: "afterwards" in "".join(second_thread(stage)), "the second room")
    assert not stage.rooms["console"].room("inc-1").private
    assert stage.rooms["console"].room("inc-1").archived
    assert "afterwards" not in everything(stage)
    assert stage.rooms["console"].room("inc-1-2").private
    assert "Paged ana" in "".join(stage.thread("inc-1-2")).replace("Ana Ruiz", "ana")


async def test_a_room_whose_opening_nobody_heard_of_is_not_taken_for_a_private_one(stage: Stage):
    await stage.rooms["console"].open_room(Attempt("1.1.0"), mark="inc-1", name="inc-1", topic="INC-1", private=False)
    await stage.open(TITLE, private=True)
    await stage.settle()
    assert TITLE not in everything(stage)
    assert stage.rooms["console"].room("inc-1").archived
    assert TITLE in stage.card("inc-1-2")


async def test_one_in_triage_gets_a_private_room_when_it_is_accepted(stage: Stage):
    await stage.open(TITLE, status=Status.TRIAGE)
    await stage.settle()
    await stage.ask(c.MakePrivate(), 1, by="ben")
    await stage.settle()
    assert stage.announced() == ["INC-1 is private."]
    await stage.ask(c.Accept(), 1, by="ben")
    await stage.settle()
    room = stage.rooms["console"].room("inc-1")
    assert (room.private, list(room.people)) == (True, ["ana", "ben"])


async def test_who_was_paged_by_a_slip_is_not_let_in(stage: Stage):
    await stage.open(TITLE)
    await stage.ask(c.Page(target="policy:platform"), 1, by="cleo")
    await stage.ask(c.Page(target="person:ben"), 1, by="cleo")
    await stage.ask(c.Undo(by="cleo"), 1, by="cleo")
    await stage.ask(c.MakePrivate(), 1)
    await stage.settle()
    assert list(stage.rooms["console"].people(stage.incident().rooms["console"].id)) == ["ana"]


async def test_what_is_resolved_is_talked_about_in_a_private_room_too(stage: Stage):
    await opened(stage)
    await stage.ask(c.Resolve(), 1)
    await stage.ask(c.MakePrivate(), 1)
    await stage.settle()
    assert stage.rooms["console"].room("inc-1").archived
    assert "resolved" in stage.card("inc-1-2")
    assert list(stage.rooms["console"].people("inc-1-2")) == ["ben", "ana"]


@pytest.fixture
async def patient(world: World, tmp_path: Path) -> AsyncIterator[Stage]:
    """Rooms stay for ten minutes."""
    world.rules = replace(RULES, policy=replace(RULES.policy, archive_after=timedelta(minutes=10)))
    async with on_stage(world, tmp_path) as stage:
        yield stage


@pytest.mark.parametrize("back", [False, True], ids=["closed", "reopened"])
async def test_the_room_of_what_is_over_is_archived_at_once_and_who_reopens_it_gets_a_private_one(
    patient: Stage, back: bool
):
    stage = patient
    await opened(stage)
    await stage.ask(c.Resolve(), 1)
    await stage.ask(c.Close(), 1)
    await stage.settle()
    await stage.ask(c.MakePrivate(), 1)
    if back:
        await stage.ask(c.Reopen(), 1)
    await stage.settle()
    assert stage.rooms["console"].room("inc-1").archived
    assert TITLE not in everything(stage)
    assert ("inc-1-2" in {room.id for room in stage.rooms["console"].rooms()}) is back
    if back:
        assert stage.rooms["console"].room("inc-1-2").private
    else:
        assert stage.loudly() == ["INC-1 is private now. It is closed, and this room is closed."]


async def test_the_room_of_what_became_private_long_after_is_private_when_it_is_reopened(stage: Stage):
    await opened(stage)
    await stage.ask(c.Resolve(), 1)
    await stage.ask(c.Close(), 1)
    await stage.settle()
    await stage.ask(c.MakePrivate(), 1)
    await stage.ask(c.Reopen(reason="more was read"), 1)
    await stage.settle()
    assert stage.rooms["console"].room("inc-1-2").private
    assert "more was read" not in everything(stage)


async def test_its_draft_is_not_left_readable_for_everybody(stage: Stage):
    policy = replace(stage.world.rules.policy, own=("folder",))
    undrafted = replace(stage.world.opened(TITLE), private=True)
    drafted = replace(undrafted, postmortem=Postmortem(through=1))
    for incident, again in ((undrafted, []), (drafted, [f.WriteDraft("folder")])):
        planned = plan(incident, e.MadePrivate(at=START), policy)
        assert [effect for effect in planned if isinstance(effect, f.WriteDraft)] == again
