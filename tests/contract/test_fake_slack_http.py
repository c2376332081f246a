"""The fake Slack in HTTP mode: what it sends is signed as Slack signs it, and Bolt takes it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp

from tests.contract.servers.slack import Person, SlackServer
from tests.contract.slack_clients import web_client
from tests.until import PATIENCE, until


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    async with SlackServer(hurry=2000, patience=PATIENCE) as slack:
        slack.has_channel("ours", slack.person("ana"))
        yield slack


@pytest.fixture
def ana(slack: SlackServer) -> Person:
    return slack.person("ana")


@asynccontextmanager
async def listening(slack: SlackServer, answer: Any) -> AsyncIterator[list[web.Request]]:
    """What came; `answer` makes an answer of it."""
    came: list[web.Request] = []

    async def serve(request: web.Request) -> web.Response:
        await request.read()
        came.append(request)
        return await answer(request)

    application = web.Application()
    application.router.add_post("/slack/events", serve)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    slack.request_url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    try:
        yield came
    finally:
        await runner.cleanup()


@asynccontextmanager
async def bolt(slack: SlackServer, secret: str = "") -> AsyncIterator[tuple[AsyncApp, list[web.Request]]]:
    app = AsyncApp(client=web_client(slack), signing_secret=secret or slack.signing_secret)

    async def answer(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await app.async_dispatch(await to_bolt_request(request)))

    async with listening(slack, answer) as came:
        yield app, came


async def test_bolt_takes_commands_events_buttons_and_windows(slack: SlackServer, ana: Person) -> None:
    heard: list[str] = []
    button = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}}
    async with bolt(slack) as (app, _):

        @app.command("/incident")
        async def incident(ack: Any, command: Any) -> None:
            await ack({"text": command["text"], "blocks": [{"type": "actions", "elements": [button]}]})

        @app.event("message")
        async def message(event: Any) -> None:
            heard.append(event["text"])

        @app.action("go")
        async def go(ack: Any, respond: Any) -> None:
            await ack()
            await respond("gone", replace_original=True)

        assert await slack.verify()
        assert (await slack.check_ssl()).acked
        assert (await ana.slash("#ours", "list")).text == "list"
        await ana.posts("#ours", "hello")
        await until(lambda: heard == ["hello"], "the message")
        (shown,) = ana.ephemerals("#ours")
        answered = await ana.presses("#ours", shown, "Go")
        assert answered.acked
        await until(lambda: answered.responses, "the answer")
        assert [one.shown for one in ana.ephemerals("#ours")] == ["gone"]


async def test_with_another_secret_nothing_is_taken(slack: SlackServer, ana: Person) -> None:
    async with bolt(slack, "another") as (_, _):
        answered = await ana.slash("#ours", "list")
        assert (answered.acked, answered.status, answered.error) == (False, 401, "http_error")
        assert not await slack.verify()


async def test_the_signature_is_of_the_body_and_the_time(slack: SlackServer) -> None:
    now = int(time.time())
    one, other, later = slack.signed(b"x", now), slack.signed(b"y", now), slack.signed(b"x", now + 1)
    assert one["X-Slack-Signature"].startswith("v0=")
    assert len({headers["X-Slack-Signature"] for headers in (one, other, later)}) == 3


async def test_an_event_comes_again_and_says_so(slack: SlackServer, ana: Person) -> None:
    statuses = [500, 404, 200]

    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=statuses.pop(0))

    async with listening(slack, answer) as came:
        await ana.posts("#ours", "x")
        await slack.delivery.settled()
    assert [request.headers.get("X-Slack-Retry-Num") for request in came] == [None, "1", "2"]
    assert came[1].headers["X-Slack-Retry-Reason"] == "http_error"


async def test_an_event_does_not_come_again_if_the_app_says_so(slack: SlackServer, ana: Person) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=500, headers={"X-Slack-No-Retry": "1"})

    async with listening(slack, answer) as came:
        await ana.posts("#ours", "x")
        await slack.delivery.settled()
    assert len(came) == 1


async def test_what_says_that_it_is_json_must_be(slack: SlackServer, ana: Person) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=b"{", content_type="application/json")

    async with listening(slack, answer):
        answered = await ana.slash("#ours", "list")
    assert (answered.acked, answered.error, answered.status) == (False, "invalid_response", 200)


async def test_who_answers_late_has_not_answered() -> None:
    async with SlackServer(patience=0.2) as slack, bolt(slack) as (app, _):
        slack.has_channel("ours", slack.person("ana"))

        @app.command("/incident")
        async def incident() -> None:
            pass

        answered = await slack.people["ana"].slash("#ours", "list")
        assert (answered.acked, answered.error) == (False, "timeout")
