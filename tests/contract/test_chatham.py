"""Where the Chatham House rule holds, nothing of the bot's says who voted or brought up what, whatever platform it was on: no table,
no adapter's memory, no log."""

from __future__ import annotations

import logging
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import MetaData, select

from bot.chat.document import say
from bot.coffee.board import Board, Manner
from bot.coffee.house import House
from bot.coffee.nameless import nameless
from bot.coffee.voters import voter
from bot.converse import Conversation
from bot.duty import Duty
from bot.incident.commands import coffee as k
from bot.incident.model import Person
from bot.ports import Attempt, ChatPlatform
from bot.questions import Names
from tests.contract.coffee_table import said
from tests.contract.heard import listening as hearing_matrix
from tests.contract.slack_listening import listening
from tests.contract.talked import conversing, logged
from tests.until import until
from tests.world import PEOPLE, ROSTER, RULES, World


def at_the_table(world: World, **known: str) -> AbstractAsyncContextManager[Conversation]:
    """`known` are Ben's handles."""
    people = {**PEOPLE, "ben": Person("ben", "Ben Okafor", handles=known)}
    unnamed = partial(nameless, people=people.values(), instead="somebody")
    manner, key = Manner(anonymous=True, unnamed=unnamed), "a key"
    world.rules = replace(RULES, manner=manner, voter=partial(voter, key))
    house = House(manner, people=people, voter=partial(voter, key))
    return conversing(world, Names(people=people, duty=Duty(ROSTER), rooms=True, house=house))


async def called(world: World, platform: ChatPlatform, room: str) -> str:
    """A coffee with one topic; its board."""
    board = await platform.say(Attempt("board"), room, say("the board"))
    world.do(
        said(k.AddTopic(text="Why do OSDs flap?")),
        said(k.CallCoffee(starts_at=world.clock.now() + timedelta(days=1))),
        said(k.RecordBoard(coffee=1, spot=platform.name, message=board, room=room)),
    )
    return board


def dots(board: Board) -> list[int]:
    return [topic.votes for topic in board.topics.values()]


def stored(world: World) -> str:
    """Each row of each table."""
    tables = MetaData()
    with world.database.engine.connect() as connection:
        tables.reflect(connection)
        rows = [row for table in tables.sorted_tables for row in connection.execute(select(table))]
    return "\n".join(map(str, rows))


async def test_in_slack_a_dot_and_a_cup_are_nobody_s(slack, beside, caplog):
    caplog.set_level(logging.DEBUG)
    ana, ben = slack.people["ana"], slack.people["ben"]
    async with at_the_table(beside, slack=ben.id) as conversation, listening(slack, conversation):
        await ana.joins("#incidents")
        await ben.joins("#incidents")
        room = await slack.platform.room_named("")
        ts = await called(beside, slack.platform, room)
        await ben.reacts(room, ts, "apple")
        await until(lambda: dots(beside.lookups.board()) == [1], "Ben's dot")
        posted = await ana.posts("#incidents", "Who reads runbooks, Ben?")
        await ben.reacts(room, posted.ts, "coffee")
        await until(lambda: dots(beside.lookups.board()) == [1, 0], "his topic")
        await ben.unreacts(room, ts, "apple")
        await until(lambda: dots(beside.lookups.board()) == [0, 0], "the end of his dot")
        await until(lambda: "event:0" not in stored(beside), "that nothing is kept to be done")
    _nobody(beside, caplog, ben.id, ana.id)


async def test_in_matrix_a_dot_and_a_cup_are_nobody_s(matrix, beside, caplog):
    caplog.set_level(logging.DEBUG)
    ana, ben = matrix.people["ana"], matrix.people["ben"]
    room = await matrix.platform.room_named("")
    async with at_the_table(beside, matrix=ben.user_id) as conversation, hearing_matrix(matrix, conversation):
        for person in (ana, ben):
            await person.join(room)
        board = await called(beside, matrix.platform, room)
        put = await ben.react(room, board, "🍎")
        await until(lambda: dots(beside.lookups.board()) == [1], "Ben's dot")
        await ben.react(room, await ana.say(room, "Who reads runbooks, Ben?"), "☕")
        await until(lambda: dots(beside.lookups.board()) == [1, 0], "his topic")
        await ben.redact(room, put)
        await until(lambda: dots(beside.lookups.board()) == [0, 0], "the end of his dot")
    _nobody(beside, caplog, ben.user_id, ana.user_id)


def _nobody(world: World, caplog: pytest.LogCaptureFixture, *ids: str) -> None:
    held, said_so = stored(world), logged(caplog)
    assert "Who reads runbooks, somebody?" in held
    for trace in (*ids, "'ben'", '"ben"', "Okafor"):
        assert trace not in held, trace
        assert trace not in said_so, trace
