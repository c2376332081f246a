"""The fake Slack fails as networks and Slack do, when a test orders it: limits, drops, outages, tickets, retries."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from tests.contract.servers.slack import BROKEN, HTML, HUGE, Person, SlackServer, Trouble, limited
from tests.contract.slack_clients import bolt, error_of, web_client
from tests.until import PATIENCE, until


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    async with SlackServer(hurry=2000, patience=PATIENCE) as slack:
        slack.passing.stop()
        slack.has_channel("ours", slack.person("ana"))
        yield slack


@pytest.fixture
async def hasty() -> AsyncIterator[SlackServer]:
    """It waits a short time only."""
    async with SlackServer(hurry=2000, patience=0.4) as slack:
        slack.has_channel("ours", slack.person("ana"))
        yield slack


@pytest.fixture
def client(slack: SlackServer) -> AsyncWebClient:
    return web_client(slack)


@pytest.fixture
def ana(slack: SlackServer) -> Person:
    return slack.person("ana")


async def connected(slack: SlackServer) -> aiohttp.ClientWebSocketResponse:
    """A bare connection: what it is sent is seen as it comes, and nothing is acknowledged."""
    assert slack.delivery.session is not None
    socket = await slack.delivery.session.ws_connect(slack.socket_url())
    assert (await socket.receive_json())["type"] == "hello"
    return socket


@pytest.mark.parametrize(
    ("what", "error"),
    [
        (Trouble.HANG, TimeoutError),
        (Trouble.TRICKLE, TimeoutError),
        (Trouble.DROP, aiohttp.ClientError),
        (Trouble.DROP_AFTER_DOING, aiohttp.ClientError),
        (BROKEN, SlackApiError),
        (HTML, SlackApiError),
        (limited(7), SlackApiError),
        ("ratelimited", SlackApiError),
    ],
)
async def test_trouble_on_order(slack: SlackServer, what: Any, error: type[Exception]) -> None:
    slack.order("chat.postMessage", what)
    client = web_client(slack, timeout=0.3 if error is TimeoutError else PATIENCE)
    while not slack.calls:
        # Whoever was too slow to be heard has no answer either.
        with pytest.raises(error):
            await client.chat_postMessage(channel="#ours", text="x")
    done = [one.text for one in slack.channel("#ours").messages if not one.subtype]
    assert done == (["x"] if what is Trouble.DROP_AFTER_DOING else [])
    await web_client(slack).chat_postMessage(channel="#ours", text="y")
    assert slack.refused == (what == limited(7))


async def test_each_third_call_fails(slack: SlackServer, client: AsyncWebClient) -> None:
    slack.every(3, "internal_error")
    assert [await error_of(client, "auth.test") for _ in range(6)] == ["", "", "internal_error"] * 2


async def test_a_body_can_be_huge(slack: SlackServer) -> None:
    slack.order("auth.test", HUGE)
    assert slack.delivery.session is not None
    async with slack.delivery.session.get(f"{slack.api_url}auth.test") as answer:
        assert len(await answer.read()) > 2**25


async def test_posts_to_one_channel_are_limited() -> None:
    """The clock of the limits stands still."""
    async with SlackServer(limits=True, pace=1e-9) as slack:
        for name in ("a", "b"):
            slack.has_channel(name)
        client, id = web_client(slack), slack.channel("#a").id
        answers = [await error_of(client, "chat.postMessage", True, channel=one, text="x") for one in ["#a", id] * 3]
        assert answers == [""] * 5 + ["ratelimited"]
        assert await error_of(client, "chat.postMessage", True, channel="#b", text="x") == ""
        assert slack.refused == 1


async def test_the_client_waits_as_it_is_told(slack: SlackServer) -> None:
    client = web_client(slack)
    client.retry_handlers.append(AsyncRateLimitErrorRetryHandler(max_retry_count=1))
    slack.order("chat.postMessage", limited(1))
    started = time.monotonic()
    await client.chat_postMessage(channel="#ours", text="x")
    assert time.monotonic() - started > 0.9
    assert slack.refused == 1


@pytest.mark.parametrize(
    ("method", "args", "most"),
    [
        ("conversations.list", {}, 20),
        ("users.lookupByEmail", {"email": "x"}, 50),
        ("users.info", {"user": "x"}, 100),
    ],
)
async def test_methods_are_limited_by_their_tier(method: str, args: dict[str, str], most: int) -> None:
    async with SlackServer(limits=True) as slack:
        slack.passing.stop()
        client = web_client(slack)
        limit = slack.web_api._limits
        assert limit is not None
        for _ in range(most):
            assert limit.ask(method, {20: 2, 50: 3, 100: 4}[most]) == 0
        with pytest.raises(SlackApiError) as refused:
            await client.api_call(method, params=args)
        assert refused.value.response.status_code == 429
        assert 1 <= int(refused.value.response.headers["Retry-After"]) <= 60
        slack.pass_time(60)
        assert await error_of(client, method, **args) != "ratelimited"


async def test_an_event_comes_again_until_it_is_acknowledged(hasty: SlackServer) -> None:
    socket = await connected(hasty)
    await hasty.people["ana"].posts("#ours", "x")
    first = await socket.receive_json()
    assert (first["retry_attempt"], first["retry_reason"], first["accepts_response_payload"]) == (0, "", False)
    hasty.delivery._patience = PATIENCE
    again = await socket.receive_json()
    assert (again["retry_attempt"], again["retry_reason"]) == (1, "timeout")
    assert again["payload"] == first["payload"]
    assert again["envelope_id"] != first["envelope_id"]
    await socket.send_json({"envelope_id": again["envelope_id"]})
    await until(lambda: hasty.events[-1].acked, "the acknowledgement")
    await hasty.delivery.settled()
    assert not hasty.events[-1].tries[0].acked
    await socket.close()


async def test_an_event_is_given_up_after_three_more_tries(slack: SlackServer, ana: Person) -> None:
    await ana.posts("#ours", "x")
    await slack.delivery.settled()
    assert [one.error for one in slack.events[-1].tries] == ["connection_failed"] * 4


async def test_a_command_comes_once(hasty: SlackServer) -> None:
    socket = await connected(hasty)
    answered = await hasty.people["ana"].slash("#ours", "list")
    assert (answered.acked, answered.error) == (False, "timeout")
    assert (await socket.receive_json())["type"] == "slash_commands"
    assert not hasty.events
    await socket.close()


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"text": "x", "colour": "red"}, "invalid_payload"),
        ({"blocks": [{"type": "section"}]}, "invalid_blocks"),
        ({"text": "x", "response_type": "all"}, "invalid_payload"),
    ],
)
async def test_an_acknowledgement_that_is_no_message(
    slack: SlackServer, ana: Person, said: dict[str, Any], error: str
) -> None:
    socket = await connected(slack)
    asking = asyncio.create_task(ana.slash("#ours", "list"))
    envelope = await socket.receive_json()
    await socket.send_json({"envelope_id": envelope["envelope_id"], "payload": said})
    answered = await asking
    assert (answered.acked, answered.error) == (False, error)
    assert ana.ephemerals("#ours") == []
    await socket.close()


async def test_what_is_no_acknowledgement(slack: SlackServer) -> None:
    socket = await connected(slack)
    for odd in ('{"envelope_id": "x"}', "x", '{"envelope_id": "x", "ok": true}'):
        await socket.send_str(odd)
    odd = await until(lambda: len(slack.delivery.sockets.odd) >= 3 and slack.delivery.sockets.odd, "three odd frames")
    assert len(odd) == 3
    await socket.close()


async def test_a_ticket_is_good_once_and_for_half_a_minute(slack: SlackServer) -> None:
    session = slack.delivery.session
    assert session is not None

    async def status(url: str) -> int:
        try:
            await (await session.ws_connect(url)).close()
        except aiohttp.WSServerHandshakeError as error:
            return error.status
        return 101

    used, old, older = (slack.socket_url() for _ in range(3))
    assert [await status(used), await status(used)] == [101, 408]
    slack.pass_time(29)
    assert await status(old) == 101
    slack.pass_time(2)
    assert await status(older) == 408
    slack.refuse_tickets()
    assert await status(slack.socket_url()) == 408
    slack.refuse_tickets(False)
    assert await status(slack.socket_url()) == 101
    assert slack.delivery.sockets.refused == 3


async def test_ten_connections_share_the_envelopes(slack: SlackServer, ana: Person) -> None:
    sockets = [await connected(slack) for _ in range(10)]
    assert slack.delivery.session is not None
    eleventh = await slack.delivery.session.ws_connect(slack.socket_url())
    assert (await eleventh.receive_json())["reason"] == "too_many_websockets"
    for _ in range(10):
        await ana.posts("#ours", "x")
    heard = [(await socket.receive_json())["payload"]["event_id"] for socket in sockets]
    assert len(set(heard)) == 10
    for socket in sockets:
        await socket.close()


async def test_bolt_comes_back_after_a_cut_a_refresh_and_an_outage(slack: SlackServer, ana: Person) -> None:
    heard: list[str] = []
    async with bolt(slack, ping=0.1) as app:

        @app.event("message")
        async def message(event: Any) -> None:
            heard.append(event["text"])

        await slack.warn()
        port = slack.api_url
        for number in range(3):
            opened = slack.delivery.sockets.opened
            if number == 0:
                slack.cut()
            elif number == 1:
                await slack.refresh()
            else:
                async with slack.outage():
                    with pytest.raises(aiohttp.ClientConnectorError):
                        await web_client(slack).auth_test()
            await until(lambda: slack.delivery.sockets.opened > opened and slack.connected, "a new connection")  # noqa: B023
            await ana.posts("#ours", str(number))
            await until(lambda: heard[-1:] == [str(number)], "the message")  # noqa: B023
        assert slack.api_url == port


async def test_an_event_can_be_delivered_once_more(slack: SlackServer, ana: Person) -> None:
    heard: list[str] = []
    async with bolt(slack) as app:

        @app.event("message")
        async def message(body: Any) -> None:
            heard.append(body["event_id"])

        await ana.posts("#ours", "x")
        await until(lambda: heard, "the message")
        assert (await slack.redeliver(heard[0])).acked
        await until(lambda: len(heard) == 2, "the same once more")
        assert heard[0] == heard[1]


async def test_the_app_is_told_that_it_is_sent_too_much_and_that_its_token_is_gone(slack: SlackServer) -> None:
    socket = await connected(slack)
    await slack.limit_events()
    slack.revoke()
    first, other = [(await socket.receive_json())["payload"] for _ in range(2)]
    assert (first["type"], first["minute_rate_limited"] % 60) == ("app_rate_limited", 0)
    assert other["event"]["tokens"] == {"oauth": [], "bot": [slack.bot_user]}
    await socket.close()


async def test_only_what_was_subscribed_to_and_granted_is_told(slack: SlackServer, ana: Person) -> None:
    slack.subscribed = {"message.channels", "app_mention"}
    said = await ana.posts("#ours", "@klatsch x")
    await ana.reacts("#ours", said, "eyes")
    await ana.creates("theirs")
    await ana.posts("#theirs", "x")
    assert [one.event["type"] for one in slack.events] == ["message", "app_mention"]
    slack.scopes -= {"app_mentions:read"}
    await ana.posts("#ours", "@klatsch x")
    assert [one.event["type"] for one in slack.events] == ["message", "app_mention", "message"]
