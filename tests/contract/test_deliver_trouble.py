"""What the loop promises on a bad day: providers that fail, processes that die, leases that run out."""

from __future__ import annotations

import asyncio
import logging
import threading
from datetime import timedelta

import pytest
from sqlalchemy import text

import bot.deliver
from bot.backoff import MOST, backoff
from bot.incident import commands as c
from bot.incident import events as e
from bot.incident.model import Mark, PublicStatus, Severity
from bot.ports import Rejected, Unavailable
from bot.store import StoreUnavailable
from tests.contract.stage import Stage
from tests.fakes import Orders, Patience
from tests.statements import statements
from tests.until import PATIENCE, until

# Trouble.


async def test_the_time_a_provider_asks_for_is_honoured(stage: Stage):
    stage.email.orders.then.append(Unavailable("slow down", timedelta(seconds=90)))
    await stage.open(page="policy:platform")
    await stage.deliverer.drain()
    stage.clock.forward(seconds=89)
    await stage.deliverer.drain()
    assert len(stage.email.tries) == 1
    stage.clock.forward(seconds=2)
    await stage.deliverer.drain()
    assert [(asked.number, asked.key) for asked in stage.email.tries] == [
        (1, stage.email.tries[0].key),
        (2, stage.email.tries[0].key),
    ]
    assert stage.email.woken == ["ana"]


def test_waits_double_to_five_minutes_and_are_spread_by_half_the_same_way_each_time():
    waits = [backoff("1.2.0", attempt).total_seconds() for attempt in range(1, 30)]
    for attempt, wait in enumerate(waits, 1):
        most = min(MOST, 2.0 ** (attempt - 1))
        assert most / 2 <= wait <= most
    assert waits == [backoff("1.2.0", attempt).total_seconds() for attempt in range(1, 30)]
    together = {backoff(f"{n}.1.0", 9) for n in range(100)}
    assert len(together) > 90


async def test_a_bug_in_an_adapter_is_tried_again_and_finally_told(stage: Stage, caplog: pytest.LogCaptureFixture):
    stage.page.orders.always = KeyError("id")
    post = c.DraftPublicPost(status=PublicStatus.INVESTIGATING, title="Slow", text="We are looking into it.")
    await stage.open()
    await stage.ask(post, 1)
    await stage.ask(c.ApprovePublicPost(), 1)
    with caplog.at_level(logging.CRITICAL):
        for _ in range(20):
            await stage.settle()
            stage.clock.forward(minutes=6)
    assert stage.effects("publish") == [("publish", "failed", bot.deliver.BUG_ATTEMPTS)]
    (failed,) = stage.events(e.DeliveryFailed)
    assert (failed.effect, failed.provider) == ("publish", "page")
    assert "internal error (KeyError)" in failed.reason
    assert "Publish on page failed" in "\n".join(stage.thread())


async def test_a_bug_that_passes_leaves_no_trace_but_the_log(stage: Stage, caplog: pytest.LogCaptureFixture):
    stage.email.orders.then.append(ZeroDivisionError())
    with caplog.at_level(logging.CRITICAL):
        await stage.open(page="person:ben")
        await stage.settle()
    assert stage.email.woken == ["ben"]
    assert stage.events(e.PageFailed) == []


async def test_what_a_day_of_trying_did_not_do_is_told(stage: Stage):
    stage.publisher.orders.always = Unavailable("the disk is full")
    await stage.open()
    await stage.ask(c.Resolve(summary="ok"), 1)
    await stage.ask(c.StartReview(), 1)
    for _ in range(27):
        await stage.settle()
        stage.clock.forward(hours=1)
    (failed,) = stage.events(e.DeliveryFailed)
    assert failed.reason.startswith("gave up after")
    assert failed.reason.endswith("the disk is full")
    assert "Write draft on folder failed" in "\n".join(stage.thread())


async def test_nothing_waits_beyond_the_end_of_its_patience(stage: Stage):
    stage.publisher.orders.always = Unavailable("come back next week", timedelta(days=7))
    await stage.open()
    await stage.ask(c.Resolve(summary="ok"), 1)
    await stage.ask(c.StartReview(), 1)
    await stage.settle()
    stage.clock.forward(hours=24)
    await stage.settle()
    (failed,) = stage.events(e.DeliveryFailed)
    assert failed.reason == "gave up after 2 tries: come back next week"


async def test_a_provider_that_left_the_configuration_fails_and_is_told(stage: Stage):
    await stage.open()
    await stage.settle()
    post = c.DraftPublicPost(status=PublicStatus.INVESTIGATING, title="Slow", text="We are looking into it.")
    await stage.ask(post, 1)
    await stage.ask(c.ApprovePublicPost(), 1)
    await stage.ask(c.Page(target="person:ben"), 1)
    await stage.settle(deliverer=stage.another_process(status_pages={}, pagers={}))
    (failed,) = stage.events(e.DeliveryFailed)
    assert failed.reason == "`page` is not configured under `status:` any more"
    (unsent,) = stage.events(e.PageFailed)
    assert unsent.reason == "`email` is not configured under `paging:` any more"
    assert "`page` is not configured" in "\n".join(stage.loudly())


async def test_a_room_that_cannot_be_told_of_its_own_failure_is_not_told_for_ever(stage: Stage):
    await stage.open()
    await stage.settle()
    stage.chat.orders.always = Rejected("the bot was removed from the room")
    await stage.ask(c.Note(mark=Mark.NOTE, text="anybody here?"), 1)
    for _ in range(5):
        await stage.settle()
    assert sorted(failed.effect for failed in stage.events(e.DeliveryFailed)) == ["refresh_card", "tell"]
    assert stage.world.lookups.waiting() == []


async def test_what_one_platform_cannot_do_is_told_on_the_other(two_platforms: Stage):
    stage = two_platforms
    stage.chats["matrix"].by_method["open_room"] = Orders(always=Rejected("rooms may not be created"))
    await stage.open("Volumes slow")
    await stage.settle()
    assert "Open room on matrix failed: rooms may not be created" in "\n".join(stage.thread())
    assert stage.incident().rooms["console"].id == "inc-1"
    assert [room.id for room in stage.rooms["matrix"].rooms()] == ["incidents"]
    assert [failed.effect for failed in stage.events(e.DeliveryFailed)] == ["open_room"]
    assert len(stage.announced(on="matrix")) == 1


async def test_what_waits_behind_a_platform_that_is_down_is_not_looked_for_all_the_time(stage: Stage):
    stage.chat.orders.always = Unavailable("down", timedelta(minutes=1))
    await stage.open(severity=Severity.SEV1)
    stage.clock.forward(seconds=5)
    await stage.deliverer.drain()
    assert stage.world.outbox.next_due() == timedelta(minutes=1)


async def test_who_says_when_to_come_back_is_taken_at_their_word_however_often(stage: Stage):
    """Waiting longer each time, what is urgent would come after what was said since."""
    stage.chat.by_method["open_room"] = Orders(always=Unavailable("limited", timedelta(seconds=5)))
    await stage.open(private=True, severity=Severity.SEV1)
    for _ in range(12):
        await stage.deliverer.drain()
        assert stage.world.outbox.next_due() == timedelta(seconds=5)
        stage.clock.forward(seconds=5)
    stage.chat.by_method["open_room"] = Orders(always=Unavailable("limited", timedelta(milliseconds=1)))
    await stage.deliverer.drain()
    assert stage.world.outbox.next_due() == timedelta(seconds=1)


async def test_two_platforms_do_not_wait_for_each_other(two_platforms: Stage):
    stage = two_platforms
    stage.chats["matrix"].orders.always = Unavailable("down")
    await stage.open("Volumes slow")
    await stage.settle()
    assert "Volumes slow" in stage.card()
    stage.chats["matrix"].orders.always = None
    stage.clock.forward(minutes=2)
    await stage.settle()
    assert "Volumes slow" in stage.card(on="matrix")


async def test_a_consequence_that_cannot_be_stored_does_not_wake_anybody_again_and_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    honest = stage.email.trigger

    async def poisoned(attempt, page):
        await honest(attempt, page)
        return object()

    monkeypatch.setattr(stage.email, "trigger", poisoned)
    with caplog.at_level(logging.CRITICAL):
        await stage.open(page="person:ben")
        for _ in range(5):
            await stage.settle()
            stage.clock.forward(minutes=2)
    assert len(stage.email.tries) == 1
    (failed,) = stage.events(e.PageFailed)
    assert "could not be recorded" in failed.reason


async def test_a_page_that_went_out_while_the_database_was_away_is_recorded_and_not_sent_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(bot.deliver, "POLL", 0.01)
    honest, tries = stage.world.store.begin, []

    def begin(**more: object) -> object:
        tries.append("commit")
        if len(tries) <= 3:
            raise StoreUnavailable("no route to host")
        return honest(**more)

    async def loses_the_database() -> None:
        monkeypatch.setattr(stage.world.store, "begin", begin)

    await stage.open(page="person:ben")
    stage.email.orders.then.append(loses_the_database)
    await stage.settle()
    stage.clock.forward(minutes=2)
    await stage.settle()
    assert len(stage.email.tries) == len(stage.events(e.PageSent)) == 1


# Leases.


async def test_who_was_too_slow_records_nothing_twice(stage: Stage, caplog: pytest.LogCaptureFixture):
    slow = Patience()
    stage.email.orders.then.append(slow)
    await stage.open(page="person:ben")
    first = asyncio.create_task(stage.deliverer.drain())
    await slow.asked.wait()
    stage.clock.forward(seconds=61)
    other = stage.another_process()
    await stage.settle(deliverer=other)
    assert len(stage.events(e.PageSent)) == 1
    slow.go.set()
    await first
    assert len(stage.events(e.PageSent)) == 1
    assert "taken over by another process" in caplog.text
    assert {asked.key for asked in stage.email.tries} == {stage.email.tries[0].key}
    assert stage.effects("send_page") == [("send_page", "done", 2)]
    other.stop()
    await other.run()


async def test_stopping_gives_back_what_hangs_within_its_bound(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bot.deliver, "STOP_WITHIN", 0.2)
    hanging = Patience()
    stage.email.orders.then.append(hanging)
    await stage.open(page="person:ben")
    running = asyncio.create_task(stage.deliverer.run())
    await hanging.asked.wait()
    stage.deliverer.stop()
    async with asyncio.timeout(PATIENCE):
        await running
    left = [item for item in stage.world.outbox.claim(9, timedelta(minutes=1)) if "page" in item.lane]
    assert [item.attempt for item in left] == [2]
    stage.deliverer = stage.another_process()


async def test_stopping_lets_what_has_begun_finish(stage: Stage):
    working = Patience()
    stage.email.orders.then.append(working)
    await stage.open(page="person:ben")
    running = asyncio.create_task(stage.deliverer.run())
    await working.asked.wait()
    stage.deliverer.stop()
    working.go.set()
    await running
    assert len(stage.events(e.PageSent)) == 1
    stage.deliverer = stage.another_process()


async def test_an_incident_that_cannot_be_read_holds_up_no_other(stage: Stage, caplog: pytest.LogCaptureFixture):
    await stage.open("spoilt")
    await stage.open("whole", page="policy:platform")
    with stage.world.database.engine.begin() as connection:
        connection.execute(text("UPDATE incident SET body = '{' WHERE number = 1"))
    await stage.settle()
    assert stage.email.woken == ["ana"]
    assert [room.id for room in stage.rooms["console"].rooms()] == ["incidents", "inc-2"]
    assert "INC-1 cannot be read: " in caplog.text


# For a while only, in the place of a bot.

SOON = 0.2
"""Seconds after which the time is over; what is under way then is waited for."""


async def test_what_hangs_when_the_time_is_over_is_given_back_at_once(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bot.deliver, "STOP_WITHIN", 0.2)
    hanging = Patience()
    stage.email.orders.then.append(hanging)
    await stage.open(page="person:ben")
    begun = asyncio.create_task(stage.deliverer.round())
    await hanging.asked.wait()
    assert not await stage.deliverer.drain_within(SOON)
    assert begun.cancelled()
    left = [item for item in stage.world.outbox.claim(9, timedelta(minutes=1)) if "page" in item.lane]
    assert [item.attempt for item in left] == [2]
    stage.deliverer = stage.another_process()


async def test_what_is_being_done_when_the_time_is_over_gets_to_finish(stage: Stage):
    working = Patience()
    stage.email.orders.then.append(working)
    await stage.open(page="person:ben")
    draining = asyncio.create_task(stage.deliverer.drain_within(SOON))
    await working.asked.wait()
    await stage.until(lambda: stage.deliverer._stopping, "the end of its time")
    working.go.set()
    assert not await draining
    assert len(stage.events(e.PageSent)) == len(stage.email.tries) == 1
    stage.deliverer = stage.another_process()


@pytest.mark.parametrize("how", ["its time is over", "somebody presses Ctrl-C"])
async def test_what_is_being_claimed_meanwhile_is_no_lease_that_nobody_holds(
    stage: Stage, how: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(bot.deliver, "STOP_WITHIN", PATIENCE)
    claiming, go = asyncio.Event(), threading.Event()
    honest, loop = stage.world.outbox.claim, asyncio.get_running_loop()

    def slowly(*given: object, **more: object) -> object:
        claimed = honest(*given, **more)
        loop.call_soon_threadsafe(claiming.set)
        go.wait(PATIENCE)
        return claimed

    await stage.open(page="person:ben")
    monkeypatch.setattr(stage.world.outbox, "claim", slowly)
    draining = asyncio.create_task(stage.deliverer.drain_within(SOON if how == "its time is over" else 60))
    await claiming.wait()
    if how == "its time is over":
        await stage.until(lambda: stage.deliverer._stopping, "the end of its time")
    else:
        draining.cancel()
    go.set()
    await asyncio.gather(draining, return_exceptions=True)
    assert stage.effects("send_page") == [("send_page", "done", 1)]
    stage.deliverer = stage.another_process()


async def test_tries_that_fail_at_the_same_time_are_written_down_together(stage: Stage):
    trouble = Patience()

    async def down() -> None:
        await trouble()
        raise Unavailable("down")

    stage.email.orders.then.extend([down] * 30)
    for number in range(30):
        await stage.open(f"incident {number}", page="policy:platform")
    with statements() as sent:
        trying = asyncio.create_task(stage.deliverer.round())
        await until(lambda: len(stage.email.tries) == 30, "all tries")
        trouble.go.set()
        await trying
    later = [statement for statement, _ in sent if "UPDATE outbox" in statement and "errors=" in statement]
    assert len(stage.email.tries) == 30
    assert len(later) == 1
    stage.clock.forward(seconds=2)
    await stage.deliverer.drain()
    assert len(stage.email.tries) == 60
