"""Who tells of a near miss and does not want to be known is known nowhere: in no table, file, log, export or answer, on any platform.

What is looked through is everything the bot keeps, also what it has deleted: a row that was there for a moment lies in the
database's file for long.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import MetaData, select

from adapters.chat.console import Config, build
from adapters.chat.slack import interacting
from bot.chat.templates import Templates
from bot.converse import Conversation
from bot.duty import Duty
from bot.export import Exported, to_json
from bot.inbox import Writer
from bot.incident.model import Kind, Person
from bot.ports import Said
from bot.questions import Answers, Names
from bot.sealed import seal
from bot.words import Wording
from storage.engine import Database
from tests.contract.heard import answers, opened
from tests.contract.heard import listening as hearing_matrix
from tests.contract.servers.slack.model import BOT_USER
from tests.contract.slack_listening import a_room, listening
from tests.until import PATIENCE, until
from tests.world import PEOPLE, ROSTER, World

NEARLY = "nearmiss anonymous Ran the playbook against production"
NAMED = "nearmiss Nearly drained the wrong rack"


@pytest.fixture(autouse=True)
def everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)


@pytest.fixture
def beside(tmp_path: Path) -> Iterator[World]:
    """The shell over the database in which the adapter remembers things."""
    world = World(Database(f"sqlite:///{tmp_path}/klatsch.db"))
    yield world
    world.close()


@asynccontextmanager
async def talking(world: World, **known: object) -> AsyncIterator[Conversation]:
    writer = Writer(world.store, world.rules)
    running = asyncio.create_task(writer.run())
    people = {id_: Person(id_, one.name, handles=dict(known)) for id_, one in PEOPLE.items()}
    names = Names(people=people, duty=Duty(ROSTER), rooms=True, sealed=lambda text: seal("a key", text))
    said_so = Answers(world.lookups, world.clock, names, Wording(Templates(None), people, "UTC", {}))
    try:
        yield Conversation(writer, world.lookups, world.clock, names, said_so)
    finally:
        writer.stop()
        await running


def kept(world: World, folder: Path) -> str:
    """Everything of the database: each row, each byte of its files, and what is exported of it."""
    found = [file.read_bytes().decode("latin-1") for file in folder.rglob("*") if file.is_file()]
    tables = MetaData()
    with world.database.engine.connect() as connection:
        tables.reflect(connection)
        for table in tables.sorted_tables:
            found += [f"{table.name}: {dict(row._mapping)}" for row in connection.execute(select(table))]
    for incident in world.lookups.recent():
        history = world.lookups.history(incident.number)
        found.append(json.dumps(to_json(Exported(incident, history, [], {}), people=PEOPLE, public=False)))
    return "\n".join(found)


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """What the bot says of what it does; the servers that the tests bring along say more."""
    ours = [one for one in caplog.records if not one.name.startswith(("aiohttp.access", "aiosqlite", "tests"))]
    return "\n".join(one.getMessage() for one in ours)


def near_misses(world: World) -> list[str]:
    return [one.title for one in reversed(world.lookups.recent()) if one.kind is Kind.NEARMISS]


async def test_the_database_tells_who_gave_their_name_and_nobody_else(world, tmp_path, caplog):
    async with talking(world) as conversation:
        for line, message in ((NEARLY, "m-7"), (NAMED, "m-8")):
            who = "ana" if line is NEARLY else "ben"
            answer = await conversation.said(
                Said("slack", "", who, line, message, link=f"https://x.example.org/{message}")
            )
            assert answer.tone == "good"
        again = await conversation.said(Said("slack", "", "ana", NEARLY, "m-7"))
    assert again.to_plain() == "That message was handled already: nothing more was done."
    assert near_misses(world) == ["Ran the playbook against production", "Nearly drained the wrong rack"]
    held = kept(world, tmp_path)
    assert "slack:ben" in held
    assert "m-8" in held
    for trace in ("slack:ana", "m-7"):
        assert trace not in held + logged(caplog), trace


async def test_the_answer_says_what_becomes_of_it_and_how_it_is_taken_back(world):
    async with talking(world) as conversation:
        nameless = (await conversation.said(Said("slack", "", "ana", NEARLY))).to_plain()
        named = (await conversation.said(Said("slack", "", "ana", NAMED))).to_plain()
        stands = (await conversation.said(Said("matrix", "!r", "ana", NEARLY, "$m", stands=True))).to_plain()
        undone = (await conversation.said(Said("slack", "", "ben", "INC-1 undo e1"))).to_plain()
    told = "Thank you for telling. It is told in the week's digest; it gets no room, and nobody is paged."
    assert told in nameless
    assert told in named
    assert "Anybody may take it back, with INC-1 undo e1, and is named for that." in nameless
    assert "lucky" in named
    assert "lucky" not in nameless
    assert "your line stands here with your name" in stands
    assert "your line" not in nameless
    assert "Taken back" in undone
    assert near_misses(world)[0] == "Ran the playbook against production"


async def test_in_a_terminal_s_room_neither_the_line_nor_its_answer_is_said(beside, tmp_path, caplog):
    console = build("console", Config(folder=str(tmp_path / "rooms")), clock=beside.clock)
    async with talking(beside) as conversation:
        ear = asyncio.create_task(console.listen(conversation))
        answer = await console.type("zebedee", "incidents", NEARLY)
        assert answer.tone == "good"
        assert console.messages("incidents") == ()
        await console.type("ben", "incidents", NAMED)
        ear.cancel()
        await asyncio.gather(ear, return_exceptions=True)
    await console.aclose()
    held = kept(beside, tmp_path)
    assert near_misses(beside)[:1] == ["Ran the playbook against production"]
    assert '"ben"' in held
    assert "zebedee" not in held
    assert "zebedee" not in logged(caplog)


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_in_slack_nothing_is_kept_of_a_command_a_form_or_a_message(slack, beside, tmp_path, caplog, mode):
    ana, ben = slack.people["ana"], slack.people["ben"]
    async with talking(beside) as conversation, listening(slack, conversation, mode):
        room = await a_room(slack)
        await ana.joins("#incidents")
        answered = await ana.slash(room, NEARLY)
        # With an answer for everybody, Slack shows who typed the command.
        assert "INC-1 is recorded as a near miss" in answered.text
        assert answered.payload["response_type"] == "ephemeral"
        assert (await ana.slash("#incidents", "nearmiss")).acked
        filled = {"text": "Pulled the wrong cable", "anonymous": ["yes"]}
        assert (await ana.submits(values=filled)).acked
        typed = await ana.posts("#incidents", f"!incident {NEARLY}")
        (told,) = await until(lambda: ana.ephemerals("#incidents"), "the answer")
        assert "your line stands here with your name" in told.shown
        signed = await ben.posts("#incidents", f"!incident {NAMED}")
        await until(lambda: len(near_misses(beside)) == 4, "what Ben tells")
        await until(lambda: ben.ephemerals("#incidents"), "his answer")
        assert len(ana.ephemerals("#incidents")) == 1
    assert near_misses(beside)[1] == "Pulled the wrong cable"
    held, said = kept(beside, tmp_path), logged(caplog)
    assert ben.id in held
    assert signed.ts in held
    for trace in (ana.id, typed.ts, answered.sent["trigger_id"]):
        assert trace not in held, trace
    assert ana.id not in said
    assert typed.ts not in said


async def test_in_matrix_the_answer_is_no_reply_and_nothing_else_names_the_line(matrix, beside, tmp_path, caplog):
    ana, ben = matrix.people["ana"], matrix.people["ben"]
    room = await opened(matrix)
    async with talking(beside) as conversation, hearing_matrix(matrix, conversation):
        typed = await ana.say(room, f"!incident {NEARLY}")
        (answer,) = await until(answers(matrix, room), "the answer")
        assert "m.relates_to" not in answer["content"]
        assert "your line stands here" in answer["content"]["body"]
        signed = await ben.say(room, f"!incident {NAMED}")
        await until(lambda: len(near_misses(beside)) == 2, "what Ben tells")
    held, said = kept(beside, tmp_path), logged(caplog)
    assert ben.user_id in held
    assert signed in held
    for trace in (ana.user_id, typed):
        assert trace not in held + said, trace


async def test_in_slack_what_takes_too_long_is_not_kept_either_and_a_mention_is_answered_once(
    slack, beside, tmp_path, monkeypatch
):
    monkeypatch.setattr(interacting, "DONE_WITHIN", 0.0)
    slack.slack.delivery._patience = 1.0
    ana = slack.people["ana"]
    async with talking(beside) as conversation, listening(slack, conversation):
        await ana.joins("#incidents")
        late = await ana.slash("#incidents", NEARLY)
        assert not late.acked
        await until(lambda: "recorded as a near miss" in late.text, "the answer behind it")
        slack.slack.delivery._patience = PATIENCE
        await ana.posts("#incidents", f"<@{BOT_USER}> {NEARLY}")
        await until(lambda: ana.ephemerals("#incidents"), "the answer")
        (mention,) = [
            one for one in slack.slack.delivery.events if one.body.get("event", {}).get("type") == "app_mention"
        ]
        await until(lambda: mention.acked, "that it is heard of")
        # Slack tells a second time what it believes was not acknowledged in time.
        assert (await slack.slack.redeliver(mention.id)).acked
    assert len(near_misses(beside)) == 2
    assert sum("INC-2" in one.shown for one in ana.ephemerals("#incidents")) == 1
    assert ana.id not in kept(beside, tmp_path)
