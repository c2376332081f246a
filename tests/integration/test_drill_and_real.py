"""A drill replays alerts while the very same alerts really fire, with the payloads of Alertmanager over HTTP: fingerprints, groups and labels
are equal, and neither of the two swallows, clears or pages for the other."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.alerts.alertmanager import Config, build
from bot.handle import Rules, handle
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.model import Kind
from storage.engine import Database
from storage.store import SqlStore
from tests.clock import FakeClock
from tests.served import Served, served
from tests.until import until
from tests.world import ROSTER, ROUTES, an_ask

FIXTURES = Path(__file__).parent.parent / "fixtures" / "alertmanager"
LATER = timedelta(minutes=40)
"""Between the alerts and their end: at sixty times as fast forty seconds, at a thousand still more than what comes together."""


def payload(name: str, starts: datetime) -> bytes:
    """As it was captured, but of an alert that pages and began at `starts`."""
    text = (FIXTURES / name).read_text(encoding="utf-8").replace('"warning"', '"critical"')
    return re.sub(r'("startsAt": ?")[^"]*"', rf'\g<1>{starts.isoformat()}"', text).encode()


def a_past(database_url: str) -> None:
    """Three alerts of one group fired two days ago and cleared after two hours; INC-1 is closed."""
    database, ago = Database(database_url), FakeClock(datetime.now(UTC) - timedelta(days=2))
    store, source, rules = SqlStore(database, ago), build("prometheus", Config()), Rules(roster=ROSTER, routes=ROUTES)
    began = ago.now()
    handle(store, [source.parse(payload("firing_grouped_3.json", began))], rules)
    ago.forward(seconds=LATER.total_seconds())
    handle(store, [source.parse(payload("resolved_grouped_3.json", began))], rules)
    for command in (c.Resolve(), c.Close()):
        handle(store, [an_ask(command, 1)], rules)
    database.close()


@pytest.fixture
async def it(tmp_path: Path, database_url: str) -> AsyncIterator[Served]:
    a_past(database_url)
    async with served(tmp_path, database_url) as it:
        yield it


async def drilled(it: Served, number: int, line: str = "drill INC-1 speed=60x") -> None:
    await it.type(line, room="incidents")
    await until(lambda: it.incident(number) and it.incident(number).rooms.get("console"), "the room of the drill")


def counts(it: Served, number: int) -> tuple[int, int]:
    """How many alerts fire there, and how many ever did."""
    found = it.incident(number)
    assert found is not None
    return found.alerts_firing, found.alerts_total


def owned(it: Served, number: int) -> list[bool]:
    """Whether each stored alert of it fires."""
    return [one.firing for one in it.klatsch.lookups.alerts(number)]


async def over(it: Served, number: int) -> None:
    await until(lambda: it.incident(number).replay.over, "the end of the replay")
    await it.quiet()


async def test_what_really_fires_in_the_middle_of_its_own_drill_opens_pages_and_clears_by_itself(it: Served):
    await drilled(it, 2)
    assert counts(it, 2) == (3, 3)
    assert owned(it, 2) == []
    now = datetime.now(UTC)
    assert (await it.alert(payload("firing_grouped_3.json", now))).status_code == 200
    real = it.incident(3)
    assert (real.kind, counts(it, 3), owned(it, 3)) == (Kind.REAL, (3, 3), [True] * 3)
    await until(lambda: it.phone.shown("ana-pages"), "the page of the real one")
    assert ["INC-3" in page["title"] for page in it.phone.shown("ana-pages")] == [True]
    # What clears in the drill clears nowhere else.
    await it.type("drill speed=1000x", room="inc-2")
    await over(it, 2)
    assert (counts(it, 2), counts(it, 3), owned(it, 3)) == ((0, 3), (3, 3), [True] * 3)
    assert it.incident(3).status.active
    # Nor does it keep the real ones from clearing, or hear of that.
    assert (await it.alert(payload("resolved_grouped_3.json", now))).status_code == 200
    assert (counts(it, 2), counts(it, 3), owned(it, 3)) == ((0, 3), (0, 3), [False] * 3)
    told = [one.event for one in it.klatsch.lookups.history(2)]
    assert [len([one for one in told if isinstance(one, kind)]) for kind in (e.AlertsFired, e.AlertsCleared)] == [1, 1]


async def test_what_really_clears_in_the_middle_of_its_drill_clears_nothing_there(it: Served):
    now = datetime.now(UTC)
    await it.alert(payload("firing_grouped_3.json", now))
    assert counts(it, 2) == (3, 3)
    await drilled(it, 3)
    assert counts(it, 3) == (3, 3)
    await it.alert(payload("resolved_grouped_3.json", now))
    assert (counts(it, 2), counts(it, 3)) == ((0, 3), (3, 3))
    # The end of the drill is not the end of what is real, nor the other way round.
    await it.type("resolve drained", room="inc-3")
    assert (it.incident(2).status.open, it.incident(3).status.open) == (True, False)


async def test_at_the_same_moment_and_with_two_drills_of_it_each_has_its_own(it: Served):
    now = datetime.now(UTC)
    body = payload("firing_grouped_3.json", now)
    lines = [it.type(f"drill INC-1 speed=1000x Number {n}", room="incidents") for n in (1, 2)]
    await asyncio.gather(*lines, *(it.alert(body) for _ in range(3)))
    opened = it.klatsch.lookups.recent()
    drills = [one.number for one in opened if one.kind is Kind.DRILL]
    (real,) = (one.number for one in opened if one.kind is Kind.REAL and one.number != 1)
    assert len(drills) == 2
    assert (counts(it, real), owned(it, real)) == ((3, 3), [True] * 3)
    for number in drills:
        await over(it, number)
        assert (counts(it, number), owned(it, number)) == ((0, 3), [])
    assert (counts(it, real), it.incident(real).status.active) == ((3, 3), True)
    assert ["INC-" + str(real) in page["title"] for page in it.phone.shown("ana-pages")] == [True]


async def test_what_never_cleared_before_its_drill_is_repeated_to_the_incident_it_belongs_to(it: Served):
    now = datetime.now(UTC)
    body = payload("firing_grouped_3.json", now)
    await it.alert(body)
    await it.type("resolve by hand", room="incidents")
    await it.type("INC-2 resolve by hand", room="incidents")
    assert not it.incident(2).status.open
    await drilled(it, 3, "drill INC-2 speed=1")
    await it.type("drill pause", room="inc-3")
    before = counts(it, 3)
    assert (await it.alert(body)).status_code == 200
    assert (counts(it, 3), owned(it, 3), owned(it, 2)) == (before, [], [True] * 3)
    # Fired anew it is a new one, as without a drill.
    await it.alert(payload("firing_grouped_3.json", now + timedelta(seconds=30)))
    assert (it.incident(4).kind, counts(it, 4), counts(it, 3)) == (Kind.REAL, (3, 3), before)
