"""What only Twilio promises of sending, beside the suite of all pagers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from adapters.http import Http
from adapters.paging.twilio.config import Config
from adapters.paging.twilio.pager import Twilio
from bot.ports import Rejected, Unavailable
from tests.contract.paging import PHONE, SECRET, ana
from tests.contract.servers.http import Answer
from tests.contract.servers.twilio import (
    ACCOUNT,
    KEY,
    LANDLINE,
    NOBODY,
    OURS,
    SERVICE,
    STOPPED,
    TwilioServer,
)
from tests.contract.statuses import REFUSALS
from tests.contract.test_pagers import ACK, FIRST, page

ANSWERS = "https://klatsch.example.org/paging/phones"
KEY_SECRET = "k3y-secret"


@pytest.fixture
async def server() -> AsyncIterator[TwilioServer]:
    async with TwilioServer(SECRET, KEY_SECRET) as server:
        yield server


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with Http(trust_env=False) as http:
        yield http


def block(**changed: Any) -> dict[str, Any]:
    given = {"channel": "sms", "account_sid": ACCOUNT, "auth_token": SECRET, "from": OURS, **changed}
    return {key: value for key, value in given.items() if value is not None}


def pager(server: TwilioServer, http: Http, **changed: Any) -> Twilio:
    return Twilio("phones", Config.model_validate(block(url=server.url, **changed)), http)


async def test_a_message_goes_from_our_number_to_theirs(server: TwilioServer, http: Http) -> None:
    receipt = await pager(server, http).trigger(FIRST, page(text="osd.3 is down", room_url=""))
    assert server.messages == [
        {
            "sid": receipt,
            "To": PHONE.replace(" ", ""),
            "From": OURS,
            "Body": f"SEV1 INC-7: nova API is down\nosd.3 is down\n{ACK}",
        }
    ]


async def test_a_message_goes_through_a_messaging_service(server: TwilioServer, http: Http) -> None:
    await pager(server, http, messaging_service=SERVICE, **{"from": None}).trigger(FIRST, page())
    (message,) = server.messages
    assert (message["MessagingServiceSid"], "From" in message) == (SERVICE, False)


async def test_a_call_is_made_from_our_number(server: TwilioServer, http: Http) -> None:
    receipt = await pager(server, http, channel="voice").trigger(FIRST, page())
    (call,) = server.calls
    assert (call["sid"], call["To"], call["From"]) == (receipt, PHONE.replace(" ", ""), OURS)
    assert server.messages == []


async def test_an_api_key_sends_in_the_place_of_the_auth_token(server: TwilioServer, http: Http) -> None:
    await pager(server, http, api_key=KEY, api_secret=KEY_SECRET).trigger(FIRST, page())
    await pager(server, http, api_key=KEY, api_secret=KEY_SECRET, auth_token=None).trigger(FIRST, page())
    assert len(server.messages) == 2
    with pytest.raises(Rejected, match=r"check paging\.phones\.api_key and paging\.phones\.api_secret") as caught:
        await pager(server, http, api_key=KEY, api_secret="wr0ng").trigger(FIRST, page())
    assert "wr0ng" not in caught.value.reason


@pytest.mark.parametrize(
    ("changed", "answer_url", "told", "asked"),
    [
        ({}, ANSWERS, True, False),
        ({"replies": True}, ANSWERS, True, True),
        ({"replies": True}, "", False, False),
        ({"auth_token": None, "api_key": KEY, "api_secret": KEY_SECRET}, ANSWERS, False, False),
    ],
    ids=["told", "and replied to", "nobody reaches us", "nothing proves who tells"],
)
async def test_twilio_tells_us_only_where_it_reaches_us_and_proves_itself(
    changed: dict[str, Any], answer_url: str, told: bool, asked: bool, server: TwilioServer, http: Http
) -> None:
    await pager(server, http, **changed).trigger(FIRST, page(answer_url=answer_url))
    (message,) = server.messages
    assert message.get("StatusCallback") == (f"{ANSWERS}/status?token=t0ken" if told else None)
    assert ('Reply "ack 7"' in message["Body"]) is asked


@pytest.mark.parametrize(
    ("phone", "changed", "advice"),
    [
        (NOBODY, {}, "error 21211: Invalid 'To' Phone Number: ••• (check people.ana.phone)"),
        (LANDLINE, {}, "error 21614: 'To' number is not a valid mobile number: ••• (check people.ana.phone)"),
        (STOPPED, {}, "error 21610: .* (ana replied STOP to this number, and must send START to it)"),
        (PHONE, {"from": "+15005550001"}, "error 21606: .* (check paging.phones.from)"),
        (
            PHONE,
            {"from": None, "messaging_service": SERVICE[:-1] + "0"},
            "error 21703: .* (check paging.phones.messaging_service)",
        ),
        (PHONE, {"channel": "voice", "from": "+15005550001"}, "error 21210: .* (check paging.phones.from)"),
    ],
)
async def test_a_refusal_says_what_to_check(
    phone: str, changed: dict[str, Any], advice: str, server: TwilioServer, http: Http
) -> None:
    with pytest.raises(Rejected) as caught:
        await pager(server, http, **changed).trigger(FIRST, page(person=ana(options={"phone": phone})))
    start, _, end = f"phones: Twilio refused it with {advice}".partition(".*")
    assert caught.value.reason.startswith(start.strip())
    assert caught.value.reason.endswith(end.strip())
    assert phone not in caught.value.reason
    assert server.messages == server.calls == []


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        (21609, "check http.public_url: Twilio must reach it"),
        (21408, "geographic permissions"),
        (21608, "verify people.ana.phone, or upgrade"),
    ],
)
async def test_what_an_account_may_not_is_said(code: int, advice: str, server: TwilioServer, http: Http) -> None:
    server.orders.append(Answer.of({"code": code, "message": "no"}, 400))
    with pytest.raises(Rejected, match=advice):
        await pager(server, http).trigger(FIRST, page())


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"[" * 100_000, b'{"code": "21211", "message": 7}'])
async def test_a_refusal_of_another_shape_is_one(body: bytes, server: TwilioServer, http: Http) -> None:
    server.orders.append(Answer(400, body))
    with pytest.raises(Rejected, match=r"phones: Twilio refused it with error 400$"):
        await pager(server, http).trigger(FIRST, page())


@pytest.mark.parametrize("channel", ["sms", "voice"])
async def test_every_status_has_its_verdict(channel: str, server: TwilioServer, http: Http) -> None:
    phone, verdicts = pager(server, http, channel=channel), {}
    for status in REFUSALS:
        server.orders.append(Answer(status))
        with pytest.raises((Rejected, Unavailable)) as caught:
            await phone.trigger(FIRST, page())
        verdicts[status] = caught.type
    assert verdicts == REFUSALS


async def test_when_there_is_too_much_twilio_says_when_to_come_back(server: TwilioServer, http: Http) -> None:
    server.orders.append(Answer.of({"code": 20429, "message": "Too Many Requests"}, 429, Retry_After="7"))
    with pytest.raises(Unavailable, match="Too Many Requests") as caught:
        await pager(server, http).trigger(FIRST, page())
    assert caught.value.retry_after == timedelta(seconds=7)


@pytest.mark.parametrize(
    ("answer", "receipt"),
    [
        (Answer(201, b'{"sid": "SM' + b"0" * 32 + b'"}'), "SM" + "0" * 32),
        (Answer(201, b'{"sid": "\\u001b[31m"}'), ""),
        (Answer(201, b'{"sid": 7}'), ""),
        (Answer(200, b"<html>"), ""),
        (Answer(204), ""),
        (Answer(201, b"x" * 1_000_001), ""),
    ],
    ids=["Twilio's", "a sid that paints", "another shape", "no JSON", "nothing", "too long"],
)
async def test_any_yes_is_a_page_that_went_out(answer: Answer, receipt: str, server: TwilioServer, http: Http) -> None:
    server.orders.append(answer)
    assert await pager(server, http).trigger(FIRST, page()) == receipt


@pytest.mark.parametrize("channel", ["sms", "voice"])
async def test_the_account_can_be_tried_without_sending_anything(
    channel: str, server: TwilioServer, http: Http
) -> None:
    await pager(server, http, channel=channel).probe()
    await pager(server, http, channel=channel, api_key=KEY, api_secret=KEY_SECRET).probe()
    assert server.messages == server.calls == []


@pytest.mark.parametrize(
    ("changed", "advice"),
    [
        ({"auth_token": "wr0ng"}, "401 .*check paging.phones.auth_token, and paging.phones.account_sid"),
        ({"account_sid": "AC" + "f" * 32}, "401 .*paging.phones.account_sid"),
        (
            {"account_sid": "AC" + "f" * 32, "api_key": KEY, "api_secret": KEY_SECRET},
            "404 .*check paging.phones.account_sid",
        ),
    ],
)
async def test_what_is_wrong_with_an_account_is_said(
    changed: dict[str, Any], advice: str, server: TwilioServer, http: Http
) -> None:
    with pytest.raises(Rejected, match=advice):
        await pager(server, http, **changed).probe()


async def test_somebody_else_at_the_address_is_not_taken_for_twilio(server: TwilioServer, http: Http) -> None:
    server.orders.append(Answer.of({"calls": []}))
    with pytest.raises(Rejected, match=r"not in Twilio's words; check paging\.phones\.url"):
        await pager(server, http).probe()


@pytest.mark.parametrize("sender", ["+1 (500) 555-0006", "12345", "Klatsch", "Example Op"])
def test_a_sender_is_a_number_a_short_code_or_a_name(sender: str) -> None:
    assert Config.model_validate(block(**{"from": sender})).sender in (sender, "+15005550006")


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"channel": "fax"}, "'sms' or 'voice'"),
        ({"channel": None}, "channel"),
        ({"account_sid": "SK" + "0" * 32}, "must be AC and 32 digits"),
        ({"account_sid": ACCOUNT + "/../x"}, "must be AC and 32 digits"),
        ({"api_key": KEY}, "`api_key` and `api_secret` go together"),
        ({"api_key": "5ecret", "api_secret": "x"}, "must be SK and 32 digits"),
        ({"auth_token": None}, "set `auth_token`, or `api_key` and `api_secret`"),
        ({"auth_token": "5ecret\r\n"}, "must be plain letters, digits and signs"),
        ({"from": None}, "set `from` or `messaging_service`, one of the two"),
        ({"messaging_service": SERVICE}, "set `from` or `messaging_service`, one of the two"),
        ({"from": None, "messaging_service": "5ecret"}, "must be MG and 32 digits"),
        ({"from": "+49 30"}, "is no telephone number: it must have 7 to 15 digits"),
        ({"from": "a name that is long"}, "is no telephone number"),
        ({"channel": "voice", "from": "Klatsch"}, "a call needs a telephone number as `from`"),
        ({"channel": "voice", "from": None, "messaging_service": SERVICE}, "a call needs a telephone number as `from`"),
        ({"channel": "voice", "replies": True}, "`replies` are for `channel: sms`"),
        ({"from": "Klatsch", "replies": True}, "nobody can reply to a name"),
        ({"auth_token": None, "api_key": KEY, "api_secret": "x", "replies": True}, "`replies` need the `auth_token`"),
        ({"url": "ftp://5ecret"}, "must be the server's address"),
        ({"tokn": "5ecret"}, "tokn"),
    ],
)
def test_a_wrong_block_is_refused_and_its_values_are_not_shown(changed: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Config.model_validate(block(**changed))
    assert sentence in str(caught.value)
    assert "5ecret" not in str(caught.value)


def test_a_secret_is_not_shown_by_its_block() -> None:
    shown = repr(Config.model_validate(block(api_key=KEY, api_secret=KEY_SECRET)))
    assert SECRET not in shown
    assert KEY_SECRET not in shown
