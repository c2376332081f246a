"""What only ntfy promises, beside the suite of all pagers."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from adapters.http import Http
from adapters.paging.ntfy import Config, Ntfy
from bot.ports import Attempt, Rejected, Unavailable
from tests.contract.pagers import SECRET, TOPIC, ana
from tests.contract.servers.http import Answer
from tests.contract.servers.ntfy import BURST, NtfyServer
from tests.contract.statuses import REFUSALS
from tests.contract.test_pagers import ACK, FIRST, ROOM, page


@pytest.fixture
async def server() -> AsyncIterator[NtfyServer]:
    async with NtfyServer() as server:
        yield server


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with Http(trust_env=False) as http:
        yield http


def pager(server: NtfyServer, http: Http, **block: Any) -> Ntfy:
    return Ntfy("phones", Config.model_validate({"url": server.url, **block}), http)


async def test_the_message_has_a_button_that_acknowledges_and_one_that_opens(server: NtfyServer, http: Http) -> None:
    receipt = await pager(server, http).trigger(FIRST, page())

    (message,) = server.published
    assert receipt == message["id"]
    assert message["actions"] == [
        {"action": "http", "label": "Acknowledge", "url": ACK, "method": "POST", "clear": True},
        {"action": "view", "label": "Open", "url": ROOM},
    ]
    assert (message["click"], message["priority"], message["tags"]) == (ROOM, 5, ["rotating_light"])


async def test_without_a_room_a_tap_opens_the_acknowledge_link(server: NtfyServer, http: Http) -> None:
    await pager(server, http).trigger(FIRST, page(room_url=""))
    assert server.published[0]["click"] == ACK
    assert len(server.published[0]["actions"]) == 1


@pytest.mark.parametrize(
    ("severity", "block", "priority"),
    [
        ("sev1", {}, 5),
        ("sev2", {}, 5),
        ("sev3", {}, 4),
        ("sev4", {}, 3),
        ("unheard of", {}, 5),
        ("sev2", {"priority": {"sev2": 4}}, 4),
        ("sev1", {"priority": {"sev2": 4}}, 5),
    ],
)
async def test_the_severity_decides_how_loud_it_is(
    severity: str, block: dict[str, Any], priority: int, server: NtfyServer, http: Http
) -> None:
    await pager(server, http, **block).trigger(FIRST, page(severity=severity))
    assert server.published[0]["priority"] == priority


async def test_a_second_try_replaces_the_notification_on_the_phone(server: NtfyServer, http: Http) -> None:
    phone = pager(server, http)
    await phone.trigger(FIRST, page(text="first"))
    await phone.trigger(Attempt(FIRST.key, 2), page(text="second"))
    await phone.trigger(Attempt("7.30.1"), page(text="another rung"))
    assert [message["message"] for message in server.shown(TOPIC)] == ["second", "another rung"]


async def test_after_the_burst_ntfy_says_when_to_come_back(server: NtfyServer, http: Http) -> None:
    phone = pager(server, http)
    for number in range(BURST):
        await phone.trigger(Attempt(f"7.{number}.0"), page())
    with pytest.raises(Unavailable) as caught:
        await phone.trigger(FIRST, page())
    assert caught.value.retry_after == timedelta(seconds=5)


async def test_every_status_has_its_verdict(server: NtfyServer, http: Http) -> None:
    phone, verdicts = pager(server, http), {}
    for status in REFUSALS:
        server.orders.append(Answer(status))
        with pytest.raises((Rejected, Unavailable)) as caught:
            await phone.trigger(FIRST, page())
        verdicts[status] = caught.type
    assert verdicts == REFUSALS


async def test_a_server_that_wants_a_token_and_gets_none_is_told_by_its_key(http: Http) -> None:
    async with NtfyServer(SECRET) as server:
        with pytest.raises(Rejected, match=r"403 Forbidden: .*check paging\.phones\.token.*people\.ana\.ntfy"):
            await pager(server, http).trigger(FIRST, page())


@pytest.mark.parametrize(
    ("answer", "receipt"),
    [
        pytest.param(Answer(200, b'{"id": "sPs71M8A2T"}'), "sPs71M8A2T", id="ntfy's"),
        pytest.param(Answer(200, b"{}"), "", id="no id"),
        pytest.param(Answer(200), "", id="empty"),
        pytest.param(Answer(204), "", id="nothing to say"),
        pytest.param(Answer(207, b"[]"), "", id="another 2xx"),
        pytest.param(Answer(200, b"<html>ok</html>"), "", id="no JSON"),
        pytest.param(Answer(200, b'{"id": 7}'), "", id="an id of another shape"),
        pytest.param(Answer(200, b'{"id": "\\u001b[31m"}'), "", id="an id that paints"),
        pytest.param(Answer(200, b"[" * 100_000), "", id="deeper than anybody reads"),
        pytest.param(Answer(200, b"x" * 1_000_001), "", id="longer than anybody reads"),
        pytest.param(Answer(200, b"\x1f\x8b", {"Content-Encoding": "gzip"}), "", id="packed"),
    ],
)
async def test_any_yes_is_a_page_that_went_out(answer: Answer, receipt: str, server: NtfyServer, http: Http) -> None:
    server.orders.append(answer)
    assert await pager(server, http).trigger(FIRST, page(person=ana())) == receipt


@pytest.mark.parametrize("url", ["https://ntfy.example.org", "http://10.0.0.1:8080/", "https://[::1]:2586"])
def test_the_address_is_the_servers_root(url: str) -> None:
    assert Config(url=url).url == url.rstrip("/") + "/"


@pytest.mark.parametrize(
    ("block", "sentence"),
    [
        ({"url": "https://ntfy.example.org/ana-5ecret"}, "must be the server's root; topics belong to people"),
        ({"url": "https://ana:5ecret@ntfy.example.org"}, "must hold no user and password; use `token`"),
        ({"url": "ntfy.example.org/5ecret"}, "must be the server's address, like https://ntfy.example.org"),
        ({"url": "https://n.example.org\r\nX: 5ecret"}, "must be the server's address"),
        ({"url": "https://n.example.org", "token": "5ecret\n"}, "must be plain letters, digits and signs"),
        ({"url": "https://n.example.org", "priority": {"sev1": 6}}, "less than or equal to 5"),
        ({"url": "https://n.example.org", "tokn": "5ecret"}, "tokn"),
        ({"token": "5ecret"}, "url"),
    ],
)
def test_a_wrong_block_is_refused_and_its_values_are_not_shown(block: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Config.model_validate(block)
    assert sentence in str(caught.value)
    assert "5ecret" not in str(caught.value)


def test_a_token_is_not_shown_by_its_block() -> None:
    assert SECRET not in repr(Config.model_validate({"url": "https://ntfy.example.org", "token": SECRET}))
