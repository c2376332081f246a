"""What is stored and cannot be read: it fails alone, and everything else goes on."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import text

import bot.deliver
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.model import Kind, Mark, Window
from bot.store import StoreUnavailable
from tests.contract.stage import Stage, firing

UNREADABLE = '{"number": 1, "opened_at": "2026-11-02T03:00:00Z", "severity": "sev9"}'


def broken(stage: Stage, body: str = UNREADABLE) -> None:
    """INC-1 as a hand on the database, or a release that wrote something else, may leave it."""
    with stage.world.database.write() as connection:
        connection.execute(text("UPDATE incident SET body = :body WHERE number = 1"), {"body": body})


def became(stage: Stage, kind: str) -> tuple[str, str]:
    with stage.world.database.read() as connection:
        found = connection.execute(text("SELECT state, errors FROM outbox WHERE kind = :kind"), {"kind": kind}).one()
        return (found.state, found.errors)


async def test_what_is_listed_is_what_can_be_read_and_the_log_names_the_rest(
    stage: Stage, caplog: pytest.LogCaptureFixture
):
    await stage.open("broken")
    await stage.open("fine")
    broken(stage)
    lookups = stage.world.lookups
    for listed in (lookups.open_incidents(), lookups.recent(), lookups.incidents([1, 2]).values()):
        assert [incident.number for incident in listed] == [2]
    assert "INC-1 cannot be read: Invalid enum value 'sev9'" in caplog.text


async def test_only_what_is_asked_of_an_unreadable_incident_fails(stage: Stage):
    await stage.open("broken")
    await stage.open("fine")
    broken(stage)
    note = c.Note(mark=Mark.NOTE, text="failed over")
    bad, good = await asyncio.gather(stage.ask(note, 1), stage.ask(note, 2), return_exceptions=True)
    assert "INC-1 cannot be read" in str(bad)
    assert good.after.number == 2


async def test_effects_of_an_unreadable_incident_fail_in_the_end_and_say_why(stage: Stage):
    await stage.open("broken", page="person:ben")
    broken(stage)
    await stage.settle()
    stage.clock.forward(hours=25)
    for _ in range(14):
        await stage.settle()
        stage.clock.forward(minutes=6)
    for kind in ("send_page", "open_room"):
        state, errors = became(stage, kind)
        assert state == "failed"
        assert "INC-1 cannot be read" in errors


async def test_an_incident_that_is_mended_in_time_gets_its_page(stage: Stage):
    await stage.open("broken", page="person:ben")
    with stage.world.database.read() as connection:
        whole = connection.execute(text("SELECT body FROM incident")).scalar_one()
    broken(stage)
    await stage.settle()
    broken(stage, whole)
    stage.clock.forward(minutes=1)
    await stage.settle()
    assert stage.email.woken == ["ben"]


async def test_an_unreadable_maintenance_keeps_no_alert_from_opening_an_incident(stage: Stage):
    window = Window(stage.clock.now(), stage.clock.now() + timedelta(hours=1), (("az", "=", "b"),))
    await stage.open("Move of racks", kind=Kind.MAINTENANCE, window=window)
    broken(stage)
    await stage.writer.submit(firing(1))
    assert stage.incident(2).alerts_firing == 1


async def test_a_title_is_compared_with_no_incident_that_cannot_be_read(stage: Stage):
    await stage.open("broken")
    broken(stage)
    await stage.open("broken")
    assert [incident.number for incident in stage.world.lookups.open_incidents()] == [2]
    assert stage.events(e.IncidentOpened, 2)


@pytest.mark.parametrize("error", [ValueError("a bug"), StoreUnavailable("the disk is full")], ids=["bug", "disk"])
@pytest.mark.parametrize("call", ["claim", "next_due", "renew"])
async def test_the_loop_outlives_whatever_the_outbox_raises_and_does_not_spin(
    stage: Stage, call: str, error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(bot.deliver, "POLL", 0.05)
    monkeypatch.setattr(bot.deliver, "RENEW_EVERY", 0.05)
    outbox, loop, tries = stage.world.outbox, asyncio.get_running_loop(), []
    honest = getattr(outbox, call)

    def troubled(*given: object, **more: object) -> object:
        tries.append(loop.time())
        if len(tries) <= 3:
            raise error
        return honest(*given, **more)

    monkeypatch.setattr(outbox, call, troubled)
    running = asyncio.create_task(stage.deliverer.run())
    await stage.open(page="person:ben")
    stage.deliverer.wake()
    await stage.until(lambda: len(tries) > 3 and stage.email.woken, "the page, and the trouble to pass")
    stage.deliverer.stop()
    await running
    assert ("Traceback" in caplog.text) == isinstance(error, ValueError)
    if call == "claim":
        # Somebody always wakes the loop here, and something is due: still it pauses.
        assert all(later - earlier >= 0.04 for earlier, later in pairwise(tries[:4]))
    stage.deliverer = stage.another_process()
