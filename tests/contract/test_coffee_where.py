"""Words over the coffee by somebody nobody knows, and in rooms where other things are talked about."""

from __future__ import annotations

from bot.incident import commands as c
from bot.incident.commands.coffee import CallCoffee
from bot.ports import Reacted, Said
from tests.contract.test_coffee_talk import APPLE, Table, starts
from tests.contract.test_coffee_talk import table as table
from tests.world import an_ask

EVE = "@eve:example.org"
LINES = {
    "coffee add Tenant data was read": "is on the board",
    "coffee reword 1 Tenant data was sold": "reads now",
    "coffee takeaway Tenant data was read": "Noted as takeaway",
    "coffee next Tenant data was read": "oted as takeaway",
}


async def types_in(table: Table, room: str, line: str, by: str = "ana", on: str = "console") -> str:
    said = Said(platform=on, room=room, by=by, line=line)
    return (await table.conversation.said(said)).to_plain()


async def test_somebody_nobody_knows_brings_up_topics_votes_and_is_one_voter(table: Table):
    assert "Topic 1 is on the board" in await table.types("coffee add Why do OSDs flap?", EVE, "matrix")
    assert "by @eve:example.org (matrix)" in await table.types("coffee", EVE, "matrix")
    await table.asks(CallCoffee(starts_at=starts(table)))
    await table.settle()
    await table.votes(APPLE, EVE, "matrix")
    assert "You have 1 dot left." in await table.types("coffee vote 1", EVE, "matrix")
    # Whoever is called so on another platform is somebody else.
    assert "You have 2 dots left." in await table.types("coffee vote 1", EVE, "console")
    assert table.dots() == {1: 3}
    # And they may hold the meeting: whoever is in the room may.
    for line in ("coffee start", "coffee takeaway Ask the vendor", "coffee next", "coffee end"):
        assert "Not done" not in await table.types(line, EVE, "matrix")
    await table.settle()
    (minutes,) = table.stage.publisher.texts.values()
    assert "- Ask the vendor (@eve:example.org (matrix))" in minutes.replace("\\", "")


async def test_in_a_private_incident_s_room_nothing_is_said_that_everybody_would_read(table: Table):
    await table.types("coffee add Why do OSDs flap?")
    await table.stage.open("Volumes slow", private=True)
    await table.types("coffee start")
    await table.settle()
    for line in LINES:
        said = await types_in(table, "inc-1", line)
        assert said.startswith("INC-1 is private, and the coffee is everybody's."), line
    await table.settle()
    assert "Tenant" not in table.shown()
    # What has no words of theirs is done there, and the board is read.
    assert "on topic 1" in await types_in(table, "inc-1", "coffee vote 1")
    assert "Why do OSDs flap?" in await types_in(table, "inc-1", "coffee")
    assert "That was the last topic." in await types_in(table, "inc-1", "coffee next")
    # Elsewhere they are people's own.
    await table.types("coffee topic 1")
    for line, done in LINES.items():
        assert done in await types_in(table, "elsewhere", line), line


ITSELF = {
    "nearmiss Sent tenant data to the wrong desk": "a near miss",
    "nearmiss anonymous Sent tenant data to the wrong desk": "a near miss",
    "drill Tenant data is sold": "a drill",
    "drill INC-1 Tenant data is sold": "a drill",
    "retro Tenant data was read start=2026-10-30T09:00 end=2026-10-30T10:00": "a write-up of the past",
    "maint Tenant data is moved start=22:00 end=+2h": "maintenance",
}


async def test_in_a_private_incident_s_room_nothing_is_opened_under_a_title_that_everybody_would_read(table: Table):
    await table.stage.open("Volumes slow")
    await table.stage.ask(c.Resolve(), 1)
    await table.stage.open("Volumes read", private=True)
    await table.settle()
    topics = dict(table.board.topics)
    for line, what in ITSELF.items():
        said = await types_in(table, "inc-2", line)
        assert said.startswith(f"INC-2 is private, and {what} is everybody's."), line
        assert ("private TITLE" in said) is not ("near miss" in what), line
    await table.settle()
    assert table.stage.world.lookups.incident(3) is None
    assert table.board.topics == topics
    # As private as the room, or elsewhere, it is what they meant.
    assert "INC-3 is open as a drill and private" in await types_in(table, "inc-2", "drill private Tenant data is sold")
    said = await types_in(table, "elsewhere", "nearmiss anonymous Sent a mail to the wrong desk")
    assert "INC-4 is recorded as a near miss" in said
    # And what is real does not wait for a second line.
    assert "INC-5 is open" in await types_in(table, "inc-2", "open sev4 Disks fail")


async def test_in_a_room_that_was_left_for_a_private_one_everybody_reads_along(table: Table):
    await table.stage.open("Volumes slow")
    await table.settle()
    await table.types("INC-1 private")
    await table.settle()
    assert "is on the board" in await types_in(table, "inc-1", "coffee add Why do OSDs flap?")
    assert "INC-1 is private" in await types_in(table, "inc-1-2", "coffee add Tenant data was read")


async def test_in_a_drill_s_room_the_coffee_is_real_and_each_answer_says_where_one_is(table: Table):
    table.stage.world.do(an_ask(c.Open(title="Volumes slow")))
    assert "INC-2" in await table.types("drill Volumes slow again")
    await table.settle()
    said = await types_in(table, "inc-2", "coffee add Why did we look at the wrong rack?")
    assert "DRILL" in said.upper()
    assert "Topic 1 is on the board" in said
    event = Reacted("console", "inc-2", "ben", "☕", "m1", "Who has the keys to the rack?", event="e1")
    await table.conversation.reacted(event)
    question = Reacted("console", "inc-2", "ben", "❓", "m2", "A question of the game", event="e2")
    await table.conversation.reacted(question)
    assert [topic.text for topic in table.board.topics.values()] == [
        "Why did we look at the wrong rack?",
        "Who has the keys to the rack?",
    ]
