"""What only Gotify promises, beside the suite of all pagers."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import ValidationError

from adapters.http import Http
from adapters.paging.gotify import Config, Gotify
from bot.ports import Rejected, Unavailable
from tests.contract.paging import SECRET, ana
from tests.contract.servers.gotify import GotifyServer
from tests.contract.servers.http import Answer
from tests.contract.statuses import REFUSALS
from tests.contract.test_pagers import ACK, FIRST, ROOM, page

ALL = "AforEverybody12"


@pytest.fixture
async def server() -> AsyncIterator[GotifyServer]:
    async with GotifyServer(SECRET, ALL) as server:
        yield server


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with Http(trust_env=False) as http:
        yield http


def pager(server: GotifyServer, http: Http, **block: Any) -> Gotify:
    return Gotify("phones", Config.model_validate({"url": server.url, **block}), http)


@pytest.mark.parametrize(
    ("links", "tapped"),
    [({}, ACK), ({"ack_url": ""}, ROOM), ({"ack_url": "javascript:alert(1)"}, ROOM), ({"room_url": ""}, ACK)],
)
async def test_a_tap_opens_the_page_that_acknowledges_else_the_room(
    links: dict[str, str], tapped: str, server: GotifyServer, http: Http
) -> None:
    receipt = await pager(server, http).trigger(FIRST, page(**links))
    (message,) = server.published
    assert receipt == str(message["id"])
    assert message["extras"]["client::notification"] == {"click": {"url": tapped}}


async def test_without_any_address_a_tap_opens_the_message(server: GotifyServer, http: Http) -> None:
    await pager(server, http).trigger(FIRST, page(ack_url="", room_url=""))
    assert "client::notification" not in server.published[0]["extras"]


async def test_the_text_is_shown_as_it_is_and_not_as_markdown(server: GotifyServer, http: Http) -> None:
    await pager(server, http).trigger(FIRST, page(text="**nova** [down](https://x.example.org)"))
    assert server.published[0]["extras"]["client::display"] == {"contentType": "text/plain"}
    assert server.published[0]["message"].startswith("**nova** [down](https://x.example.org)")


@pytest.mark.parametrize(
    ("severity", "block", "priority"),
    [
        ("sev1", {}, 10),
        ("sev2", {}, 8),
        ("sev3", {}, 5),
        ("sev4", {}, 4),
        ("unheard of", {}, 10),
        ("sev4", {"priority": {"sev4": 0}}, 0),
        ("sev1", {"priority": {"sev4": 0}}, 10),
    ],
)
async def test_the_severity_decides_how_loud_it_is(
    severity: str, block: dict[str, Any], priority: int, server: GotifyServer, http: Http
) -> None:
    await pager(server, http, **block).trigger(FIRST, page(severity=severity))
    assert server.published[0]["priority"] == priority


async def test_who_has_no_token_of_their_own_is_reached_by_the_block_s(server: GotifyServer, http: Http) -> None:
    phone = pager(server, http, token=ALL)
    await phone.trigger(FIRST, page(person=ana(options={})))
    await phone.trigger(FIRST, page())
    assert [message["token"] for message in server.published] == [ALL, SECRET]


@pytest.mark.parametrize("refused", ["unknown", "of a client"])
@pytest.mark.parametrize(
    ("options", "key"), [({"gotify": "Cmine"}, "people.ana.gotify"), ({}, "paging.phones.token")], ids=["own", "block"]
)
async def test_a_token_that_may_not_send_is_named_by_its_key(
    options: dict[str, str], key: str, refused: str, server: GotifyServer, http: Http
) -> None:
    server.clients = {"Cmine"} if refused == "of a client" else set()
    with pytest.raises(Rejected) as caught:
        await pager(server, http, token="Cmine").trigger(FIRST, page(person=ana(options=options)))
    assert f"(check {key}; it must be the token of an application" in caught.value.reason
    assert "Cmine" not in caught.value.reason


async def test_a_server_below_a_path_is_asked_there(server: GotifyServer, http: Http) -> None:
    with pytest.raises(Rejected, match=r"404 Not Found: .*check paging\.phones\.url"):
        await pager(server, http, url=f"{server.url}/gotify").trigger(FIRST, page())
    assert server.requests[0].target == "/gotify/message"


async def test_every_status_has_its_verdict(server: GotifyServer, http: Http) -> None:
    phone, verdicts = pager(server, http), {}
    for status in REFUSALS:
        server.orders.append(Answer(status))
        with pytest.raises((Rejected, Unavailable)) as caught:
            await phone.trigger(FIRST, page())
        verdicts[status] = caught.type
    assert verdicts == REFUSALS


@pytest.mark.parametrize(
    ("answer", "receipt"),
    [
        (Answer.of({"id": 25}), "25"),
        (Answer.of({"id": "x"}), ""),
        (Answer.of({"id": -1}), ""),
        (Answer.of([]), ""),
        (Answer(204), ""),
        (Answer(200, b"[" * 100_000), ""),
    ],
)
async def test_any_yes_is_a_page_that_went_out(answer: Answer, receipt: str, server: GotifyServer, http: Http) -> None:
    server.orders.append(answer)
    assert await pager(server, http).trigger(FIRST, page()) == receipt


async def test_a_healthy_server_is_probed_without_a_message(server: GotifyServer, http: Http) -> None:
    await pager(server, http).probe()
    assert [request.target for request in server.requests] == ["/health"]
    assert server.published == []


@pytest.mark.parametrize(
    ("health", "kind", "sentence"),
    [
        ({"health": "orange", "database": "red"}, Unavailable, "500"),
        ({"health": "orange", "database": "green"}, Unavailable, "says it is not healthy"),
        ({"status": "ok", "database": "green"}, Rejected, "not in Gotify's words; check paging.phones.url"),
    ],
)
async def test_a_server_that_is_not_well_or_none_is_told(
    health: dict[str, str], kind: type[Exception], sentence: str, server: GotifyServer, http: Http
) -> None:
    server.health = health
    with pytest.raises(kind, match=sentence):
        await pager(server, http).probe()


@pytest.mark.parametrize(
    ("block", "sentence"),
    [
        ({"url": "gotify.example.org/5ecret"}, "must be the server's address, like https://push.example.org"),
        ({"url": "https://ana:5ecret@g.example.org"}, "must hold no user and password"),
        ({"url": "https://g.example.org/?token=5ecret"}, "must end before ? and #"),
        ({"url": "https://g.example.org\r\nX: 5ecret"}, "must be the server's address"),
        ({"url": "https://[5ecret"}, "must be the server's address"),
        ({"url": "https://g.example.org", "token": "5ecret\n"}, "must be plain letters, digits and signs"),
        ({"url": "https://g.example.org", "priority": {"sev1": 11}}, "less than or equal to 10"),
        ({"url": "https://g.example.org", "tokn": "5ecret"}, "tokn"),
        ({"token": "5ecret"}, "url"),
    ],
)
def test_a_wrong_block_is_refused_and_its_values_are_not_shown(block: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Config.model_validate(block)
    assert sentence in str(caught.value)
    assert "5ecret" not in str(caught.value)
