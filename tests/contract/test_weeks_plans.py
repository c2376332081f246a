"""How a week is looked for, on SQLite and on PostgreSQL: by indexes, however long the past is."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from bot.coffee.board import Origin, Topic
from bot.incident import commands as c
from bot.incident.model import Mark
from storage import codec, tables
from storage.weeks import SqlWeeks
from tests.clock import START
from tests.contract.test_weeks import a_warning
from tests.statements import statements
from tests.world import World

WEEKS = 30


@pytest.fixture
def years(world: World) -> datetime:
    """The last week of a past with pages, follow-ups and noise; when it began."""
    for n in range(WEEKS):
        number = world.opened(f"incident {n}", page="policy:platform").number
        for turn in range(10):
            world.ask(c.Note(mark=Mark.NOTE, text=f"note {turn}"), number)
        world.ask(c.Resolve(summary="over"), number)
        world.ask(c.Close(), number)
        world.clock.forward(days=7)
    world.ask(c.AddFollowUp(text="replace it"), 1)
    # Long over, and not among those that are looked at anyway.
    world.ask(c.Note(mark=Mark.NOTE, text="it was the firmware"), 2)
    world.do(a_warning("a"), a_warning("b"))
    world.ask(c.Decline(), WEEKS + 1)
    asked = Topic(1, "Why?", START, Origin.QUESTION, incident=2, event=3)
    with world.database.write() as connection:
        values = {"id": 1, "key": "2:3", "state": "open", "coffee": 0, "body": codec.dump(asked)}
        connection.execute(tables.topic.insert().values(values))
    return world.clock.now()


def plans(world: World, start: datetime) -> list[str]:
    """Of each question that a week asks, in their order."""
    with statements() as sent:
        SqlWeeks(world.database).week(start, start + timedelta(days=7))
    asked = [(statement, values) for statement, values in sent if "SELECT" in statement]
    found = []
    with world.database.engine.connect() as connection:
        if not world.database.sqlite:
            connection.execute(text("ANALYZE"))
            # There are too few rows for the choice to matter.
            for way in ("seqscan", "hashjoin", "mergejoin"):
                connection.execute(text(f"SET enable_{way} = off"))
        explain = "EXPLAIN QUERY PLAN" if world.database.sqlite else "EXPLAIN"
        for statement, values in asked:
            plan = connection.exec_driver_sql(f"{explain} {statement}", values)
            found.append("\n".join(str(row[-1]) for row in plan))
    return found


def test_every_question_goes_by_an_index(world: World, years: datetime):
    told, open_, newest, owing, of_them, noise, again, paged, _, topics, secret = plans(world, years)
    assert "event_told" in told
    assert "incident_live" in open_
    assert "incident_owing" in owing
    assert "alert_incident" in noise
    assert ("sqlite_autoindex_event_1" if world.database.sqlite else "event_pkey") in again
    assert "event_paged" in paged
    assert "topic_open" in topics
    assert "topic_coffee" in topics
    primary = "INTEGER PRIMARY KEY" if world.database.sqlite else "incident_pkey"
    for plan in (newest, of_them, secret):
        assert primary in plan, plan


def test_no_question_walks_over_the_past(world: World, years: datetime):
    for plan in plans(world, years):
        for table in ("event", "incident", "alert"):
            assert f"SCAN {table}\n" not in f"{plan}\n", plan
            assert f"Seq Scan on {table}" not in plan, plan


def test_the_events_of_a_week_are_read_in_the_order_of_the_index(world: World, years: datetime):
    told = plans(world, years)[0]
    assert "TEMP B-TREE" not in told
    assert "Sort" not in told
    part = "event_told (recorded_at>? AND recorded_at<?)" if world.database.sqlite else "(recorded_at >= "
    assert part in told, told
