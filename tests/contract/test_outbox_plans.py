"""How the outbox is looked through, on SQLite and on PostgreSQL: by its indexes, however much waits."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from bot.incident import commands as c
from bot.incident.model import Mark
from storage.engine import Database
from tests.contract.test_outbox import LEASE, settle
from tests.statements import statements
from tests.world import World


def at_rest(world: World) -> None:
    """All is done that comes due within ten seconds."""
    for _ in range(2):
        world.clock.forward(seconds=5)
        while settle(world):
            pass


@pytest.mark.parametrize(("urgent", "full"), [(False, ()), (True, ()), (True, ("email", ""))])
def test_the_claim_uses_the_partial_indexes(world: World, urgent: bool, full: tuple[str, ...]):
    for n in range(300):
        world.opened(f"incident {n}", page="policy:platform" if n % 2 else "")
    with statements() as sent:
        world.outbox.claim(64, LEASE, urgent=urgent, full=full)
    claim, values = next((statement, values) for statement, values in sent if "UPDATE outbox" in statement)
    with world.database.engine.connect() as connection:
        if not world.database.sqlite:
            connection.execute(text("ANALYZE outbox"))
            # There are too few rows for the choice to matter.
            connection.execute(text("SET enable_seqscan = off"))
            connection.execute(text("SET enable_hashjoin = off"))
            connection.execute(text("SET enable_mergejoin = off"))
        explain = "EXPLAIN QUERY PLAN" if world.database.sqlite else "EXPLAIN"
        plan = "\n".join(str(row[-1]) for row in connection.exec_driver_sql(f"{explain} {claim}", values))
    assert "outbox_due" in plan, plan
    assert "outbox_lane" in plan, plan
    assert "SCAN outbox\n" not in f"{plan}\n", plan


def test_clocks_that_wait_for_their_time_are_not_walked_over(world: World):
    for n in range(100):
        world.opened(f"incident {n}", page="policy:platform")
    at_rest(world)
    with statements() as sent:
        assert world.outbox.claim(64, LEASE) == []
        assert world.outbox.next_due() == timedelta(minutes=4, seconds=50)
    claim, earliest = [(statement, values) for statement, values in sent if "outbox" in statement]
    with world.database.engine.connect() as connection:
        if not world.database.sqlite:
            connection.execute(text("ANALYZE outbox"))
            connection.execute(text("SET enable_seqscan = off"))
            connection.execute(text("SET enable_bitmapscan = off"))
        explain = "EXPLAIN QUERY PLAN" if world.database.sqlite else "EXPLAIN"
        plans = [
            "\n".join(str(row[-1]) for row in connection.exec_driver_sql(f"{explain} {statement}", values))
            for statement, values in (claim, earliest)
        ]
    for plan in plans:
        assert "Sort" not in plan, plan
        assert "TEMP B-TREE" not in plan, plan
    part = "(urgency=? AND due_at<?)" if world.database.sqlite else "((urgency = 1) AND (due_at <= "
    assert part in plans[0], plans[0]
    part = "outbox_due (urgency=?)" if world.database.sqlite else "Index Cond: (urgency = (0))"
    assert part in plans[1], plans[1]


def test_a_claim_keeps_no_plan_that_was_made_for_an_empty_table(postgresql_url: str):
    world = World(Database(postgresql_url))
    for n in range(15):
        world.opened(f"incident {n}")
        world.outbox.claim(3, LEASE)
    prepared = "SELECT custom_plans, generic_plans FROM pg_prepared_statements WHERE statement LIKE 'WITH first%'"
    with world.database.write() as connection:
        ((custom, generic),) = connection.execute(text(prepared)).all()
    world.close()
    assert custom > 5
    assert generic == 0


def test_the_next_that_is_due_is_the_first_of_any_urgency_that_nothing_in_its_lane_stands_before(world: World):
    assert world.outbox.next_due() is None
    number = world.opened(page="policy:platform").number
    world.outbox.claim(50, LEASE)
    world.clock.forward(seconds=5)
    world.outbox.claim(50, LEASE)
    # The card is due, and waits for the room.
    assert world.outbox.next_due() == timedelta(seconds=55)
    world.outbox.take_over()
    at_rest(world)
    assert world.outbox.next_due() == timedelta(minutes=4, seconds=45)
    world.ask(c.Note(mark=Mark.NOTE, text="osd.17 is back"), number)
    assert world.outbox.next_due() == timedelta(seconds=1)
    world.ask(c.Page(target="person:ben"), number)
    assert world.outbox.next_due() == timedelta(0)
