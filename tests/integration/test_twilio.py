"""A page by telephone, answered there: the served bot, its listener, and a Twilio that signs what it tells."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.incident import events as e
from tests.contract.servers.twilio import ACCOUNT, OURS, TwilioServer
from tests.integration.served_bot import FIRING, Bot, bot_on
from tests.servers.klatsch import BASIC, paging
from tests.until import until

TOKEN = "the-auth-token-of-the-account"
PUBLIC = "https://klatsch.example.org"
PHONE = "+49301234567"


@pytest.fixture
async def server() -> AsyncIterator[TwilioServer]:
    async with TwilioServer(TOKEN, public=PUBLIC) as server:
        yield server


@pytest.fixture
async def bot(server: TwilioServer, tmp_path: Path) -> AsyncIterator[Bot]:
    block = {"type": "twilio", "account_sid": ACCOUNT, "auth_token": TOKEN, "from": OURS, "url": server.url}
    sections = paging("") | {
        "http": {**BASIC["http"], "public_url": PUBLIC},
        "people": {"ana": {"name": "Ana Ruiz", "phone": "+49 30 1234567", "page": ["call", "text"]}},
        "paging": {
            "call": {**block, "channel": "voice"},
            "text": {**block, "channel": "sms", "replies": True},
        },
    }
    async with bot_on(tmp_path, f"sqlite:///{tmp_path}/klatsch.db", **sections) as bot:
        server.reached = bot.url
        yield bot


def acknowledged(bot: Bot) -> list[tuple[str, str]]:
    events = [recorded.event for recorded in bot.klatsch.lookups.history(1)]
    return [(event.person, event.via) for event in events if isinstance(event, e.PageAcknowledged)]


async def test_a_key_in_a_call_acknowledges(server: TwilioServer, bot: Bot) -> None:
    await bot.post(FIRING)
    await until(lambda: server.calls, "the call")
    call = server.picked_up(server.calls[0])
    assert "INC-1" in call.said[0]
    await call.press("1")
    assert call.said == ["You have INC-1; nobody else is woken."]
    assert acknowledged(bot) == [("ana", "call")]


async def test_a_reply_to_a_message_acknowledges(server: TwilioServer, bot: Bot) -> None:
    await bot.post(FIRING)
    await until(lambda: server.messages, "the message")
    (message,) = server.messages
    assert 'Reply "ack 1" to acknowledge' in message["Body"]
    assert await server.reply(PHONE, "ack 1", at=f"{PUBLIC}/paging/text") == "You have INC-1; nobody else is woken."
    assert acknowledged(bot) == [("ana", "text")]


async def test_a_call_that_reaches_nobody_is_on_the_timeline(server: TwilioServer, bot: Bot) -> None:
    await bot.post(FIRING)
    await until(lambda: server.calls, "the call")
    assert await server.ends(server.calls[0], "no-answer") == 204
    assert "The page to Ana Ruiz by call failed: nobody picked up" in await bot.says("timeline INC-1")


async def test_what_is_not_signed_is_refused(server: TwilioServer, bot: Bot) -> None:
    await bot.post(FIRING)
    await until(lambda: server.calls, "the call")
    status = server.calls[0]["StatusCallback"].replace(PUBLIC, bot.url)
    answer = await bot.client.post(status, data={"CallSid": server.calls[0]["sid"], "CallStatus": "busy"})
    assert answer.status_code == 403
    assert "failed" not in await bot.says("timeline INC-1")
