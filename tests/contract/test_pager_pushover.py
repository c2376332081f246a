"""What only Pushover promises, beside the suite of all pagers."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from adapters.http import Http
from adapters.paging.pushover import Config, Pushover
from bot.answering import Settles
from bot.offered import Probed
from bot.ports import Attempt, PageMessage, Rejected, Unavailable
from tests.clock import START
from tests.contract.paging import SECRET, USER_KEY, ana
from tests.contract.servers.http import Answer, HttpServer, Request
from tests.contract.servers.pushover import PushoverServer
from tests.contract.statuses import REFUSALS
from tests.contract.test_pagers import ACK, FIRST, ROOM, RUNBOOK, page

BEN = "bEnWeissAtPush0verXyZ123456789"


@pytest.fixture
async def server() -> AsyncIterator[PushoverServer]:
    async with PushoverServer(SECRET, USER_KEY, BEN) as server:
        yield server


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with Http(trust_env=False) as http:
        yield http


def pager(server: HttpServer, http: Http, name: str = "phones", **block: Any) -> Pushover:
    return Pushover(name, Config.model_validate({"url": server.url, "token": SECRET, **block}), http)


async def test_an_urgent_page_rings_until_it_is_answered_and_its_answer_comes_back(
    server: PushoverServer, http: Http
) -> None:
    receipt = await pager(server, http, name="my phones/é").trigger(FIRST, page())
    (sent,) = server.sent
    assert {receipt} == server.ringing.keys()
    assert (sent["priority"], sent["retry"], sent["expire"]) == ("2", "60", "3600")
    assert sent["callback"] == f"{ACK}?via=my%20phones%2F%C3%A9"
    assert (sent["url"], sent["url_title"]) == (ACK, "Acknowledge")


async def test_a_page_that_is_not_urgent_is_sent_once_and_its_link_acknowledges(
    server: PushoverServer, http: Http
) -> None:
    receipt = await pager(server, http).trigger(FIRST, page(severity="sev3"))
    (sent,) = server.sent
    assert receipt == "647d2300-702c-4b38-8b2f-d56326ae460b"
    assert (sent["priority"], sent["url"], server.ringing) == ("1", ACK, {})


async def test_without_a_public_address_it_rings_all_the_same_and_says_how_to_acknowledge(
    server: PushoverServer, http: Http
) -> None:
    await pager(server, http).trigger(FIRST, page(ack_url=""))
    (sent,) = server.sent
    assert sent["priority"] == "2"
    assert {"callback", "url", "url_title"} & sent.keys() == set()
    assert 'type "ack INC-7"' in sent["message"]


@pytest.mark.parametrize(
    ("severity", "block", "priority"),
    [
        ("sev1", {}, "2"),
        ("sev2", {}, "2"),
        ("sev3", {}, "1"),
        ("sev4", {}, "0"),
        ("unheard of", {}, "2"),
        ("sev2", {"priority": {"sev2": 1}}, "1"),
        ("sev1", {"priority": {"sev2": 1}}, "2"),
    ],
)
async def test_the_severity_decides_how_loud_it_is(
    severity: str, block: dict[str, Any], priority: str, server: PushoverServer, http: Http
) -> None:
    await pager(server, http, **block).trigger(FIRST, page(severity=severity))
    assert server.sent[0]["priority"] == priority


async def test_how_often_and_how_long_it_rings_is_configured(server: PushoverServer, http: Http) -> None:
    await pager(server, http, retry="30s", expire="3h").trigger(FIRST, page())
    assert (server.sent[0]["retry"], server.sent[0]["expire"]) == ("30", "10800")


async def test_long_addresses_leave_the_text_half_of_the_message(server: PushoverServer, http: Http) -> None:
    room, runbook = (f"https://x.example.org/{what * 470}" for what in "ab")
    await pager(server, http).trigger(FIRST, page(text="z" * 2000, room_url=room, runbook_url=runbook))
    assert f"…\n\nRoom: {room}" in server.sent[0]["message"]
    assert runbook not in server.sent[0]["message"]


@pytest.mark.parametrize("characters", [1024, 1025])
async def test_a_text_is_cut_where_pushover_would_refuse_it(
    characters: int, server: PushoverServer, http: Http
) -> None:
    await pager(server, http).trigger(FIRST, page(text="z" * characters, room_url=""))
    assert (server.sent[0]["message"] == "z" * characters) is (characters == 1024)


async def test_an_acknowledge_link_too_long_for_pushover_is_left_out_and_said_in_words(
    server: PushoverServer, http: Http
) -> None:
    await pager(server, http).trigger(FIRST, page(ack_url=f"https://klatsch.example.org/{'x' * 500}"))
    assert "url" not in server.sent[0]
    assert 'type "ack INC-7"' in server.sent[0]["message"]


def ringing_for(server: PushoverServer, *users: str) -> bool:
    """Whether it rings for these, of all that was sent."""
    return sorted(server.sent[int(receipt[1:]) - 1]["user"] for receipt in server.ringing) == sorted(users)


@pytest.mark.parametrize("over", [False, True], ids=["somebody has it", "it is over"])
async def test_settling_a_page_stops_all_that_rings_for_it_and_nothing_else(
    over: bool, server: PushoverServer, http: Http
) -> None:
    """The effect that settles has a key and an attempt of its own; the page is known by its own key."""
    phone = pager(server, http)
    ben = ana(options={"pushover": BEN})
    await phone.trigger(Attempt("7.12.0"), page())
    await phone.trigger(Attempt("7.30.0"), page(text="the next round"))
    await phone.trigger(Attempt("7.31.0"), page(person=ben, key="INC-7:ben"))
    await phone.trigger(Attempt("8.2.0"), page(person=ben, key="INC-8:ana"))
    assert ringing_for(server, USER_KEY, USER_KEY, BEN, BEN)

    settle: PageMessage = page(title="renamed", severity="sev4", text="", runbook_url=RUNBOOK)
    assert isinstance(phone, Settles)
    if over:
        await phone.resolve(Attempt("7.44.0"), settle)
    else:
        await phone.acknowledge(Attempt("7.44.0", 2), settle, "Ben Weiss")
    assert ringing_for(server, BEN, BEN)


async def test_another_installation_does_not_stop_what_rings_here(server: PushoverServer, http: Http) -> None:
    phone = pager(server, http)
    await phone.trigger(FIRST, page())
    await phone.resolve(FIRST, page(ack_url="https://staging.example.org/ack/t0ken"))
    await phone.resolve(FIRST, page(opened_at=START + timedelta(days=1)))
    assert ringing_for(server, USER_KEY)


async def test_that_nothing_rings_any_more_is_no_error_when_it_is_settled(server: PushoverServer, http: Http) -> None:
    await pager(server, http).resolve(FIRST, page())
    assert [request.target.split("/")[3] for request in server.requests] == ["cancel_by_tag"]


async def test_what_hinders_settling_is_told_without_a_secret(server: PushoverServer, http: Http) -> None:
    server.orders.append(Answer.of({"errors": [SECRET]}, 500))
    with pytest.raises(Unavailable) as caught:
        await pager(server, http).resolve(FIRST, page())
    assert SECRET not in caught.value.reason
    with pytest.raises(Rejected, match=r"check paging\.phones\.token"):
        await pager(server, http, token="another").resolve(FIRST, page())


async def test_when_the_months_messages_are_used_up_nothing_is_tried_again(server: PushoverServer, http: Http) -> None:
    server.left = 0
    with pytest.raises(Rejected, match="this month's messages are used up"):
        await pager(server, http).trigger(FIRST, page())
    with pytest.raises(Rejected, match="this month's messages are used up"):
        await pager(server, http).probe()


async def test_every_status_has_its_verdict(server: PushoverServer, http: Http) -> None:
    phone, verdicts = pager(server, http), {}
    for status in REFUSALS:
        server.orders.append(Answer(status))
        with pytest.raises((Rejected, Unavailable)) as caught:
            await phone.trigger(FIRST, page())
        verdicts[status] = caught.type
    assert verdicts == {**REFUSALS, 429: Rejected}


async def test_who_is_not_known_there_is_named_and_the_key_is_not_shown(server: PushoverServer, http: Http) -> None:
    server.users.clear()
    with pytest.raises(Rejected) as caught:
        await pager(server, http).trigger(FIRST, page())
    assert "user identifier is not a valid user" in caught.value.reason
    assert "check paging.phones.token and people.ana.pushover" in caught.value.reason
    assert USER_KEY not in caught.value.reason


@pytest.mark.parametrize(
    ("answer", "receipt"),
    [
        (Answer.of({"status": 1, "receipt": "r" * 30}), "r" * 30),
        (Answer.of({"status": 1, "receipt": "\x1b[31m"}), ""),
        (Answer.of({"status": 1, "receipt": 7}), ""),
        (Answer.of({}), ""),
        (Answer(200, b"<html>"), ""),
    ],
)
async def test_any_yes_is_a_page_that_went_out(
    answer: Answer, receipt: str, server: PushoverServer, http: Http
) -> None:
    server.orders.append(answer)
    assert await pager(server, http).trigger(FIRST, page()) == receipt


async def test_no_more_than_two_requests_are_made_at_once(http: Http) -> None:
    """The server answers nobody until two ask; and were a third one let through, it would be seen."""
    going, most, pair = 0, 0, asyncio.Event()

    class Slow(HttpServer):
        async def _serve(self, request: Request, writer: asyncio.StreamWriter) -> bool:
            nonlocal going, most
            going += 1
            most = max(most, going)
            if going == 2:
                pair.set()
            await pair.wait()
            for _ in range(20):
                await asyncio.sleep(0)
            going -= 1
            return await super()._serve(request, writer)

    async with Slow(lambda request: Answer.of({"status": 1})) as server:
        phone = pager(server, http)
        await asyncio.gather(*(phone.trigger(Attempt(f"7.{n}.0"), page()) for n in range(6)))
    assert most == 2


async def test_the_token_is_probed_without_a_message(server: PushoverServer, http: Http) -> None:
    phone = pager(server, http)
    assert isinstance(phone, Probed)
    await phone.probe()
    assert [request.method for request in server.requests] == ["GET"]
    assert server.sent == []
    with pytest.raises(Rejected, match=r"check paging\.phones\.token") as caught:
        await pager(server, http, token="wr0ng").probe()
    assert "wr0ng" not in caught.value.reason
    server.orders.append(Answer.of({"status": 1}))
    with pytest.raises(Rejected, match="not in Pushover's words"):
        await phone.probe()


@pytest.mark.parametrize(
    ("block", "sentence"),
    [
        ({}, "token"),
        ({"token": "5ecret 5ecret"}, "must be plain letters, digits and signs"),
        ({"token": "5ecret", "priority": {"sev1": 3}}, "less than or equal to 2"),
        ({"token": "5ecret", "retry": "29s"}, "must be 30s to 3h"),
        ({"token": "5ecret", "expire": "4h"}, "must be 30s to 3h"),
        ({"token": "5ecret", "retry": 60}, "retry"),
        ({"token": "5ecret", "user": "5ecret"}, "user"),
    ],
)
def test_a_wrong_block_is_refused_and_its_values_are_not_shown(block: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Config.model_validate(block)
    assert sentence in str(caught.value)
    assert "5ecret" not in str(caught.value)


async def test_the_room_stands_in_the_text_where_it_becomes_a_link(server: PushoverServer, http: Http) -> None:
    await pager(server, http).trigger(FIRST, page())
    assert server.sent[0]["message"].endswith(f"\n\nRoom: {ROOM}")
