"""The lean coffee as people live it: what they type, press and read, over a real database and two platforms."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from adapters.chat.console import Config, build
from bot.chat.context import Question
from bot.chat.document import Document, Link
from bot.chat.templates import Templates
from bot.coffee.board import Board, CoffeeStatus, Manner, Spot, TopicState
from bot.coffee.house import House
from bot.coffee.nameless import nameless as without_names
from bot.coffee.voters import voter
from bot.converse import Conversation
from bot.duty import Duty
from bot.handle import Outcome, Request
from bot.incident import commands as c
from bot.incident.commands.coffee import CallCoffee, OrderAgenda, RecordMinutes, SkipCoffee
from bot.incident.effects import ShowBoard
from bot.incident.model import Mark, Person, Source
from bot.over_coffee import OverCoffee
from bot.ports import Edited, Overloaded, Reacted, Removed, Said, Unavailable
from bot.questions import Answers, Names
from bot.store import StoreUnavailable
from bot.words import Wording
from tests.contract.stage import Stage, on_stage
from tests.contract.test_outbox import LEASE
from tests.golden_files import golden
from tests.statements import statements
from tests.world import ANA, BEN, ROSTER, RULES, World

TALKING = {
    "ana": replace(ANA, handles={"console": "ana", "matrix": "@ana:example.org"}),
    "ben": replace(BEN, handles={"console": "ben", "matrix": "@ben:example.org"}),
    "cleo": Person("cleo", "Cleo Weiss", handles={"matrix": "@cleo:example.org"}),
}
PLATFORMS = ("console", "matrix")
MANNER = Manner(spots=tuple(map(Spot, PLATFORMS)), publishers=("folder",), link="https://meet.example.org/coffee")
APPLE, LEMON, GRAPES = "🍎", "🍋", "🍇"


def the_voter(person: str, ballot: int) -> str:
    return voter("a key", person, ballot)


def unnamed(text: str) -> str:
    return without_names(text, TALKING.values(), "somebody")


class Table:
    """Everybody around the board. `manner` is how the coffee is held."""

    def __init__(self, stage: Stage, manner: Manner) -> None:
        self.stage = stage
        self.house = House(manner, "en", "Europe/Berlin", TALKING, voter=the_voter, calendar=lambda: "")
        names = Names(people=TALKING, duty=Duty(ROSTER), zone="Europe/Berlin", rooms=True, house=self.house)
        lookups, clock = stage.world.lookups, stage.clock
        answers = Answers(lookups, clock, names, Wording(Templates(None), TALKING, "UTC", {}))
        self.conversation = Conversation(stage.writer, lookups, clock, names, answers)
        stage.deliverer = stage.another_process(house=self.house, people=TALKING)
        self._events = 0

    @property
    def board(self) -> Board:
        return self.stage.world.lookups.board()

    @property
    def status(self) -> CoffeeStatus | None:
        return self.board.coffee.status if self.board.coffee else None

    async def answer(self, line: str, by: str = "ana", on: str = "console", message: str = "") -> Document:
        said = Said(platform=on, room="incidents", by=by, line=line, message=message)
        return await self.conversation.said(said)

    async def types(self, line: str, by: str = "ana", on: str = "console", message: str = "") -> str:
        return (await self.answer(line, by, on, message)).to_plain()

    async def reacts(
        self,
        emoji: str,
        message: str,
        by: str = "ana",
        on: str = "console",
        *,
        room: str = "incidents",
        words: str = "",
        added: bool = True,
        event: str = "",
        aside: bool = False,
    ) -> str:
        """What is answered; empty: nothing."""
        self._events += 1
        event = event or f"e{self._events}"
        reacted = Reacted(on, room, by, emoji, message, words, added=added, event=event, aside=aside)
        answer = await self.conversation.reacted(reacted)
        return answer.to_plain() if answer else ""

    async def settle(self) -> None:
        await self.stage.settle()

    async def asks(self, command: c.CoffeeCommand) -> None:
        """As a clock does."""
        ask = c.Ask(command=command, incident=None, by="klatsch", source=Source("clock"))
        outcome = await self.stage.writer.submit(ask)
        assert outcome.refused is None

    def shown(self, on: str = "console") -> str:
        """The board as it stands in chat."""
        return self._at(self._board(on), on).to_plain()

    def _board(self, on: str) -> str:
        coffee = self.board.coffee or self.board.past[max(self.board.past)]
        return coffee.boards[on].message

    def _at(self, message: str, on: str) -> Document:
        return self.stage.rooms[on].message("incidents", message).document

    def thread(self, on: str = "console") -> list[str]:
        """What was said below the board."""
        root = self._board(on)
        return [m.document.to_plain() for m in self.stage.rooms[on].messages("incidents") if m.thread == root]

    async def votes(self, emoji: str, by: str, on: str, *, added: bool = True, aside: bool = False) -> str:
        return await self.reacts(emoji, self._board(on), by, on, added=added, aside=aside)

    async def thumbs(self, emoji: str, by: str, on: str = "console", *, added: bool = True) -> None:
        assert self.board.coffee is not None
        await self.reacts(emoji, self.board.coffee.asked[on], by, on, added=added)

    def dots(self) -> dict[int, int]:
        return {id_: topic.votes for id_, topic in self.board.topics.items()}


@pytest.fixture(autouse=True)
def no_bug(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """What is done and then falls over says so to nobody but the log."""
    yield
    assert [one.getMessage() for one in caplog.get_records("call") if one.exc_info] == []


@pytest.fixture
async def table(world: World, tmp_path: Path) -> AsyncIterator[Table]:
    async for one in sat_down(world, tmp_path, MANNER):
        yield one


@pytest.fixture
async def nameless(world: World, tmp_path: Path) -> AsyncIterator[Table]:
    async for one in sat_down(world, tmp_path, replace(MANNER, anonymous=True, unnamed=unnamed)):
        yield one


async def sat_down(world: World, folder: Path, manner: Manner) -> AsyncIterator[Table]:
    policy = replace(RULES.policy, platforms=PLATFORMS)
    world.rules = replace(RULES, policy=policy, manner=manner, voter=the_voter)
    async with on_stage(world, folder) as stage:
        yield Table(stage, manner)


def starts(table: Table) -> datetime:
    return table.stage.clock.now() + timedelta(days=1)


async def test_the_story_of_a_coffee(table: Table):
    clock, at = table.stage.clock, starts(table)
    # Topics: typed, ☕ on a message, a near miss, and a question that nobody answered.
    assert (await table.types("coffee add Why do OSDs flap?")).startswith("Topic 1 is on the board: Why do OSDs")
    await table.reacts("coffee", "m1", "@ben:example.org", "matrix", words="Who reads runbooks?")
    await table.types("nearmiss Nearly drained the wrong rack")
    await table.stage.open("Volumes slow")
    await table.stage.ask(c.Note(text="Why did nobody see it?", mark=Mark.QUESTION), 2)
    assert [topic.text for topic in table.board.topics.values()] == [
        "Why do OSDs flap?",
        "Who reads runbooks?",
        "Nearly drained the wrong rack",
        "Why did nobody see it?",
    ]
    # It is called: a board on each platform, and dots from both.
    await table.asks(CallCoffee(starts_at=at))
    await table.settle()
    assert table.shown() == table.shown("matrix")
    await table.types("coffee drop 4", "ana")
    assert "Topic 5 is on the board as 🍍: Who" in await table.types("coffee add Who has the keys?")
    await table.types("coffee drop 5", "ana")
    await table.types("coffee restore 4", "ana")
    await table.types("coffee vote 1 x2 2", "ana")
    await table.votes(GRAPES, "@ben:example.org", "matrix")
    await table.votes(GRAPES, "ben", "console")
    await table.votes(LEMON, "@cleo:example.org", "matrix")
    await table.votes(APPLE, "@cleo:example.org", "matrix")
    await table.votes(APPLE, "@cleo:example.org", "matrix", added=False)
    assert table.dots() == {1: 2, 2: 2, 3: 2, 4: 0}
    await table.votes(GRAPES, "@cleo:example.org", "matrix")
    await table.settle()
    assert "Nearly drained the wrong rack · 3 dots" in table.shown()
    # The agenda, and people meet.
    clock.forward(hours=23, minutes=45)
    await table.asks(OrderAgenda(starts_at=at))
    await table.settle()
    assert table.status is CoffeeStatus.ORDERED
    clock.forward(minutes=15)
    assert re.match(r"Now, until \S+ \S+: Nearly drained the wrong rack", await table.types("coffee start"))
    await table.settle()
    # Its time is over; two of three want to go on.
    clock.forward(minutes=8)
    await table.settle()
    await table.thumbs("👍", "ana")
    await table.thumbs("+1::skin-tone-3", "@ben:example.org", "matrix")
    await table.thumbs("👎", "@cleo:example.org", "matrix")
    clock.forward(seconds=45)
    await table.settle()
    assert table.thread()[-1].startswith("We stay with “Nearly drained the wrong rack” until ")
    # Takeaways, the next topic, and the end.
    await table.types("coffee takeaway Labels on both sides of the rack", "ben")
    await table.types("coffee next Ask for a second pair of eyes", "@cleo:example.org", "matrix")
    await table.settle()
    clock.forward(minutes=5)
    assert "The coffee is over after " in await table.types("coffee end")
    await table.settle()
    ((ref, minutes),) = table.stage.publisher.texts.items()
    golden("coffee/story.minutes.md", minutes)
    assert ref == f"coffee-{at:%F}"
    golden("coffee/story.thread.md", "\n\n- - -\n\n".join(table.thread()) + "\n")
    assert table.thread() == table.thread("matrix")
    # What was not talked about stays, without its dots.
    assert {topic.text: topic.votes for topic in table.board.topics.values() if topic.state is TopicState.OPEN} == {
        "Who reads runbooks?": 0,
        "Why did nobody see it?": 0,
    }
    assert "Labels on both sides of the rack" in await table.types("coffee minutes")


NAMES = ("ana", "ben", "cleo", "Ana Ruiz", "Ben Okafor", "Cleo Weiss", "@ana:example.org", "@ben:example.org")


async def test_where_the_chatham_house_rule_holds_neither_the_database_nor_the_minutes_nor_the_log_hold_a_name(
    nameless: Table, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    table, clock = nameless, nameless.stage.clock
    await table.types("coffee add Why Ben Okafor restarts OSDs by hand", message="t1")
    await table.reacts("☕", "m1", "ben", words="Ask @cleo:example.org who reads runbooks")
    await table.types("coffee reword 2 What cleo reads", "ben")
    await table.asks(CallCoffee(starts_at=starts(table)))
    await table.settle()
    await table.votes(APPLE, "@cleo:example.org", "matrix")
    await table.types("coffee vote 2 x3", "ben")
    await table.votes(APPLE, "ben", "console")
    await table.types("coffee start", "ana")
    await table.settle()
    clock.forward(minutes=8)
    await table.settle()
    await table.thumbs("👍", "@ben:example.org", "matrix")
    clock.forward(seconds=45)
    await table.settle()
    await table.types("coffee takeaway Ben Okafor writes it down", "ana")
    await table.types("coffee next and Ana helps", "cleo", "matrix")
    await table.types("coffee end", "ana")
    await table.settle()
    (minutes,) = table.stage.publisher.texts.values()
    assert "somebody writes it down" in minutes
    stored = everything(table.stage.world)
    assert "somebody writes it down" in stored
    assert [name for name in NAMES if name in minutes] == []
    assert "all of yours are put" in caplog.text
    assert [name for name in NAMES if name in caplog.text] == []
    assert [name for name in NAMES if name in stored] == []


def everything(world: World) -> str:
    """Each row of each table."""
    with world.database.read() as connection:
        dialect = connection.dialect.name
        names = "SELECT name FROM sqlite_master WHERE type = 'table'"
        if dialect != "sqlite":
            names = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
        tables = [row[0] for row in connection.execute(text(names))]
        return "\n".join(str(row) for table in tables for row in connection.execute(text(f'SELECT * FROM "{table}"')))


async def test_one_person_on_two_platforms_is_one_voter(table: Table):
    await table.types("coffee add Why do OSDs flap?")
    await table.types("coffee add Who reads runbooks?")
    await table.types("coffee vote 1 x2", "ana", "console")
    assert "all of yours are put" not in await table.types("coffee vote 2", "@ana:example.org", "matrix")
    refused = await table.types("coffee vote 2", "@ana:example.org", "matrix")
    assert refused.startswith("Everybody has 3 dots, and all of yours are put.")
    assert table.dots() == {1: 2, 2: 1}
    assert "You have no dots left." in await table.types("coffee", "ana", "console")
    assert "You have 3 dots left." in await table.types("coffee", "ben", "console")


async def test_each_answer_says_what_changed_and_the_line_that_takes_it_back_does(table: Table):
    answers = [
        await later(table, line)
        for line in (
            "coffee add Why do OSDs flap?",
            "coffee drop 1",
            "coffee restore 1",
            "coffee reword 1 Why OSDs flap",
            "coffee reword 1 Why do OSDs flap?",
            "coffee vote 1 x2",
            "coffee unvote 1 x2",
            "coffee vote 1 x2",
            "coffee start",
            "coffee takeaway We alert on slow OSDs",
            "coffee untake 1",
            "coffee takeaway #1 We alert on slow OSDs",
            "coffee next One more thing",
            "coffee topic 1",
            "coffee end",
        )
    ]
    golden("coffee/answers.md", "\n\n".join(answers) + "\n")
    undos = [answer.rpartition("undo: ")[2] for answer in answers[:8]]
    assert undos[:7] == [
        "coffee drop 1",
        "coffee restore 1",
        "coffee drop 1",
        "coffee reword 1 Why do OSDs flap?",
        "coffee reword 1 Why OSDs flap",
        "coffee unvote 1 x2",
        "coffee vote 1 x2",
    ]


async def later(table: Table, line: str) -> str:
    """A minute after what was typed before."""
    table.stage.clock.forward(minutes=1)
    return await table.types(line)


async def test_of_several_dots_in_one_line_each_is_put_or_said_why_not(table: Table):
    await table.types("coffee add Why do OSDs flap?")
    await table.types("coffee add Who reads runbooks?")
    answer = await table.types("coffee vote 1 9 2", message="t1")
    assert "1 dot on topic 1" in answer
    assert "There is no topic 9." in answer
    assert "1 dot on topic 2" in answer
    assert table.dots() == {1: 1, 2: 1}
    again = await table.types("coffee vote 1 9 2", message="t1")
    assert again == "That message was handled already: nothing more was done."
    assert table.dots() == {1: 1, 2: 1}


async def test_a_line_that_is_done_in_part_says_so(table: Table, monkeypatch: pytest.MonkeyPatch):
    for topic in ("Why do OSDs flap?", "Who reads runbooks?"):
        await table.types(f"coffee add {topic}")
    submit = table.stage.writer.submit

    async def once(request: Request) -> Outcome:
        monkeypatch.setattr(table.stage.writer, "submit", away)
        return await submit(request)

    async def away(request: Request) -> Outcome:
        raise StoreUnavailable("the disk is full")

    monkeypatch.setattr(table.stage.writer, "submit", once)
    answer = await table.types("coffee vote 1 2")
    assert "1 dot on topic 1" in answer
    assert "The rest was not done: the database does not answer." in answer
    monkeypatch.setattr(table.stage.writer, "submit", away)
    assert "Nothing was changed" in await table.types("coffee vote 1 2")
    assert table.dots() == {1: 1, 2: 0}


async def test_a_reaction_that_is_heard_twice_is_one_dot(table: Table):
    await table.types("coffee add Why do OSDs flap?")
    await table.asks(CallCoffee(starts_at=starts(table)))
    await table.settle()
    for _ in range(2):
        await table.reacts(APPLE, table._board("console"), "ana", event="again")
    assert table.dots() == {1: 1}


async def called(table: Table) -> None:
    """Two topics on a board that is shown; Ben's dots are all on the first."""
    for topic in ("Why do OSDs flap?", "Who reads runbooks?"):
        await table.types(f"coffee add {topic}")
    await table.asks(CallCoffee(starts_at=starts(table)))
    await table.settle()
    await table.types("coffee vote 1 x3", "ben")


async def test_a_reaction_without_a_dot_is_answered_aside_and_taken_off_takes_nothing(table: Table):
    await called(table)
    put = "Everybody has 3 dots, and all of yours are put. Your reaction did nothing. "
    told = f"{put}coffee unvote N frees some. Yours are on: 1 (3)."
    assert await table.votes(APPLE, "ben", "console", aside=True) == told
    assert await table.votes(LEMON, "ben", "console", aside=True) == told
    for emoji in (APPLE, LEMON):
        assert await table.votes(emoji, "ben", "console", added=False, aside=True) == ""
    assert table.dots() == {1: 3, 2: 0}
    # What counted does so again after a dot was freed, and is taken back.
    await table.types("coffee unvote 1 x1", "ben")
    assert await table.votes(LEMON, "ben", "console", aside=True) == ""
    assert table.dots() == {1: 2, 2: 1}
    await table.votes(LEMON, "ben", "console", added=False)
    assert table.dots() == {1: 2, 2: 0}


async def test_where_all_read_it_a_reaction_without_a_dot_is_answered_once_a_coffee_and_shows_nobody_s_dots(
    table: Table,
):
    await called(table)
    told = (
        "Ben Okafor: Everybody has 3 dots, and all of yours are put. "
        "That reaction did nothing; coffee shows what is yours."
    )
    assert await table.votes(APPLE, "@ben:example.org", "matrix") == told
    assert await table.votes(LEMON, "@ben:example.org", "matrix") == ""
    await table.types("coffee vote 2 x3", "@cleo:example.org", "matrix")
    assert (await table.votes(APPLE, "@cleo:example.org", "matrix")).startswith("Cleo Weiss: ")
    await table.types("coffee skip")
    await table.asks(CallCoffee(starts_at=starts(table) + timedelta(days=7)))
    await table.settle()
    assert await table.votes(LEMON, "@ben:example.org", "matrix") == told


async def test_a_cup_that_brings_up_what_is_there_already_says_so_and_may_be_taken_off(table: Table):
    await table.types("coffee add Why do OSDs flap?")
    told = await table.reacts("☕", "m1", "ben", words="why do OSDs flap")
    assert told == "Ben Okafor: That is topic 1 already. That reaction did nothing; coffee shows what is yours."
    await table.reacts("☕", "m1", "ben", added=False)
    assert table.dots() == {1: 0}
    assert table.board.topics[1].state is TopicState.OPEN


async def test_where_nobody_is_named_a_refused_reaction_names_nobody_and_drops_nobody_s_topic(nameless: Table):
    await nameless.reacts("☕", "m1", "ana", words="Who reads runbooks?")
    await nameless.types("coffee add Why do OSDs flap?")
    await nameless.types("coffee vote 2 x3", "ben")
    told = await nameless.reacts("☕", "m1", "ben", words="Who reads runbooks?")
    assert told.startswith("Everybody has 3 dots, and all of yours are put.")
    await nameless.reacts("☕", "m1", "ben", added=False)
    assert nameless.board.topics[1].state is TopicState.OPEN
    await nameless.reacts("☕", "m1", "ana", added=False)
    assert [id_ for id_, one in nameless.board.topics.items() if one.state is TopicState.OPEN] == [2]


async def test_numbers_and_thumbs_elsewhere_mean_nothing(table: Table):
    await table.types("coffee add Why do OSDs flap?")
    for emoji in (APPLE, "👍"):
        await table.reacts(emoji, "before any coffee is called", "ana")
    await table.asks(CallCoffee(starts_at=starts(table)))
    await table.settle()
    board = table._board("console")
    await table.reacts(APPLE, "another message", "ana")
    await table.reacts(APPLE, board, "ana", room="elsewhere")
    await table.reacts(LEMON, board, "ana")
    await table.reacts("👍", board, "ana")
    await table.reacts("🎉", board, "ana")
    assert table.dots() == {1: 0}


async def test_a_cup_on_a_message_is_a_topic_another_is_a_dot_and_taken_off_it_takes_that_back(table: Table):
    await table.reacts("☕", "m1", "ana", words="Who reads\nrunbooks?")
    await table.reacts("☕", "m1", "ben", words="Who reads\nrunbooks?")
    (topic,) = table.board.topics.values()
    assert (topic.text, topic.by, topic.message, topic.votes) == ("Who reads runbooks?", "ana", "console:m1", 1)
    # Others want to talk about it.
    await table.reacts("☕", "m1", "ana", added=False)
    assert table.dots() == {1: 1}
    await table.reacts("☕", "m1", "ben", added=False)
    assert table.dots() == {1: 0}
    await table.reacts("☕", "m1", "ben", added=False)
    assert table.board.topics[1].state is TopicState.OPEN
    await table.reacts("☕", "m1", "ana", added=False)
    assert [topic for topic in table.board.topics.values() if topic.state is TopicState.OPEN] == []


async def test_when_people_meet_and_that_they_do_not_is_said_to_everybody_and_the_rest_below_the_board(table: Table):
    await table.types("coffee add Why do OSDs flap?")
    at = starts(table)
    for command in (CallCoffee(starts_at=at), OrderAgenda(starts_at=at), CallCoffee(starts_at=at + timedelta(hours=1))):
        await table.asks(command)
        await table.settle()
    await table.types("coffee skip")
    await table.settle()
    said = table.stage.rooms["console"].messages("incidents")
    assert [one.thread for one in said] == [""] * 4
    for one, words in zip(said[1:], ("The agenda:", "moved in the calendar", "not take place"), strict=True):
        assert words in one.document.to_plain()
    await table.types("coffee start")
    await table.settle()
    assert [one.thread for one in table.stage.rooms["console"].messages("incidents")[5:]] == [table._board("console")]


async def test_a_cup_on_what_we_say_of_the_coffee_is_no_topic(table: Table):
    await table.types("coffee add Why do OSDs flap?")
    at = starts(table)
    for command in (CallCoffee(starts_at=at), OrderAgenda(starts_at=at)):
        await table.asks(command)
        await table.settle()
    reminder = table.stage.rooms["console"].messages("incidents")[-1]
    assert "The agenda:" in reminder.document.to_plain()
    await table.reacts("☕", reminder.id, "ben", words=reminder.document.to_plain())
    assert list(table.board.topics) == [1]


async def test_a_cup_on_the_board_is_no_topic(table: Table):
    await table.asks(CallCoffee(starts_at=starts(table)))
    await table.settle()
    await table.reacts("☕", table._board("console"), words=table.shown())
    await table.types("coffee skip")
    await table.reacts("☕", table._board("console"), words=table.shown())
    assert table.board.topics == {}


async def test_a_long_message_is_cut_to_what_a_topic_holds_and_one_without_words_is_none(table: Table):
    await table.reacts("☕", "m1", words="OSD " * 1000)
    assert await table.reacts("☕", "m2", words=" \n ") == ""
    (topic,) = table.board.topics.values()
    assert len(topic.text) <= 300


async def test_who_edits_or_removes_the_message_of_a_topic_changes_it(table: Table):
    await table.reacts("☕", "m1", words="Who reads runbooks?")
    await table.reacts("☕", "m2", words="Why do OSDs flap?")
    await table.conversation.edited(Edited("console", "incidents", "ana", "m1", "Who wrote the runbooks?", event="x1"))
    assert table.board.topics[1].text == "Who wrote the runbooks?"
    await table.conversation.removed(Removed("console", "incidents", "ana", "m2", event="x2"))
    assert 2 not in {id_ for id_, topic in table.board.topics.items() if topic.state is TopicState.OPEN}
    assert "OSDs flap" not in everything(table.stage.world)
    await table.conversation.edited(Edited("console", "incidents", "ana", "m1", " ", event="x3"))
    assert "runbooks" not in everything(table.stage.world)


async def test_the_text_of_a_removed_message_goes_also_after_it_was_talked_about(table: Table):
    await table.reacts("☕", "m1", words="Who reads runbooks?")
    for line in ("coffee start", "coffee end"):
        await table.types(line)
    await table.conversation.removed(Removed("console", "incidents", "ana", "m1", event="x1"))
    assert "runbooks" not in everything(table.stage.world)


async def test_a_text_that_goes_is_gone_from_the_board_that_was_shown_last_and_from_the_minutes(table: Table):
    await table.stage.open("Volumes slow")
    await table.stage.ask(c.Note(text="Who reads tenants' runbooks?", mark=Mark.QUESTION), 1)
    await table.reacts("☕", "m1", words="Why did INC-1 take so long?")
    await table.types("coffee add Why do OSDs flap?")
    for line in ("coffee start", "coffee takeaway Ask the tenants", "coffee end"):
        await table.types(line)
        await table.settle()
    (minutes,) = table.stage.publisher.texts.values()
    assert "Who reads tenants' runbooks?" in table.shown()
    assert "Ask the tenants" in minutes
    await table.types("coffee add Is this of the next one?")
    await table.types("INC-1 private")
    await table.settle()
    for on in PLATFORMS:
        assert "(removed)" in table.shown(on)
        assert not [word for word in ("runbooks", "INC-1", "take so long") if word in table.shown(on)]
    (ref,) = table.stage.publisher.texts
    said = await table.types("coffee minutes")
    assert "Why do OSDs flap?" in table.stage.publisher.texts[ref]
    assert "of the next one" not in table.stage.publisher.texts[ref]
    for read in (table.stage.publisher.texts[ref], said):
        assert not [word for word in ("runbooks", "INC-1", "take so long", "tenants") if word in read]


async def test_in_an_incident_s_room_a_cup_goes_onto_the_timeline_first(table: Table):
    await table.stage.open("Volumes slow")
    await table.settle()
    await table.reacts("☕", "m1", "ana", room="inc-1", words="Why did nobody see it?")
    await table.reacts("☕", "m1", "@ben:example.org", "matrix", room="inc-1", words="Why did nobody see it?")
    topics = [(topic.text, topic.incident) for topic in table.board.topics.values()]
    assert topics[0] == ("Why did nobody see it?", 1)
    assert "Why did nobody see it?" in " ".join(table.stage.timeline())


async def test_a_cup_in_a_room_that_became_private_is_no_topic(table: Table):
    await table.stage.open("Volumes slow")
    await table.settle()
    await table.types("INC-1 private")
    await table.settle()
    await table.reacts("☕", "m1", "ana", room="inc-1", words="Tenant data was read")
    await table.reacts("☕", "m2", "ana", room="inc-1-2", words="Tenant data was read")
    assert table.board.topics == {}


async def test_the_board_is_posted_once_a_coffee_and_edited_then(table: Table):
    await table.types("coffee add Why do OSDs flap?")
    await table.settle()
    assert table.stage.announced() == []
    await table.asks(CallCoffee(starts_at=starts(table)))
    await table.settle()
    before = len(table.stage.announced())
    await table.types("coffee add Who reads runbooks?")
    await table.settle()
    assert len(table.stage.announced()) == before
    assert "Who reads runbooks?" in table.shown()
    first = table._board("console")
    await table.types("coffee start")
    table.stage.clock.forward(minutes=5)
    await table.types("coffee end")
    await table.settle()
    assert "It is over." in table.shown()
    table.stage.clock.forward(days=2)
    await table.asks(CallCoffee(starts_at=starts(table)))
    await table.settle()
    assert table._board("console") != first
    assert "Put your dots" in table.shown()


async def test_where_nothing_is_announced_no_board_is_shown_and_nothing_waits_for_one(table: Table, tmp_path: Path):
    silent = build("console", Config(folder=tmp_path / "silent", announce=""), clock=table.stage.clock)
    table.stage.deliverer = table.stage.another_process(house=table.house, platforms={"console": silent})
    try:
        await table.types("coffee add Why do OSDs flap?")
        await table.types("coffee start")
        table.stage.clock.forward(minutes=8)
        await table.settle()
        assert silent.rooms() == ()
        assert table.board.coffee is not None
        assert table.board.coffee.asked == {}
        done = [state for _, state, _ in table.stage.effects("show_board", "tell_coffee", "ask_thumbs")]
        # Each is for Matrix too, which is not there.
        assert done.count("done") == done.count("failed") == len(done) / 2 > 2
    finally:
        silent.close()


async def test_a_retry_posts_nothing_twice(table: Table):
    await table.types("coffee add Why do OSDs flap?")
    table.stage.chat.orders.then.append(Unavailable("away"))
    await table.asks(CallCoffee(starts_at=starts(table)))
    await table.settle()
    table.stage.clock.forward(minutes=5)
    await table.settle()
    assert len([said for said in table.stage.announced() if said.startswith("☕")]) == 1
    assert table.thread() == []


async def test_a_board_that_is_tried_again_when_another_coffee_is_called_is_a_message_of_its_own(table: Table):
    await table.types("coffee add Why do OSDs flap?")
    await table.asks(CallCoffee(starts_at=starts(table)))
    table.stage.clock.forward(seconds=2)
    # It is posted, and nobody hears of it: the process dies.
    claimed = table.stage.world.outbox.claim(10, LEASE)
    (item,) = (one for one in claimed if one.effect == ShowBoard("console"))
    assert await table.stage.performer(house=table.house, people=TALKING).do(item) is not None
    await table.asks(SkipCoffee())
    await table.asks(CallCoffee(starts_at=starts(table) + timedelta(days=1)))
    table.stage.clock.forward(minutes=5)
    await table.settle()
    boards = [
        message.id
        for message in table.stage.rooms["console"].messages("incidents")
        if message.document.summary.startswith("☕ Lean coffee on")
    ]
    assert len(boards) == 2
    assert table.board.coffee is not None
    assert table.board.coffee.boards["console"].message == boards[-1]


async def test_where_people_meet_is_looked_up_beside_the_loop(table: Table):
    inside: list[bool] = []

    def there(at: datetime) -> str:
        inside.append(threading.current_thread() is threading.main_thread())
        return "https://meet.example.org/coffee"

    house = replace(table.house, manner=replace(MANNER, link=""), there=there)
    table.stage.deliverer = table.stage.another_process(house=house, people=TALKING)
    await table.types("coffee add Why do OSDs flap?")
    await table.asks(CallCoffee(starts_at=starts(table)))
    await table.settle()
    assert "We meet here" in table.shown()
    assert inside
    assert not any(inside)


async def test_a_board_that_nobody_saw_before_the_coffee_was_over_is_not_shown(table: Table):
    for line in ("coffee add Why do OSDs flap?", "coffee start"):
        await table.types(line)
    await later(table, "coffee end")
    await table.settle()
    assert table.board.past[1].boards == {}


@pytest.mark.parametrize("line", ["coffee next", "coffee end"])
async def test_what_is_asked_after_people_went_on_is_not_said(table: Table, line: str):
    await table.types("coffee add Why do OSDs flap?")
    await table.types("coffee add Who reads runbooks?")
    await table.types("coffee start")
    await table.settle()
    table.stage.clock.forward(minutes=8)
    await table.stage.deliverer.drain()
    table.stage.chat.orders.always = Unavailable("away")
    table.stage.clock.forward(seconds=2)
    await table.stage.deliverer.drain()
    table.stage.chat.orders.always = None
    await table.types(line)
    table.stage.clock.forward(minutes=1)
    await table.settle()
    assert [said for said in table.thread() if "Time is up" in said] == []
    assert [said for said in table.thread("matrix") if "Time is up" in said] != []


async def test_minutes_of_two_coffees_of_one_day_are_two(table: Table):
    for topic in ("Why do OSDs flap?", "Who reads runbooks?"):
        await table.types(f"coffee add {topic}")
        await table.types("coffee start")
        table.stage.clock.forward(minutes=5)
        await table.types("coffee end")
        await table.settle()
        table.stage.clock.forward(minutes=5)
    first, second = table.stage.publisher.texts
    assert second == f"{first}-2"


async def test_minutes_are_counted_within_their_day_whatever_was_skipped_between(table: Table):
    clock = table.stage.clock

    async def met() -> None:
        await table.types("coffee add Why do OSDs flap?")
        await table.types("coffee start")
        clock.forward(minutes=5)
        await table.types("coffee end")
        await table.settle()
        clock.forward(minutes=5)

    await met()
    await table.asks(CallCoffee(starts_at=starts(table)))
    await table.types("coffee skip")
    await met()
    clock.forward(days=1)
    for _ in range(2):
        await met()
    first, second, third, fourth = table.stage.publisher.texts
    assert (second, fourth) == (f"{first}-2", f"{third}-2")
    assert first[: len("coffee-2026-12-03")] == first
    assert third > first
    assert [one.minutes != "" for one in table.board.past.values()] == [True, False, True, True, True]


async def test_what_comes_to_mind_after_the_end_is_in_the_minutes_and_taken_back_it_is_not(table: Table):
    for topic in ("Why do OSDs flap?", "Who reads runbooks?"):
        await table.types(f"coffee add {topic}")
    await table.types("coffee start")
    await later(table, "coffee next Alert on slow ones")
    await later(table, "coffee end")
    await table.settle()
    table.stage.clock.forward(days=1)
    late = await table.types("coffee takeaway #1 Ask the vendor", "ben")
    assert late.startswith("Noted as takeaway 2, with topic 1 of the last coffee (Why do OSDs flap?): Ask the vendor")
    await table.settle()
    (minutes,) = table.stage.publisher.texts.values()
    assert "- Alert on slow ones (Ana Ruiz)\n- Ask the vendor (Ben Okafor)\n" in minutes
    await table.types(late.rpartition("undo: ")[2])
    await table.settle()
    (minutes,) = table.stage.publisher.texts.values()
    assert "- Alert on slow ones (Ana Ruiz)\n" in minutes
    assert "Ask the vendor" not in minutes


async def test_who_ended_it_by_mistake_begins_it_again_and_it_has_one_board_and_one_set_of_minutes(table: Table):
    for topic in ("Why do OSDs flap?", "Who reads runbooks?"):
        await table.types(f"coffee add {topic}")
    await table.types("coffee start")
    await later(table, "coffee takeaway Alert on slow ones")
    await later(table, "coffee end")
    await table.settle()
    assert "The coffee goes on." in await later(table, "coffee start")
    await table.settle()
    assert "Nobody talks about a topic now." in table.shown()
    await later(table, "coffee topic 1")
    await later(table, "coffee next")
    await later(table, "coffee end")
    await table.settle()
    ((_, minutes),) = table.stage.publisher.texts.items()
    assert "- **Talked about:** 2 topics" in minutes
    assert "Alert on slow ones" in minutes
    assert len([said for said in table.stage.announced() if said.startswith("☕")]) == 1


async def test_minutes_say_where_on_the_web_they_are(table: Table):
    for line in ("coffee add Why do OSDs flap?", "coffee start"):
        await table.types(line)
    for line in ("coffee takeaway We alert on it", "coffee end"):
        await later(table, line)
    whole = await table.types("coffee minutes")
    await table.asks(RecordMinutes(coffee=1, place="coffee-2026-10-26.md in file:///srv/minutes.git"))
    assert await table.types("coffee minutes") == whole
    await table.asks(RecordMinutes(coffee=1, place="https://git.example.org/coffee-2026-10-26.md"))
    shown = await table.answer("coffee minutes")
    assert shown.to_plain().startswith(whole)
    assert "https://git.example.org/coffee-2026-10-26.md" in repr(shown.blocks[-1])


async def test_minutes_that_are_not_there_are_said_not_to_be(table: Table):
    assert await table.types("coffee minutes") == "There are no minutes yet.\nThey are written when a coffee ends."
    await table.types("coffee add Why do OSDs flap?")
    await table.types("coffee start")
    await later(table, "coffee takeaway Say it in the channel")
    await table.types("coffee end")
    assert "There are those of coffee 1." in await table.types("coffee minutes 7")
    assert "# " not in await table.types("coffee minutes 1")
    assert "Why do OSDs flap?" in await table.types("coffee minutes 1")


async def test_who_presses_vote_without_a_number_chooses_among_the_topics(table: Table):
    await table.types("coffee add Why do OSDs flap?")
    await table.types("coffee add Who reads runbooks?")
    await table.types("coffee drop 2")
    asked = await table.conversation.wanting(Said("console", "incidents", "ana", "coffee vote"))
    assert asked is not None
    assert [(one.value, one.text) for one in asked.choices["topics"]] == [("1", "#1 Why do OSDs flap?")]
    line = asked.wanted.form.line({"topics": "1"})
    assert "1 dot on topic 1" in await table.types(line)


async def test_who_asks_for_a_topic_by_its_number_reads_all_of_it(table: Table):
    long = "Why do OSDs flap after each reboot? " * 8
    for n in range(8):
        await table.types(f"coffee add {n + 1}. {long}")
    assert long.strip() not in await table.types("coffee")
    shown = await table.types("coffee #2")
    assert shown.startswith(f"#2 2. {long.strip()} · by Ana Ruiz")
    assert "coffee vote 2" in shown
    assert (await table.types("coffee 12")).startswith("There is no topic 12.")


async def test_a_calendar_that_nobody_could_reach_is_said_to_be_none(table: Table):
    assert "http.public_url" in await table.types("coffee link")


async def test_the_calendar_s_link_is_given_with_what_may_come_of_it(table: Table):
    link = "https://klatsch.example.org/coffee.ics?token=x"
    house = replace(table.house, calendar=lambda: link)
    over = OverCoffee(table.stage.writer, table.stage.world.lookups, table.stage.clock, house)
    answer = over.answer(Question("coffee", None, {"link": "yes"}), "ana")
    assert answer.to_plain() == (
        "The coffee, to subscribe to in a calendar: coffee.ics\nWhoever has the link reads it, without a password."
    )
    assert Link("coffee.ics", link) in answer.blocks[0].inlines


async def test_after_a_failure_nothing_of_the_line_is_done_that_stood_behind_it(
    table: Table, monkeypatch: pytest.MonkeyPatch
):
    for n in (1, 2, 3):
        await table.types(f"coffee add Topic number {n}")
    submit, heard = table.stage.writer.submit, 0

    async def failing_once(request: Request) -> Outcome:
        nonlocal heard
        heard += 1
        if heard == 2:
            raise Overloaded
        return await submit(request)

    monkeypatch.setattr(table.stage.writer, "submit", failing_once)
    answer = await table.types("coffee vote 1 2 3")
    assert answer.count("The rest was not done") == 1
    assert table.dots() == {1: 1, 2: 0, 3: 0}


async def test_lines_that_no_platform_numbers_are_each_done(table: Table):
    for topic in ("Why do OSDs flap?", "Who reads runbooks?"):
        await table.types(f"coffee add {topic}")
    answers = [await table.types("coffee vote 1 2"), await table.types("coffee unvote 2 1")]
    assert [answer.count("You have") for answer in answers] == [2, 2]
    assert table.dots() == {1: 0, 2: 0}


async def test_what_is_told_late_again_changes_nothing_back(table: Table):
    await called(table)
    board = table._board("console")
    await table.reacts(LEMON, board, "ana", event="put")
    await table.reacts(LEMON, board, "ana", event="taken", added=False)
    await table.reacts(LEMON, board, "ana", event="put")
    assert table.dots() == {1: 3, 2: 0}
    await table.reacts("☕", "m1", words="Who wrote it?")
    for words, event in (("Who reads it?", "x1"), ("Who will read it?", "x2"), ("Who reads it?", "x1")):
        await table.conversation.edited(Edited("console", "incidents", "ana", "m1", words, event=event))
    assert table.board.topics[3].text == "Who will read it?"
    for words in ("Who can read it?", "Who may read it?"):
        await table.conversation.edited(Edited("console", "incidents", "ana", "m1", words))
    assert table.board.topics[3].text == "Who may read it?"


async def test_a_cup_that_is_taken_off_brings_nothing_up_and_takes_its_own_dot_alone(table: Table):
    await table.reacts("☕", "m9", words="Who reads runbooks?", added=False)
    assert table.board.topics == {}
    await table.reacts("☕", "m1", "ana", words="Who reads runbooks?")
    await table.types("coffee vote 1 x2", "ben")
    await table.reacts("☕", "m1", "ben")
    assert table.dots() == {1: 3}
    for _ in range(2):
        await table.reacts("☕", "m1", "ben", added=False)
    assert table.dots() == {1: 2}


async def test_who_brought_a_topic_up_may_take_it_off_also_after_the_next_coffee(table: Table):
    await table.types("coffee add Why do OSDs flap?")
    await table.reacts("☕", "m1", "ana", words="Who reads runbooks?")
    await table.types("coffee start")
    await later(table, "coffee takeaway We alert on it")
    await later(table, "coffee end")
    await table.reacts("☕", "m1", "ben", added=False)
    assert table.board.topics[2].state is TopicState.OPEN
    await table.reacts("☕", "m1", "ana", added=False)
    assert 2 not in {id_ for id_, topic in table.board.topics.items() if topic.state is TopicState.OPEN}


async def test_a_thumb_that_is_taken_off_counts_no_more_and_the_other_one_stands(table: Table):
    await table.types("coffee add Why do OSDs flap?")
    await table.types("coffee start")
    await table.settle()
    table.stage.clock.forward(minutes=8)
    await table.settle()
    await table.thumbs("👍", "ana")
    await table.thumbs("👎", "ben")
    await table.thumbs("👎", "ana", added=False)
    assert table.board.coffee is not None
    assert sorted(table.board.coffee.thumbs.values()) == [False, True]
    await table.thumbs("👍", "ana", added=False)
    assert list(table.board.coffee.thumbs.values()) == [False]
    # What asks for them is ours too, whatever a platform says that it reads.
    asked = table.board.coffee.asked["console"]
    await table.reacts("☕", asked, "ben", words="Shall we go on?")
    await table.reacts("☕", table._board("console"), "ben", words="The board")
    assert list(table.board.topics) == [1]


async def test_a_message_of_the_same_id_in_another_room_is_not_the_board(table: Table):
    await called(table)
    board = table._board("console")
    await table.conversation.removed(Removed("console", "elsewhere", "ana", board, event="x1"))
    assert table.board.coffee is not None
    assert (table.board.coffee.boards["console"].message, table.board.coffee.lost) == (board, {})
    await table.conversation.removed(Removed("console", "incidents", "ana", board, event="x2"))
    assert table.board.coffee.lost == {"console": 1}


async def test_a_dot_on_what_was_talked_about_already_means_nothing(table: Table):
    for line in ("coffee add Why do OSDs flap?", "coffee add Who reads runbooks?", "coffee start"):
        await table.types(line)
    await table.settle()
    await later(table, "coffee next")
    assert await table.votes(APPLE, "ana", "console", aside=True) == ""
    assert table.dots() == {1: 0, 2: 0}


async def test_a_board_that_reads_otherwise_is_not_gone(table: Table):
    await called(table)
    await table.votes(APPLE, "ana", "console")
    edited = Edited("console", "incidents", "ana", table._board("console"), "Look here", event="x1")
    await table.conversation.edited(edited)
    assert table.board.coffee is not None
    assert table.board.coffee.lost == {}
    assert [topic.text for topic in table.board.topics.values()] == ["Why do OSDs flap?", "Who reads runbooks?"]


async def test_the_minutes_are_those_of_the_last_coffee_that_is_over(table: Table):
    for topic in ("Why do OSDs flap?", "Who reads runbooks?", "Who has the keys?"):
        await table.types(f"coffee add {topic}")
    for _ in range(2):
        await table.types("coffee start")
        await later(table, "coffee takeaway We alert on it")
        await later(table, "coffee end")
        table.stage.clock.forward(minutes=5)
    await table.asks(CallCoffee(starts_at=starts(table)))
    await table.asks(SkipCoffee())
    await table.types("coffee start")
    shown = await table.types("coffee minutes")
    assert "Who reads runbooks?" in shown
    assert "Why do OSDs flap?" not in shown
    assert await table.types("coffee minutes 2") == shown
    assert await table.types("coffee minutes 3") == (
        "There are no minutes of coffee 3.\nThere are those of coffee 1, 2."
    )


async def test_a_reaction_that_means_nothing_here_costs_no_look_at_the_database(table: Table):
    await called(table)
    board = table._board("console")
    reacted = Reacted("console", "incidents", "ana", "🎉", board, "", added=True, event="e")
    over = OverCoffee(table.stage.writer, table.stage.world.lookups, table.stage.clock, table.house)
    with statements() as sent:
        assert await over.reacted(reacted, "ana") is None
    assert sent == []
