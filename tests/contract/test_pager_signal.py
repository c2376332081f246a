"""What only Signal promises, beside the suite of all pagers."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import ValidationError

from adapters.http import Http
from adapters.paging.signal import Config, Signal
from bot.ports import DeliveryError, Rejected, Unavailable
from tests.contract.pagers_push import BOT
from tests.contract.paging import PHONE, SECRET, ana
from tests.contract.servers.http import Answer
from tests.contract.servers.signal import SignalServer
from tests.contract.statuses import REFUSALS
from tests.contract.test_pagers import ACK, FIRST, ROOM, RUNBOOK, page

ANA, PRIVATE = "+49301234567", "+49301111111"
SENDER = "+49407654321"


@pytest.fixture
async def server() -> AsyncIterator[SignalServer]:
    async with SignalServer("", [SENDER], {ANA, PRIVATE}) as server:
        yield server


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with Http(trust_env=False) as http:
        yield http


def pager(server: SignalServer, http: Http, **block: Any) -> Signal:
    return Signal("texts", Config.model_validate({"url": server.url, "number": BOT, **block}), http)


async def failure(server: SignalServer, http: Http, answer: Answer) -> DeliveryError:
    server.orders.append(answer)
    with pytest.raises(DeliveryError) as caught:
        await pager(server, http).trigger(FIRST, page())
    return caught.value


async def test_the_message_is_plain_text_with_the_links_below_it(server: SignalServer, http: Http) -> None:
    receipt = await pager(server, http).trigger(FIRST, page(text="*down*", runbook_url=RUNBOOK))
    assert receipt == "1793592000001"
    assert server.sent == [
        {
            "message": "SEV1 INC-7: nova API is down\n\n*down*\n\n"
            f"Acknowledge: {ACK}\nRoom: {ROOM}\nRunbook: {RUNBOOK}",
            "number": SENDER,
            "recipients": [ANA],
            "text_mode": "normal",
        }
    ]


async def test_a_number_of_their_own_for_signal_comes_before_the_telephone_s(server: SignalServer, http: Http) -> None:
    await pager(server, http).trigger(FIRST, page(person=ana(options={"phone": PHONE, "signal": "+49 30 1111111"})))
    assert server.sent[0]["recipients"] == [PRIVATE]


async def test_a_server_without_a_proxy_gets_no_token(server: SignalServer, http: Http) -> None:
    await pager(server, http).trigger(FIRST, page())
    assert "authorization" not in server.requests[0].headers
    await pager(server, http, token=SECRET).trigger(FIRST, page())
    assert server.requests[1].headers["authorization"] == f"Bearer {SECRET}"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("Failed to send message: [429] Rate limit exceeded: 429 (RateLimitException) (UnexpectedErrorException)", 1),
        (f'Failed to send (some) messages:\n{ANA}: Network failure for "{ANA}"\n1697566654816\n', 1),
        ("WARN  SendHelper - Failed to send message due to IO exception: Unable to parse entity", 1),
        ("process killed as timeout reached", 1),
        ("Failed to send message: Connection closed!", 1),
        ("Failed to send message: [503] Bad response: 503", 1),
        (f'Failed to send message: Unregistered user "{ANA}"', 0),
        ("User +49407654321 is not registered.\n", 0),
        ("Specified account does not exist", 0),
        ("Failed to send message: [403] Authorization failed!", 0),
    ],
)
async def test_a_bad_request_that_is_none_but_a_trouble_that_passes_is_tried_again(
    error: str, kind: int, server: SignalServer, http: Http
) -> None:
    refused = await failure(server, http, Answer.of({"error": error}, 400))
    assert type(refused) is (Unavailable if kind else Rejected)
    assert "(check paging.texts.number, and that ana is on Signal)" in refused.reason
    assert ANA not in refused.reason


async def test_a_yes_that_says_whom_it_did_not_reach_is_none(server: SignalServer, http: Http) -> None:
    """Newer servers answer 201 and a list of failures."""
    for reason, kind in (("UNREGISTERED_FAILURE", Rejected), ("NETWORK FAILURE", Unavailable)):
        errors = {"recipients": [{"number": ANA, "reason": reason}]}
        refused = await failure(server, http, Answer.of({"timestamp": "1793592000001", "errors": errors}, 201))
        assert type(refused) is kind
        assert refused.reason.startswith("texts: not sent: ")
        assert reason in refused.reason
        assert ANA not in refused.reason


async def test_too_many_messages_are_tried_later_and_the_way_out_is_named(server: SignalServer, http: Http) -> None:
    answer = Answer.of({"error": "…", "challenge_tokens": ["x"], "account": SENDER}, 429)
    refused = await failure(server, http, answer)
    assert isinstance(refused, Unavailable)
    assert "lift the limit of paging.texts.number with a captcha" in refused.reason


async def test_every_status_has_its_verdict(server: SignalServer, http: Http) -> None:
    verdicts = {status: type(await failure(server, http, Answer(status))) for status in REFUSALS}
    assert verdicts == REFUSALS


@pytest.mark.parametrize(
    ("answer", "receipt"),
    [
        (Answer.of({"timestamp": 1793592000001}, 201), "1793592000001"),
        (Answer.of({"timestamp": "\x1b[31m"}, 201), ""),
        (Answer.of({"timestamp": "1", "errors": None}, 201), "1"),
        (Answer.of([], 201), ""),
        (Answer(204), ""),
        (Answer(200, b"<html>"), ""),
    ],
)
async def test_any_other_yes_is_a_page_that_went_out(
    answer: Answer, receipt: str, server: SignalServer, http: Http
) -> None:
    server.orders.append(answer)
    assert await pager(server, http).trigger(FIRST, page()) == receipt


async def test_the_account_is_probed_without_a_message(server: SignalServer, http: Http) -> None:
    await pager(server, http).probe()
    server.numbers.clear()
    with pytest.raises(Rejected, match=r"no account of paging\.texts\.number; register or link it there"):
        await pager(server, http).probe()
    server.orders.append(Answer.of({"numbers": []}))
    with pytest.raises(Rejected, match=r"not in signal-cli-rest-api's words; check paging\.texts\.url"):
        await pager(server, http).probe()
    assert [request.target for request in server.requests] == ["/v1/accounts"] * 3


@pytest.mark.parametrize(
    ("block", "sentence"),
    [
        ({"number": "030 5ecret"}, "it must begin with + and the country's code"),
        ({"number": "+49 (0)30 1234567"}, "leave out the (0)"),
        ({"number": "+1 800 5ECRET"}, "it may hold no letters"),
        ({"url": "signal/5ecret"}, "must be the server's address"),
        ({"token": "5ecret\n"}, "must be plain letters, digits and signs"),
        ({"nummer": "5ecret"}, "nummer"),
    ],
)
def test_a_wrong_block_is_refused_and_its_values_are_not_shown(block: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Config.model_validate({"url": "http://127.0.0.1:8080", "number": BOT, **block})
    assert sentence in str(caught.value)
    assert "5ecret" not in str(caught.value).lower()
