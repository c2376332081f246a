"""The schema of the digest and the coffee, on SQLite and on PostgreSQL: there and back with data, and beside the release before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Connection, inspect, select

from bot.incident import commands as c
from bot.incident.model import Incident, Kind, Status
from bot.store import StoreUnavailable
from storage import migrate, rows
from storage.tables import counter, incident
from storage.weeks import SqlWeeks
from tests.clock import START
from tests.world import World

LOOKS_LIKE_ONE = 'Log says {"followups":[{"id":1}]} and "followups":[{'


def to(world: World, version: str) -> None:
    """Up or down to that schema."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrate.MIGRATIONS))
    with world.database.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, version)
        connection.commit()


def seen(world: World, what: Callable[[Connection], object]) -> object:
    with world.database.read() as connection:
        return what(connection)


def owing(world: World) -> dict[int, int]:
    statement = select(incident.c.number, incident.c.owing)
    return dict(seen(world, lambda connection: [tuple(row) for row in connection.execute(statement)]))


def test_of_what_is_there_those_with_follow_ups_are_found_and_no_others(world: World):
    bare, open_, done, quoting = (world.opened(f"number {n}").number for n in range(1, 5))
    for number in (open_, done):
        world.ask(c.AddFollowUp(text=f"100 % of {LOOKS_LIKE_ONE}"), number)
    world.ask(c.ChangeFollowUp(followup=1, outcome="done"), done)
    world.ask(c.Resolve(summary=LOOKS_LIKE_ONE), quoting)
    to(world, "0005")
    migrate.upgrade(world.database)
    assert owing(world) == {bare: 0, open_: 1, done: 1, quoting: 0}
    gathered = SqlWeeks(world.database).week(START, START + timedelta(days=7))
    assert [one.number for one in gathered.owing] == [open_]
    # The first change says it exactly.
    world.ask(c.AddTask(text="call them"), done)
    assert owing(world)[done] == 0


def test_the_schema_goes_back_and_nothing_of_before_is_lost(world: World):
    number = world.opened(page="policy:platform").number
    world.ask(c.AddFollowUp(text="replace it"), number)
    before = (world.lookups.incident(number), world.lookups.history(number))
    to(world, "0005")

    def left(connection: Connection) -> tuple[set[str], set[str], set[str]]:
        found = inspect(connection)
        indexes = {str(index["name"]) for table in ("event", "incident") for index in found.get_indexes(table)}
        columns = {column["name"] for column in found.get_columns("incident")}
        return {*found.get_table_names()} & {"topic", "coffee"}, indexes & {"event_told", "incident_owing"}, columns

    tables, indexes, columns = seen(world, left)
    assert (tables, indexes) == (set(), set())
    assert "owing" not in columns
    assert "incident_live" in seen(world, lambda c: {index["name"] for index in inspect(c).get_indexes("incident")})
    names = select(counter.c.name)
    assert {"topic", "coffee"}.isdisjoint(seen(world, lambda connection: [*connection.execute(names).scalars()]))
    migrate.upgrade(world.database)
    assert (world.lookups.incident(number), world.lookups.history(number)) == before
    counted = select(counter.c.name, counter.c.value).where(counter.c.name.in_(("topic", "coffee")))
    found = seen(world, lambda connection: sorted(tuple(row) for row in connection.execute(counted)))
    assert found == [("coffee", 0), ("topic", 0)]


@pytest.fixture
def as_the_release_before(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Its rows have no column `owing`."""
    whole = rows.incident_row

    def without(one: Incident, at: object) -> dict[str, object]:
        return {name: value for name, value in whole(one, at).items() if name != "owing"}

    monkeypatch.setattr(rows, "incident_row", without)
    monkeypatch.setattr(
        "storage.store.INCIDENT_CHANGES",
        tuple(n for n in without(Incident(1, START), START) if n not in ("number", "opened_at")),
    )
    return world


def test_the_release_before_goes_on_writing_and_what_is_owed_is_found(as_the_release_before: World):
    world = as_the_release_before
    number = world.opened().number
    world.ask(c.AddFollowUp(text="replace it"), number)
    world.ask(c.Resolve(summary="over"), number)
    assert owing(world) == {number: 0}
    gathered = SqlWeeks(world.database).week(START, START + timedelta(days=7))
    assert [one.number for one in gathered.owing] == [number]
    assert [one.number for one in gathered.measured] == [number]


def test_and_is_found_also_when_it_is_no_longer_looked_at_anyway(as_the_release_before: World):
    """What was closed, or is none of those whose durations are told, is found in a digest of its own week alone."""
    world = as_the_release_before
    closed, nearly = world.opened(), world.opened("Nearly", kind=Kind.NEARMISS, status=Status.RESOLVED)
    for one in (closed, nearly):
        world.ask(c.AddFollowUp(text="replace it"), one.number)
    world.ask(c.Resolve(summary="over"), closed.number)
    for one in (closed, nearly):
        world.ask(c.Close(), one.number)
    weeks = SqlWeeks(world.database)
    weeks.week(START, START + timedelta(days=7))
    later = weeks.week(START + timedelta(days=700), START + timedelta(days=707))
    assert [one.number for one in later.owing] == [closed.number, nearly.number]
    assert later.measured == ()


def test_a_database_in_which_nothing_can_be_noted_tells_of_its_week_all_the_same(
    as_the_release_before: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    world = as_the_release_before
    number = world.opened().number
    world.ask(c.AddFollowUp(text="replace it"), number)

    def full() -> None:
        raise StoreUnavailable("the disk is full")

    monkeypatch.setattr(world.database, "write", full)
    gathered = SqlWeeks(world.database).week(START, START + timedelta(days=7))
    assert [one.number for one in gathered.owing] == [number]
    assert "could not be noted: the disk is full" in caplog.text
