"""What the release before ours writes on timelines and makes no topics of: before people vote it is looked for, and comes up once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, text

from bot.coffee.board import Origin, TopicState
from bot.coffee.overlooked import LOOKED_BACK
from bot.incident import commands as c
from bot.incident.commands import coffee as k
from bot.incident.model import Captured, Incident, Kind, Mark
from bot.incident.text import REMOVED
from storage import tables
from tests.contract.coffee_table import ask, sit
from tests.contract.test_coffee_sources import message, noted, stored
from tests.statements import statements
from tests.world import World

CUP = "Why do OSDs flap?"


@pytest.fixture
def world(world: World) -> World:
    return sit(world)


def by_the_old_bot(world: World, command: c.Command, number: int | None = None, *, by: str = "ana") -> Incident:
    """It knows no board: what it does stands in incidents and on timelines alone."""
    with world.database.read() as connection:
        held = [dict(row._mapping) for row in connection.execute(tables.topic.select())]
        counters = connection.execute(tables.counter.select()).all()
    after = world.ask(command, number, by=by).after
    assert after is not None
    with world.database.write() as connection:
        connection.execute(delete(tables.topic))
        if held:
            connection.execute(tables.topic.insert(), held)
        for row in counters:
            if row.name == "topic":
                connection.execute(
                    tables.counter.update().where(tables.counter.c.name == "topic").values(value=row.value)
                )
    return after


def found(world: World) -> list[tuple[str, Origin, int, int]]:
    topics = world.lookups.board().topics.values()
    return [(one.text, one.origin, one.incident, one.event) for one in topics if one.state is TopicState.OPEN]


def call(world: World) -> None:
    ask(world, k.CallCoffee(starts_at=world.clock.now() + timedelta(days=1)))


def an_old_week(world: World) -> None:
    number = by_the_old_bot(world, c.Open(title="Volumes slow")).number
    by_the_old_bot(world, c.Note(text=CUP, mark=Mark.COFFEE, message=message(1)), number)
    by_the_old_bot(world, c.Note(text="Who knows Ceph?", mark=Mark.QUESTION), number)
    by_the_old_bot(world, c.Note(text="it was hot", mark=Mark.KEY_MOMENT), number)
    near = by_the_old_bot(world, c.Open(title="Backup was empty", kind=Kind.NEARMISS), by="").number
    by_the_old_bot(world, c.Rename(title="Backup was empty for a week"), near)


OLD_WEEK = [
    (CUP, Origin.REACTION, 1, 2),
    ("Who knows Ceph?", Origin.QUESTION, 1, 3),
    ("Backup was empty for a week", Origin.NEARMISS, 2, 1),
]


@pytest.mark.parametrize("command", [k.CallCoffee, k.OrderAgenda, k.StartCoffee])
def test_what_the_release_before_wrote_is_on_the_board_when_people_look_at_it(world: World, command: type):
    an_old_week(world)
    assert found(world) == []
    planned = {} if command is k.StartCoffee else {"starts_at": world.clock.now() + timedelta(days=1)}
    ask(world, command(**planned))
    assert sorted(found(world)) == sorted(OLD_WEEK)
    near = next(one for one in world.lookups.board().topics.values() if one.origin is Origin.NEARMISS)
    assert near.by == ""
    if command is not k.CallCoffee:
        assert len(world.lookups.board().coffee.agenda) == 3


def test_it_comes_up_once_whatever_became_of_it(world: World):
    an_old_week(world)
    call(world)
    cup, question, near = sorted(stored(world))
    ask(world, k.DropTopic(topic=cup))
    ask(world, k.RewordTopic(topic=near, text="Backups"))
    ask(world, k.StartCoffee())
    ask(world, k.EndCoffee())
    world.clock.forward(days=7)
    call(world)
    ask(world, k.OrderAgenda())
    assert len(stored(world)) == 3
    assert stored(world)[cup].state is TopicState.DROPPED
    assert "Backups" in [one.text for one in stored(world).values()]
    assert question in stored(world)


def test_what_was_taken_back_edited_removed_or_became_private_meanwhile_is_as_it_is_now(world: World):
    number = by_the_old_bot(world, c.Open(title="Volumes slow")).number
    for n, words in enumerate(("taken back", "edited", "removed"), 1):
        by_the_old_bot(world, c.Note(text=words, mark=Mark.COFFEE, message=message(n)), number)
    by_the_old_bot(world, c.Retract(captured=Captured.LINE, mark=Mark.COFFEE, message=message(1)), number)
    by_the_old_bot(world, c.EditMessage(message=message(2), text="edited since"), number)
    by_the_old_bot(world, c.RemoveMessage(message=message(3)), number)
    near = by_the_old_bot(world, c.Open(title="It was none", kind=Kind.NEARMISS)).number
    by_the_old_bot(world, c.Cancel(reason="it was full"), near)
    secret = by_the_old_bot(world, c.Open(title="Keys leaked")).number
    by_the_old_bot(world, c.Note(text="who has the keys", mark=Mark.QUESTION), secret)
    by_the_old_bot(world, c.MakePrivate(), secret)
    drill = by_the_old_bot(world, c.Open(title="Rack loss", kind=Kind.DRILL)).number
    by_the_old_bot(world, c.Note(text="why did nobody look", mark=Mark.QUESTION), drill)
    by_the_old_bot(world, c.Note(text="drills in the morning", mark=Mark.COFFEE), drill)
    call(world)
    assert [words for words, *_ in found(world)] == ["edited since", "drills in the morning"]


def test_what_a_topic_came_from_and_nobody_may_read_any_more_goes_from_the_board(world: World):
    removed, secret = noted(world, "the key is hunter2"), noted(world, "who leaked the keys")
    stays = noted(world)
    reacted = k.AddTopic(text=f"INC-{secret} is announced", message="slack:9.9")
    ask(world, reacted)
    by_the_old_bot(world, c.RemoveMessage(message=message(removed)), removed)
    by_the_old_bot(world, c.MakePrivate(), secret)
    assert len(found(world)) == 4
    call(world)
    assert found(world) == [(CUP, Origin.REACTION, stays, 2)]
    assert {one.text for one in stored(world).values()} == {CUP, REMOVED}


def test_a_message_that_was_talked_about_comes_up_under_no_second_mark(world: World):
    number = noted(world)
    ask(world, k.StartCoffee())
    by_the_old_bot(world, c.Note(text=CUP, mark=Mark.QUESTION, message=message(number)), number)
    ask(world, k.EndCoffee())
    world.clock.forward(days=7)
    call(world)
    assert [one.state for one in stored(world).values()] == [TopicState.DISCUSSED]


def test_nothing_is_dug_out_of_the_years_before(world: World):
    an_old_week(world)
    world.clock.forward(seconds=LOOKED_BACK.total_seconds() + 1)
    call(world)
    assert found(world) == []


def test_it_is_looked_for_by_indexes_and_costs_one_question_where_there_is_nothing(world: World):
    for n in range(3):
        world.opened(f"incident {n}")
    with statements() as sent:
        call(world)
    asked = [one for one in sent if "FROM event" in one[0]]
    assert len(asked) == 1
    ((statement, values),) = asked
    with world.database.engine.connect() as connection:
        if not world.database.sqlite:
            connection.execute(text("SET enable_seqscan = off"))
        explain = "EXPLAIN QUERY PLAN" if world.database.sqlite else "EXPLAIN"
        plan = "\n".join(str(row[-1]) for row in connection.exec_driver_sql(f"{explain} {statement}", values))
    assert "event_told" in plan
    # What is a topic already is looked up no second time.
    noted(world)
    with statements() as sent:
        ask(world, k.OrderAgenda())
    assert len([one for one in sent if "FROM counter" in one[0]]) == 1


def test_what_cannot_be_read_holds_up_no_coffee(world: World, caplog: pytest.LogCaptureFixture):
    an_old_week(world)
    with world.database.write() as connection:
        broken = tables.event.update().values(body='{"mark":"coffee"')
        connection.execute(broken.where(tables.event.c.incident == 1, tables.event.c.seq == 2))
    call(world)
    assert sorted(found(world)) == sorted(OLD_WEEK[1:])
    assert "cannot be read" in caplog.text
