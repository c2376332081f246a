"""Which incident an alert belongs to as incidents open, end, merge and begin again, on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import event, text

from bot.alerts.model import Alert, Notification
from bot.handle import handle
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.model import Kind, Mark, Status, Window
from bot.store import Conflict
from storage.engine import Database
from storage.store import SqlStore
from tests.clock import START
from tests.contract.stage import Stage
from tests.statements import statements
from tests.until import PATIENCE, wait_until
from tests.world import World, an_ask


def an_alert(fingerprint: str = "a", *, firing: bool = True, minutes: float = 0, **labels: str) -> Alert:
    """Started that many minutes after the beginning of everything."""
    named = {"alertname": "ApiDown", "severity": "critical", "region": "one", "az": "az1"} | labels
    starts = START + timedelta(minutes=minutes)
    return Alert("prometheus", fingerprint, firing, starts, None if firing else starts, named, {"summary": fingerprint})


def a_message(*alerts: Alert) -> Notification:
    return Notification("prometheus", alerts, group="g")


def stored(world: World, number: int) -> dict[str, bool]:
    """The alerts of an incident, and whether each fires."""
    return {alert.fingerprint: alert.firing for alert in world.lookups.alerts(number)}


def test_after_resolve_the_next_alert_of_the_group_opens_a_new_incident(world: World):
    world.do(a_message(an_alert("a")))
    world.ask(c.Resolve(summary="ok"), 1)
    world.do(a_message(an_alert("b")))
    assert [i.number for i in world.lookups.recent()] == [2, 1]


def test_a_reopened_incident_gets_the_alerts_of_its_group_again(world: World):
    world.do(a_message(an_alert("a")))
    world.ask(c.Resolve(summary="ok"), 1)
    world.ask(c.Reopen(reason="not yet"), 1)
    world.do(a_message(an_alert("b")))
    assert [i.number for i in world.lookups.recent()] == [1]


def test_a_merge_moves_alerts_and_their_group(world: World):
    world.do(a_message(an_alert("a")))
    target = world.opened("the real one").number
    outcome = world.ask(c.Merge(into=target), 1)
    assert outcome.after.status is Status.MERGED
    assert [alert.fingerprint for alert in world.lookups.alerts(target)] == ["a"]
    world.do(a_message(an_alert("b")))
    assert {alert.fingerprint for alert in world.lookups.alerts(target)} == {"a", "b"}
    assert [i.number for i in world.lookups.recent()] == [2, 1]


def test_two_processes_that_open_the_same_group_meet(postgresql_url: str):
    """Whoever is second is told so, decides again, and joins."""
    world, other = World(Database(postgresql_url)), Database(postgresql_url)
    gate = threading.Barrier(2)

    def ingest(database: Database, fingerprint: str) -> None:
        gate.wait(PATIENCE)
        for _ in range(5):
            try:
                handle(SqlStore(database, world.clock), [a_message(an_alert(fingerprint))], world.rules)
                return
            except Conflict:
                continue

    both = [threading.Thread(target=ingest, args=pair) for pair in ((world.database, "a"), (other, "b"))]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    (incident,) = world.lookups.recent()
    assert incident.alerts_firing == 2
    other.close()
    world.close()


def test_what_fires_anew_after_the_end_opens_and_pages_although_its_end_was_never_said(world: World):
    world.do(a_message(an_alert()))
    world.clock.forward(minutes=30)
    world.ask(c.Resolve(summary="ok"), 1)
    world.ask(c.Close(), 1)
    world.clock.forward(days=14)
    world.do(a_message(an_alert(minutes=20_000)))
    opened, old = world.lookups.recent()
    assert (opened.alerts_firing, old.alerts_firing) == (1, 0)
    assert opened.paging is not None
    assert opened.paging.waiting
    assert [r.event.count for r in world.lookups.history(1) if isinstance(r.event, e.AlertsLeft)] == [1]
    assert (stored(world, 1), stored(world, 2)) == ({"a": False}, {"a": True})
    assert len(opened.rooms) == len(old.rooms)
    world.do(a_message(an_alert(firing=False, minutes=20_000)))
    assert (world.lookups.incident(2).alerts_firing, stored(world, 2)) == (0, {"a": False})


def test_an_incident_that_is_reopened_and_resolved_at_once_takes_no_alerts(world: World):
    world.do(a_message(an_alert("a")))
    world.ask(c.Resolve(summary="ok"), 1)
    world.do(an_ask(c.Reopen(), 1), an_ask(c.Resolve(summary="ok after all"), 1))
    world.do(a_message(an_alert("b")))
    assert stored(world, 2) == {"b": True}


def test_who_is_reopened_beside_a_new_incident_of_its_group_leaves_it_the_group(world: World):
    world.do(a_message(an_alert("a")))
    world.ask(c.Resolve(summary="ok"), 1)
    world.do(a_message(an_alert("b")), an_ask(c.Reopen(), 1))
    world.do(a_message(an_alert("c")))
    assert (stored(world, 1), stored(world, 2)) == ({"a": True}, {"b": True, "c": True})


def test_a_reopened_incident_gets_the_groups_back_that_were_merged_into_it(world: World):
    world.do(a_message(an_alert("a")), a_message(an_alert("b", az="az2")), a_message(an_alert("c", az="az3")))
    world.ask(c.Merge(into=2), 3)
    world.ask(c.Merge(into=1), 2)
    world.ask(c.Resolve(summary="ok"), 1)
    world.ask(c.Reopen(), 1)
    world.do(*(a_message(an_alert(f"later {az}", az=az)) for az in ("az1", "az2", "az3")))
    assert [incident.number for incident in world.lookups.recent()] == [3, 2, 1]
    assert len(stored(world, 1)) == 6


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "one after the other"])
def test_an_alert_that_meets_the_merge_of_its_incident_is_counted_where_it_went(world: World, together: bool):
    world.do(a_message(an_alert("a")), a_message(an_alert("b", az="az2")))
    requests = [
        a_message(an_alert("c", az="az2")),
        an_ask(c.Merge(into=1), 2),
    ]
    for batch in [requests] if together else [[request] for request in requests]:
        world.do(*batch)
    target = world.lookups.incident(1)
    assert (target.alerts_firing, target.alerts_total, set(stored(world, 1))) == (3, 3, {"a", "b", "c"})
    world.do(a_message(*(an_alert(name, firing=False, az="az2") for name in ("b", "c"))))
    assert world.lookups.incident(1).alerts_firing == 1
    assert [type(r.event) for r in world.lookups.history(1)].count(e.Absorbed) == 1


def maintained(world: World, *, hours: float = 2) -> int:
    window = Window(START, START + timedelta(hours=hours), (("az", "=", "az1"),))
    return world.opened("Switch upgrade", kind=Kind.MAINTENANCE, status=Status.MONITORING, window=window).number


def test_an_alert_after_the_window_is_an_alert_like_any_other_although_the_maintenance_is_still_open(world: World):
    number = maintained(world)
    world.do(a_message(an_alert(), an_alert("b")))
    world.do(a_message(an_alert(firing=False)))
    assert world.lookups.incident(number).alerts_firing == 1
    world.clock.forward(hours=3)
    world.do(a_message(an_alert(minutes=170), an_alert("b")))
    opened = world.lookups.incident(2)
    assert (opened.alerts_firing, opened.paging.waiting) == (2, True)
    assert (world.lookups.incident(number).alerts_firing, stored(world, 2)) == (0, {"a": True, "b": True})


def test_incidents_are_locked_in_the_order_of_their_numbers_also_when_what_maintenance_covered_belongs_to_an_older_one(
    world: World,
):
    """Else this bot could wait for one that another bot holds, and that one for what this one holds."""
    world.do(a_message(an_alert("b")))
    assert maintained(world, hours=1) == 2
    world.do(a_message(an_alert("a", minutes=5)))
    assert stored(world, 2) == {"a": True}
    world.clock.forward(hours=2)
    with statements() as sent:
        world.do(a_message(an_alert("a", minutes=5)))
    assert stored(world, 1) == {"a": True, "b": True}
    asked = [values for statement, values in sent if "number, body FROM incident WHERE number" in statement]
    numbers = [sorted(values[0] if isinstance(values[0], list) else json.loads(values[0])) for values in asked]
    # Begun again, and then all at once.
    assert numbers == [[2], [1, 2]]


async def test_what_maintenance_covered_and_still_fires_wakes_somebody_when_the_window_ends(stage: Stage):
    number = maintained(stage.world)
    await stage.writer.submit(a_message(an_alert("a"), an_alert("b")))
    await stage.writer.submit(a_message(an_alert("a", firing=False)))
    await stage.settle()
    assert stage.email.woken == []
    stage.clock.forward(minutes=118)
    await stage.settle()
    assert stage.email.woken == []
    stage.clock.forward(minutes=2)
    await stage.settle()
    assert stage.email.woken == ["ana"]
    assert stage.incident(2).alerts_firing == 1
    assert stage.incident(number).alerts_firing == 0
    assert stage.timeline(number)[-1].startswith("1 alert fired on into another incident")


@pytest.mark.parametrize("end", [c.Resolve(summary="done"), c.Cancel(reason="not today")], ids=["done", "cancelled"])
async def test_what_maintenance_covered_wakes_somebody_when_it_ends_before_its_window(stage: Stage, end: c.Command):
    number = maintained(stage.world)
    await stage.writer.submit(a_message(an_alert()))
    await stage.ask(end, number)
    await stage.settle()
    assert (stage.email.woken, stage.incident(2).alerts_firing) == (["ana"], 1)


async def test_maintenance_that_is_reopened_covers_until_its_window_ends(stage: Stage):
    number = maintained(stage.world)
    await stage.ask(c.Resolve(summary="done"), number)
    await stage.ask(c.Reopen(), number)
    await stage.writer.submit(a_message(an_alert()))
    await stage.settle()
    assert stage.email.woken == []
    stage.clock.forward(hours=2)
    await stage.settle()
    assert stage.email.woken == ["ana"]


# Two processes on one PostgreSQL.


def test_an_alert_that_meets_the_end_of_its_incident_opens_another(postgresql_url: str):
    world, other = World(Database(postgresql_url)), Database(postgresql_url)
    world.do(a_message(an_alert("a")))
    done, may_commit = threading.Event(), threading.Event()

    @event.listens_for(other.engine, "commit")
    def unhurried(connection: object) -> None:
        done.set()
        assert may_commit.wait(PATIENCE)

    def somebody_waits_for_a_lock() -> bool:
        with world.database.read() as connection:
            return bool(connection.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar())

    with ThreadPoolExecutor(2) as pool:
        resolving = pool.submit(handle, SqlStore(other, world.clock), [an_ask(c.Resolve(summary="ok"), 1)], world.rules)
        assert done.wait(PATIENCE)
        alerting = pool.submit(world.do, a_message(an_alert("b")))
        wait_until(somebody_waits_for_a_lock, "the alert at the lock of its incident")
        may_commit.set()
        resolving.result(PATIENCE)
        alerting.result(PATIENCE)
    opened, old = world.lookups.recent()
    assert (old.status, old.alerts_firing) == (Status.RESOLVED, 1)
    assert (opened.number, opened.alerts_firing, opened.paging.waiting) == (2, 1, True)
    other.close()
    world.close()


def test_a_batch_locks_all_that_it_is_about_in_one_question(postgresql_url: str):
    """Else two batches could each hold what the other one waits for."""
    world = World(Database(postgresql_url))
    world.do(*(an_ask(c.Open(title=f"number {number}")) for number in (1, 2, 3)), a_message(an_alert()))
    maintained(world)
    news = a_message(an_alert("b"), an_alert("c", severity="warning"))
    with statements() as sent:
        world.do(news, an_ask(c.Note(mark=Mark.NOTE, text="looked"), 2), an_ask(c.Merge(into=1), 3))
    assert len([said for said, _ in sent if "FOR UPDATE" in said]) == 1
    world.close()


def test_maintenance_is_found_however_many_incidents_are_open(world: World):
    world.do(*(an_ask(c.Open(title=f"number {number}")) for number in range(200)))
    maintained(world)
    with statements() as sent:
        world.do(a_message(an_alert()))
    ((statement, values),) = [(said, given) for said, given in sent if "'maintenance'" in said]
    with world.database.engine.connect() as connection:
        if not world.database.sqlite:
            connection.execute(text("SET enable_seqscan = off"))
        explain = "EXPLAIN QUERY PLAN" if world.database.sqlite else "EXPLAIN"
        plan = "\n".join(str(row[-1]) for row in connection.exec_driver_sql(f"{explain} {statement}", values))
    assert "incident_maintained" in plan, plan
