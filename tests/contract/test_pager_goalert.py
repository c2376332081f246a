"""What only GoAlert promises, beside the suite of all pagers."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import ValidationError

from adapters.http import Http
from adapters.paging.goalert import Config, GoAlert
from bot.incident.model import Person
from bot.ports import Attempt, Rejected, Unavailable
from tests.contract.servers.goalert import GoAlertServer
from tests.contract.servers.http import Answer
from tests.contract.statuses import REFUSALS
from tests.contract.test_pagers import ACK, AGAIN, FIRST, ROOM, RUNBOOK, page

TOKEN = "4c9a2a3e/7f1b+4d7c?8a55&9d0f"
SERVICE = Person("pager:phones", "phones")


@pytest.fixture
async def server() -> AsyncIterator[GoAlertServer]:
    async with GoAlertServer(TOKEN) as server:
        yield server


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with Http(trust_env=False) as http:
        yield http


def pager(server: GoAlertServer, http: Http, under: str = "") -> GoAlert:
    return GoAlert("phones", Config.model_validate({"url": f"{server.url}{under}", "token": TOKEN}), http)


async def test_an_alert_has_its_links_and_its_number_is_the_receipt(server: GoAlertServer, http: Http) -> None:
    receipt = await pager(server, http).trigger(FIRST, page(person=SERVICE, runbook_url=RUNBOOK))

    (alert,) = server.alerts.values()
    assert receipt == str(alert.id)
    assert alert.said == {
        "summary": "SEV1 INC-7: nova API is down",
        "details": (
            "Zwei von drei Servern antworten nicht: föö\nsince 10:04\n\n"
            f"* Acknowledge: {ACK}\n* Open: {ROOM}\n* Runbook: {RUNBOOK}"
        ),
        "dedup": next(iter(server.alerts)),
    }


async def test_every_step_of_a_ladder_is_the_same_alert_until_that_is_closed(server: GoAlertServer, http: Http) -> None:
    phones = pager(server, http)
    number = await phones.trigger(FIRST, page())
    assert await phones.trigger(Attempt("7.30.1"), page(title="renamed", severity="sev2")) == number
    assert [alert.told for alert in server.alerts.values()] == [2]

    await phones.acknowledge(Attempt("7.31.0"), page(), "Ana Ruiz")
    assert [alert.open for alert in server.alerts.values()] == [True]
    assert len(server.requests) == 2

    await phones.resolve(Attempt("7.32.0"), page())
    assert [alert.open for alert in server.alerts.values()] == [False]
    assert await phones.trigger(Attempt("7.40.0"), page()) != number


async def test_what_is_closed_twice_or_was_never_opened_is_no_error(server: GoAlertServer, http: Http) -> None:
    phones = pager(server, http)
    await phones.resolve(FIRST, page())
    await phones.resolve(AGAIN, page())
    assert len(server.requests) == 2
    assert server.alerts == {}


async def test_looking_whether_it_works_opens_nothing(server: GoAlertServer, http: Http) -> None:
    await pager(server, http).probe()
    assert len(server.requests) == 1
    assert server.alerts == {}


async def test_a_wrong_key_is_named_by_its_setting_also_before_anybody_is_paged(
    server: GoAlertServer, http: Http
) -> None:
    server.token = "another"
    phones = pager(server, http)
    for call in (phones.probe(), phones.trigger(FIRST, page())):
        with pytest.raises(Rejected, match=r"401 Unauthorized: unauthorized \(check paging\.phones\.token\)"):
            await call


async def test_a_goalert_below_a_path_is_found_there(http: Http) -> None:
    async with GoAlertServer(TOKEN, "/goalert") as server:
        assert await pager(server, http, "/goalert/").trigger(FIRST, page()) == "10"
        with pytest.raises(Rejected, match=r"404 Not Found \(check paging\.phones\.url\)"):
            await pager(server, http).trigger(FIRST, page())


async def test_whoever_is_paged_by_a_service_needs_no_address(server: GoAlertServer, http: Http) -> None:
    assert pager(server, http).address(SERVICE) == server.url.removeprefix("http://")


@pytest.mark.parametrize("call", ["trigger", "resolve", "probe"])
async def test_every_status_has_its_verdict(call: str, server: GoAlertServer, http: Http) -> None:
    phones, verdicts = pager(server, http), {}
    calls = {
        "trigger": lambda: phones.trigger(FIRST, page()),
        "resolve": lambda: phones.resolve(FIRST, page()),
        "probe": phones.probe,
    }
    for status in REFUSALS:
        server.orders.append(Answer(status))
        with pytest.raises((Rejected, Unavailable)) as caught:
            await calls[call]()
        verdicts[status] = caught.type
    assert verdicts == REFUSALS


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Answer(200), id="empty"),
        pytest.param(Answer(200, b"<html>ok</html>"), id="no JSON"),
        pytest.param(Answer.of({"ok": True}), id="another's words"),
        pytest.param(Answer.of({"AlertID": 0}), id="no alert"),
        pytest.param(Answer.of({"AlertID": "10"}), id="a number of another shape"),
        pytest.param(Answer.of({"AlertID": 10}, 201), id="another yes"),
    ],
)
async def test_a_yes_of_somebody_else_is_none(answer: Answer, server: GoAlertServer, http: Http) -> None:
    server.orders.append(answer)
    with pytest.raises(Rejected, match=r"^phones: answered 20"):
        await pager(server, http).trigger(FIRST, page())


async def test_one_that_says_nothing_of_its_alert_has_taken_it(server: GoAlertServer, http: Http) -> None:
    server.orders.append(Answer(204))
    assert await pager(server, http).trigger(FIRST, page()) == ""


@pytest.mark.parametrize("ack_url", [ACK, ""], ids=["with a link", "without"])
async def test_a_page_of_the_largest_size_is_taken(ack_url: str, server: GoAlertServer, http: Http) -> None:
    await pager(server, http).trigger(FIRST, page(title="🔥" * 5_000, text="🔥" * 5_000, ack_url=ack_url))
    (said,) = server.asked
    assert 6000 < len(said["details"].encode()) <= 6144
    assert (ack_url or 'type "ack INC-7"') in said["details"]


@pytest.mark.parametrize(
    ("block", "sentence"),
    [
        ({"url": "https://ana:5ecret@goalert.example.org"}, "must hold no user and password"),
        ({"url": "goalert.example.org/5ecret"}, "must be the server's address"),
        (
            {"url": "https://goalert.example.org/api/v2/generic/incoming?token=5ecret"},
            "must be the server's address, like https://goalert.example.org; the rest is put behind it",
        ),
        ({"url": "https://goalert.example.org?token=5ecret"}, "must end before ? and #"),
        ({"token": "5ecret\n"}, "must be plain letters, digits and signs"),
        ({"token": ""}, "must be the integration key"),
        ({"tokn": "5ecret"}, "tokn"),
    ],
)
def test_a_wrong_block_is_refused_and_its_values_are_not_shown(block: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Config.model_validate({"url": "https://goalert.example.org", "token": TOKEN, **block})
    assert sentence in str(caught.value)
    assert "5ecret" not in str(caught.value)


def test_a_token_is_not_shown_by_its_block() -> None:
    assert TOKEN not in repr(Config.model_validate({"url": "https://goalert.example.org", "token": TOKEN}))
