"""Socket Mode in trouble: listening ends with a reason that people understand, never hangs, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import gc
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import pytest
from aiohttp import web

from adapters.chat.slack import web as slack_web
from bot.ports import ChatPlatform, Rejected, Unavailable
from tests.contract.heard import Heard
from tests.contract.servers.slack import BROKEN, HTML, Answer, Trouble, limited
from tests.contract.slack_harness import SlackHarness
from tests.contract.slack_listening import listening
from tests.until import PATIENCE, until

AT_ONCE = 6.0
"""Seconds, on a machine that is busy."""


@asynccontextmanager
async def ear(slack: SlackHarness, platform: ChatPlatform | None = None) -> AsyncIterator[asyncio.Task[None]]:
    """A platform that listens, once."""
    before = slack.slack.connected
    task = asyncio.create_task((platform or slack.platform).listen(Heard()))
    try:
        await until(lambda: task.done() or slack.slack.connected > before, "the connection")
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, Unavailable, Rejected):
            await task


async def listens(slack: SlackHarness) -> None:
    async with ear(slack) as task:
        assert (await slack.people["ana"].slash("#general", "status")).acked
        assert not task.done()


async def fails(slack: SlackHarness) -> str:
    """Why listening ended; it is not tried for ever."""
    with pytest.raises(Unavailable) as told:
        await asyncio.wait_for(slack.platform.listen(Heard()), PATIENCE)
    return told.value.reason


async def test_a_ticket_that_is_refused_is_no_endless_loop(slack):
    slack.slack.refuse_tickets()
    for number in (1, 2):
        assert "cannot connect for Socket Mode (server rejected WebSocket connection: HTTP 408)" in await fails(slack)
        assert len(slack.slack.calls_of("apps.connections.open")) == number
    slack.slack.refuse_tickets(False)
    await listens(slack)


@pytest.mark.parametrize("trouble", [BROKEN, HTML, Trouble.DROP, Trouble.DROP_AFTER_DOING, "internal_error"])
async def test_no_address_for_the_connection_is_trouble_that_passes(slack, trouble):
    slack.slack.order("apps.connections.open", trouble)
    assert (await fails(slack)).startswith("slack: ")
    await listens(slack)


@pytest.mark.parametrize("url", ["", 7, "http://127.0.0.1/", "wss://", "wss://nowhere.invalid/?ticket=secret"])
async def test_an_address_that_is_none_is_trouble_that_passes(slack, url):
    slack.slack.order("apps.connections.open", Answer.of({"ok": True, "url": url}))
    assert "secret" not in await fails(slack)
    await listens(slack)


async def test_slack_is_not_asked_for_an_address_sooner_than_it_says(slack):
    slack.slack.order("apps.connections.open", limited(300))
    with pytest.raises(Unavailable) as told:
        await slack.platform.listen(Heard())
    assert told.value.retry_after == timedelta(seconds=300)
    with pytest.raises(Unavailable) as again:
        await slack.platform.listen(Heard())
    assert timedelta(seconds=200) < again.value.retry_after <= timedelta(seconds=300)
    assert len(slack.slack.calls_of("apps.connections.open")) == 1


async def test_an_app_token_that_is_refused_is_named(slack):
    slack.slack.order("apps.connections.open", "invalid_auth")
    with pytest.raises(Rejected, match=r"Slack refuses the app_token \(invalid_auth\)\..*chat\.slack\.app_token"):
        await slack.platform.listen(Heard())
    await listens(slack)


async def test_a_connection_that_is_cut_ends_listening(slack):
    async with ear(slack) as task:
        slack.slack.cut()
        with pytest.raises(Unavailable, match="slack: the connection for Socket Mode was lost"):
            await asyncio.wait_for(task, PATIENCE)
    await listens(slack)


@pytest.mark.parametrize("what", ["refresh", "warn"])
async def test_slack_has_us_change_over_and_nobody_notices(slack, what):
    async with ear(slack) as task:
        for number in (2, 3):
            await getattr(slack.slack, what)()
            await until(lambda number=number: slack.slack.delivery.sockets.opened == number, "the next connection")
            await until(lambda: slack.slack.connected == 1, "the end of the old one")
            assert (await slack.people["ana"].slash("#general", "status")).acked
        assert not task.done()


async def test_when_changing_over_fails_listening_ends(slack):
    async with ear(slack) as task:
        slack.slack.refuse_tickets()
        await slack.slack.refresh()
        with pytest.raises(Unavailable, match="the connection for Socket Mode was lost"):
            await asyncio.wait_for(task, PATIENCE)
        slack.slack.refuse_tickets(False)
    await listens(slack)


async def test_after_an_outage_all_goes_on(slack):
    heard = Heard()
    async with listening(slack, heard):
        async with slack.slack.outage():
            await until(lambda: not slack.slack.connected, "the end of the connection")
        await until(lambda: slack.slack.connected, "the connection")
        assert (await slack.people["ana"].slash("#general", "status")).acked


async def test_during_an_outage_it_is_said_that_nothing_listens(slack):
    async with slack.slack.outage():
        assert "slack: cannot connect (" in await fails(slack)


@pytest.mark.parametrize("at", ["auth.test", "conversations.join", "apps.connections.open", "the connection"])
async def test_listening_that_is_cancelled_ends_at_once_and_leaves_nothing_behind(slack, at):
    if at != "the connection":
        slack.slack.order(at, Trouble.HANG)
    task = asyncio.create_task(slack.platform.listen(Heard()))
    await until(lambda: slack.slack.connected or slack.slack.calls_of(at), "its place")
    assert await _ended_within(task) < AT_ONCE
    await slack.platform.aclose()
    await until(lambda: not slack.slack.connected, "the end of the connection")
    assert _left_behind() == []
    # Whatever was not closed is a warning, and that an error.
    gc.collect()


def _left_behind() -> list[str]:
    """Tasks of the adapter, and of the clients that it uses."""
    files = {task: task.get_coro().cr_code.co_filename for task in asyncio.all_tasks()}
    return [repr(task) for task, file in files.items() if re.search("/adapters/|/slack_|/websockets/", file)]


async def test_a_connection_that_is_dead_does_not_hold_up_the_end(slack, monkeypatch):
    async def deaf(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(web.WebSocketResponse, "receive", deaf)
    task = asyncio.create_task(slack.platform.listen(Heard()))
    await until(lambda: slack.slack.connected, "the connection")
    assert await _ended_within(task) < AT_ONCE


async def _ended_within(task: asyncio.Task[None]) -> float:
    """Seconds that its end took."""
    began = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    return time.monotonic() - began


async def test_what_hangs_while_connecting_ends_by_itself(slack, monkeypatch):
    monkeypatch.setattr(slack_web, "SECONDS", 0.2)
    slack.slack.order("apps.connections.open", Trouble.HANG)
    assert "no answer within 0.2 s" in await fails(slack)


async def test_each_of_two_platforms_has_a_connection(slack):
    other = slack.build()
    async with ear(slack) as first, ear(slack, other) as second:
        assert slack.slack.connected == 2
        for _ in range(4):
            assert (await slack.people["ana"].slash("#general", "status")).acked
        first.cancel()
        await until(lambda: slack.slack.connected == 1, "the end of the first one")
        for _ in range(2):
            assert (await slack.people["ana"].slash("#general", "status")).acked
        assert not second.done()
    await other.aclose()
