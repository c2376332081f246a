"""What only PagerDuty promises beside the suite of all pagers: events out. What comes back is in test_pagerduty_answers."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from adapters.http import Http
from adapters.paging.pagerduty import Config, PagerDuty
from bot.incident.model import Person
from bot.ports import Attempt, Rejected, Unavailable
from tests.clock import START
from tests.contract.servers.http import Answer
from tests.contract.servers.pagerduty import PagerDutyServer
from tests.contract.statuses import REFUSALS
from tests.contract.test_pagers import ACK, AGAIN, FIRST, ROOM, RUNBOOK, page

KEY = "e93facc04764012d7bfb002500d5d1a6"
SERVICE = Person("pager:phones", "phones")


@pytest.fixture
async def server() -> AsyncIterator[PagerDutyServer]:
    async with PagerDutyServer(KEY) as server:
        yield server


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with Http(trust_env=False) as http:
        yield http


def pager(server: PagerDutyServer, http: Http, **block: Any) -> PagerDuty:
    return PagerDuty("phones", Config.model_validate({"url": server.url, "routing_key": KEY, **block}), http)


async def test_an_event_says_what_where_how_bad_and_since_when(server: PagerDutyServer, http: Http) -> None:
    receipt = await pager(server, http).trigger(FIRST, page(person=SERVICE, runbook_url=RUNBOOK))

    (event,) = server.events
    assert event == {
        "routing_key": KEY,
        "event_action": "trigger",
        "dedup_key": receipt,
        "client": "Klatsch",
        "client_url": ROOM,
        "links": [
            {"href": ACK, "text": "Acknowledge"},
            {"href": ROOM, "text": "Open"},
            {"href": RUNBOOK, "text": "Runbook"},
        ],
        "payload": {
            "summary": "SEV1 INC-7: nova API is down",
            "source": "klatsch.example.org",
            "severity": "critical",
            "timestamp": START.isoformat(),
            "custom_details": {
                "what": "Zwei von drei Servern antworten nicht: föö\nsince 10:04",
                "incident": "INC-7",
                "severity": "sev1",
            },
        },
    }


@pytest.mark.parametrize(
    ("severity", "block", "level"),
    [
        ("sev1", {}, "critical"),
        ("sev2", {}, "error"),
        ("sev3", {}, "warning"),
        ("sev4", {}, "info"),
        ("unheard of", {}, "critical"),
        ("sev2", {"severity": {"sev2": "critical"}}, "critical"),
        ("sev4", {"severity": {"sev2": "critical"}}, "info"),
    ],
)
async def test_the_severity_decides_how_loud_it_is(
    severity: str, block: dict[str, Any], level: str, server: PagerDutyServer, http: Http
) -> None:
    await pager(server, http, **block).trigger(FIRST, page(severity=severity))
    assert server.events[0]["payload"]["severity"] == level


async def test_every_step_of_a_ladder_is_the_same_alert_until_that_is_resolved(
    server: PagerDutyServer, http: Http
) -> None:
    phones = pager(server, http)
    key = await phones.trigger(FIRST, page())
    assert await phones.trigger(Attempt("7.30.1"), page(title="renamed", severity="sev2")) == key
    assert {one: alert.told for one, alert in server.alerts.items()} == {key: 2}

    await phones.acknowledge(Attempt("7.31.0"), page(), "Ana Ruiz")
    assert server.alerts[key].status == "acknowledged"
    await phones.resolve(Attempt("7.32.0"), page())
    assert server.alerts[key].status == "resolved"

    assert await phones.trigger(Attempt("7.40.0"), page()) == key
    assert (server.alerts[key].status, server.alerts[key].told) == ("triggered", 1)


async def test_another_incident_and_another_target_are_other_alerts(server: PagerDutyServer, http: Http) -> None:
    phones = pager(server, http)
    pages = [page(), page(key="INC-8:pager:phones", ref="INC-8"), page(key="INC-7:pager:others")]
    assert len({await phones.trigger(FIRST, one) for one in pages}) == len(pages)
    assert len(server.alerts) == len(pages)


async def test_what_is_acknowledged_or_resolved_twice_or_was_never_opened_is_no_error(
    server: PagerDutyServer, http: Http
) -> None:
    phones = pager(server, http)
    await phones.acknowledge(FIRST, page(), "Ana Ruiz")
    await phones.resolve(FIRST, page())
    await phones.resolve(AGAIN, page())
    assert [event["event_action"] for event in server.dropped] == ["acknowledge", "resolve", "resolve"]
    assert server.alerts == {}


async def test_a_key_names_the_incident_and_is_short(server: PagerDutyServer, http: Http) -> None:
    key = await pager(server, http).trigger(FIRST, page(ref="INC-123456", answer_url="https://k.example.org/paging/pd"))
    assert key.startswith("klatsch-inc-123456-")
    assert len(key) < 70


async def test_whoever_is_paged_by_a_service_needs_no_address(server: PagerDutyServer, http: Http) -> None:
    assert pager(server, http).address(SERVICE) == server.url.removeprefix("http://")


@pytest.mark.parametrize("call", ["trigger", "acknowledge", "resolve", "probe"])
async def test_every_status_has_its_verdict(call: str, server: PagerDutyServer, http: Http) -> None:
    phones, verdicts = pager(server, http), {}
    calls = {
        "trigger": lambda: phones.trigger(FIRST, page()),
        "acknowledge": lambda: phones.acknowledge(FIRST, page(), "Ana"),
        "resolve": lambda: phones.resolve(FIRST, page()),
        "probe": phones.probe,
    }
    for status in REFUSALS:
        server.orders.append(Answer(status))
        with pytest.raises((Rejected, Unavailable)) as caught:
            await calls[call]()
        verdicts[status] = caught.type
    assert verdicts == REFUSALS


async def test_what_pagerduty_finds_wrong_is_said_in_its_words_without_the_key(
    server: PagerDutyServer, http: Http
) -> None:
    errors = [f"Length of 'summary' is wrong for {KEY}", "'payload.severity' is invalid", 7]
    server.orders.append(
        Answer.of({"status": "invalid event", "message": "Event object is invalid", "errors": errors}, 400)
    )
    with pytest.raises(Rejected) as caught:
        await pager(server, http).trigger(FIRST, page())
    assert caught.value.reason == (
        "phones: answered 400: Event object is invalid; Length of 'summary' is wrong for •••; 'payload.severity' is invalid"
    )


@pytest.mark.parametrize("key", ["0" * 32, "too-short"])
async def test_a_wrong_key_is_named_by_its_setting_also_before_anybody_is_paged(
    key: str, server: PagerDutyServer, http: Http
) -> None:
    phones = pager(server, http, routing_key=key)
    for call in (phones.probe(), phones.trigger(FIRST, page())):
        with pytest.raises(Rejected, match=r"check paging\.phones\.routing_key") as caught:
            await call
        assert key not in caught.value.reason


async def test_looking_whether_it_works_opens_nothing(server: PagerDutyServer, http: Http) -> None:
    await pager(server, http).probe()
    assert server.alerts == {}
    assert [event["event_action"] for event in server.dropped] == ["resolve"]


async def test_after_too_many_events_it_waits_a_minute_or_as_long_as_it_is_told(
    server: PagerDutyServer, http: Http
) -> None:
    phones = pager(server, http)
    server.left = 1
    await phones.trigger(FIRST, page())
    with pytest.raises(Unavailable, match="too many events") as caught:
        await phones.trigger(AGAIN, page())
    assert caught.value.retry_after == timedelta(minutes=1)

    server.orders.append(Answer(429, headers={"Retry-After": "180"}))
    with pytest.raises(Unavailable) as caught:
        await phones.trigger(AGAIN, page())
    assert caught.value.retry_after == timedelta(minutes=3)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Answer(202), id="empty"),
        pytest.param(Answer(202, b"<html>ok</html>"), id="no JSON"),
        pytest.param(Answer.of({"ok": True}, 202), id="another's words"),
        pytest.param(Answer.of({"status": "invalid event", "message": "no"}, 202), id="no success"),
        pytest.param(Answer.of({"status": "success"}, 200), id="another yes"),
        pytest.param(Answer(204), id="nothing to say"),
    ],
)
async def test_a_yes_of_somebody_else_is_none(answer: Answer, server: PagerDutyServer, http: Http) -> None:
    server.orders.append(answer)
    with pytest.raises(Rejected, match=r"^phones: answered 2"):
        await pager(server, http).trigger(FIRST, page())


async def test_a_page_of_the_largest_size_is_taken(server: PagerDutyServer, http: Http) -> None:
    await pager(server, http).trigger(FIRST, page(title="\x01🔥" * 5_000, text='"\\🔥' * 200_000))
    (event,) = server.events
    assert len(event["payload"]["summary"]) == 200
    assert event["payload"]["custom_details"]["what"].endswith("…")


def test_the_events_of_most_accounts_go_to_the_usual_address() -> None:
    assert Config(routing_key=KEY).url == "https://events.pagerduty.com/"
    assert Config(routing_key=KEY, url="https://events.eu.pagerduty.com").url == "https://events.eu.pagerduty.com/"


SECRET = "5ecret-5ecret-5ecret"


@pytest.mark.parametrize(
    ("given", "kept"),
    [(SECRET, [SECRET]), ([SECRET, SECRET + "2"], [SECRET, SECRET + "2"]), ("", []), ([], [])],
    ids=["one", "two", "empty", "none"],
)
def test_one_secret_or_several_may_be_configured(given: object, kept: list[str]) -> None:
    config = Config.model_validate({"routing_key": KEY, "webhook_secret": given})
    assert [secret.get_secret_value() for secret in config.webhook_secret] == kept


@pytest.mark.parametrize(
    ("block", "sentence"),
    [
        ({"url": "https://ana:5ecret@events.example.org"}, "must hold no user and password"),
        ({"url": "events.example.org/5ecret"}, "must be the server's address"),
        (
            {"url": "https://events.pagerduty.com/v2/enqueue"},
            "must be the server's root, like https://events.pagerduty.com",
        ),
        ({"routing_key": "5ecret\n"}, "must be plain letters, digits and signs"),
        ({"routing_key": ""}, "must be the integration key"),
        ({"webhook_secret": "5ecret"}, "16 characters or more"),
        ({"webhook_secret": [SECRET, ""]}, "16 characters or more"),
        ({"webhook_secret": f"{SECRET} {SECRET}"}, "must be plain letters, digits and signs"),
        ({"webhook_secret": [SECRET] * 6}, "at most 5"),
        ({"severity": {"sev1": "5ecret"}}, "'critical', 'error', 'warning' or 'info'"),
        ({"routing_kye": "5ecret"}, "routing_kye"),
    ],
)
def test_a_wrong_block_is_refused_and_its_values_are_not_shown(block: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Config.model_validate({"routing_key": KEY, **block})
    assert sentence in str(caught.value)
    assert "5ecret" not in str(caught.value)


def test_no_secret_is_shown_by_its_block() -> None:
    shown = repr(Config.model_validate({"routing_key": KEY, "webhook_secret": SECRET}))
    assert [secret for secret in (KEY, SECRET) if secret in shown] == []
