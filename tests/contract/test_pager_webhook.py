"""What only the webhook promises, beside the suite of all pagers: what docs/paging.md says of it."""

import hashlib
import hmac
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from adapters.http import Http
from adapters.paging.webhook import Config, Webhook
from bot.ports import Attempt, Rejected, Unavailable
from tests.clock import FakeClock
from tests.contract.pagers_push import SIGNING
from tests.contract.paging import SECRET, ana
from tests.contract.servers.http import Answer
from tests.contract.servers.webhook import FIELDS, FRESH, WebhookServer
from tests.contract.statuses import REFUSALS
from tests.contract.test_pagers import ACK, FIRST, ROOM, RUNBOOK, page

DOCS = Path(__file__).parents[2] / "docs" / "paging.md"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def server(clock: FakeClock) -> AsyncIterator[WebhookServer]:
    async with WebhookServer(SECRET, SIGNING, clock.now) as server:
        yield server


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with Http(trust_env=False) as http:
        yield http


def pager(server: WebhookServer, http: Http, **block: Any) -> Webhook:
    given = {"url": f"{server.url}/hooks/klatsch", "token": SECRET, "secret": SIGNING, **block}
    return Webhook("duty", Config.model_validate(given), http, server.now)


async def test_the_body_says_everything_about_the_page(server: WebhookServer, http: Http) -> None:
    receipt = await pager(server, http).trigger(FIRST, page(key="INC-7:ana", text="down", runbook_url=RUNBOOK))
    assert receipt == "page-1"
    assert json.loads(server.requests[0].body) == {
        "event": "page",
        "key": "INC-7:ana",
        "ref": "INC-7",
        "title": "nova API is down",
        "severity": "sev1",
        "opened_at": "2026-11-02T03:00:00+00:00",
        "headline": "SEV1 INC-7: nova API is down",
        "text": "down",
        "person": {"id": "ana", "name": "Ana Ruiz", "email": "ana@example.org", "phone": "+49301234567"},
        "ack_url": ACK,
        "how_to_acknowledge": 'To acknowledge, type "ack INC-7" to the bot in chat, or run: klatsch say "ack INC-7"',
        "room_url": ROOM,
        "runbook_url": RUNBOOK,
    }


def test_every_field_is_in_the_docs() -> None:
    (table,) = re.findall(r"^\| Field \| What it is \|\n(.*?)\n\n", DOCS.read_text(), re.MULTILINE | re.DOTALL)
    named = {name for row in re.findall(r"^\| (.*?) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    assert named == {*FIELDS, "by"}


def test_the_check_of_the_signature_in_the_docs_takes_a_true_one_and_no_other() -> None:
    (example,) = re.findall(r"^```python\n(.*?)^```$", DOCS.read_text(), re.MULTILINE | re.DOTALL)
    written: dict[str, Any] = {}
    exec(example, written)
    body, now = b'{"event": "page"}', 1793592000
    good = hmac.new(SIGNING.encode(), f"{now}.".encode() + body, hashlib.sha256).hexdigest()
    ours = written["from_klatsch"]
    assert ours(SIGNING, body, str(now), f"v1={good}", now + 299)
    assert not ours(SIGNING, body, str(now), f"v1={good}", now + 301)
    assert not ours(SIGNING, body, str(now + 1), f"v1={good}", now)
    assert not ours(SIGNING, body + b" ", str(now), f"v1={good}", now)
    assert not ours("another", body, str(now), f"v1={good}", now)


@pytest.mark.parametrize("phone", ["", "030 1234567", "+1 800 FLOWERS"])
async def test_a_telephone_that_nobody_can_dial_is_left_empty(phone: str, server: WebhookServer, http: Http) -> None:
    await pager(server, http).trigger(FIRST, page(person=ana(options={"phone": phone})))
    assert server.taken[0]["person"]["phone"] == ""


async def test_a_signature_is_of_this_body_at_this_time(server: WebhookServer, clock: FakeClock, http: Http) -> None:
    hook = pager(server, http)
    await hook.trigger(FIRST, page())
    clock.forward(days=3)
    await hook.trigger(Attempt("7.13.0"), page())
    first, second = (request.headers["x-klatsch-timestamp"] for request in server.requests)
    assert int(second) - int(first) == 3 * 24 * 3600
    assert len(server.taken) == 2


async def test_what_was_recorded_cannot_be_played_again_later(
    server: WebhookServer, clock: FakeClock, http: Http
) -> None:
    await pager(server, http).trigger(FIRST, page())
    recorded = server.requests[0]
    clock.forward(seconds=FRESH + 1)
    again = await http.request(
        "POST",
        f"{server.url}/hooks/klatsch",
        provider="eve",
        headers={name: text for name, text in recorded.headers.items() if name not in ("host", "content-length")},
        content=recorded.body,
        ok=(403,),
    )
    assert again.status_code == 403


@pytest.mark.parametrize("secret", ["", "an0ther-secret-that-is-long"])
async def test_a_receiver_that_wants_another_signature_is_told_by_the_keys(
    secret: str, server: WebhookServer, http: Http
) -> None:
    with pytest.raises(Rejected, match=r"403 .*check paging\.duty\.token, paging\.duty\.headers and paging\.duty\.sec"):
        await pager(server, http, secret=secret).trigger(FIRST, page())


async def test_without_a_secret_nothing_is_signed(server: WebhookServer, http: Http) -> None:
    server.secret = ""
    await pager(server, http, secret="").trigger(FIRST, page())
    assert [name for name in server.requests[0].headers if name.startswith("x-klatsch")] == []
    assert len(server.taken) == 1


async def test_further_headers_travel_along_and_are_as_secret_as_the_address(server: WebhookServer, http: Http) -> None:
    hook = pager(
        server,
        http,
        url=f"{server.url}/hooks/5ecret-path?key=5ecret-key",
        headers={"X-Api": "5ecret api", "X-Env": "1"},
    )
    echo = "POST /hooks/5ecret-path?key=5ecret-key 5ecret api was refused 1 time"
    server.orders.append(Answer.of({"error": echo}, 422))
    with pytest.raises(Rejected) as caught:
        await hook.trigger(FIRST, page())
    headers = server.requests[0].headers
    assert (headers["x-api"], headers["x-env"]) == ("5ecret api", "1")
    assert "was refused 1 time" in caught.value.reason
    assert "5ecret" not in caught.value.reason


async def test_that_somebody_has_it_and_that_it_is_over_is_told_where_that_is_asked_for(
    server: WebhookServer, http: Http
) -> None:
    hook = pager(server, http, tell=["acknowledged", "resolved"])
    await hook.acknowledge(Attempt("7.44.0"), page(), "Ben\nWeiss")
    await hook.resolve(Attempt("7.45.0"), page())
    assert [(event["event"], event.get("by"), event["key"]) for event in server.taken] == [
        ("acknowledged", "Ben Weiss", "7.12.0"),
        ("resolved", None, "7.12.0"),
    ]
    assert len({event["mark"] for event in server.taken}) == 2


@pytest.mark.parametrize("tell", [[], ["resolved"], ["acknowledged"]])
async def test_what_is_not_asked_for_is_not_told(tell: list[str], server: WebhookServer, http: Http) -> None:
    hook = pager(server, http, tell=tell)
    await hook.acknowledge(FIRST, page(), "Ben Weiss")
    await hook.resolve(FIRST, page())
    assert [event["event"] for event in server.taken] == tell


async def test_every_status_has_its_verdict(server: WebhookServer, http: Http) -> None:
    hook, verdicts = pager(server, http), {}
    for status in REFUSALS:
        server.orders.append(Answer(status))
        with pytest.raises((Rejected, Unavailable)) as caught:
            await hook.trigger(FIRST, page())
        verdicts[status] = caught.type
    assert verdicts == REFUSALS


@pytest.mark.parametrize(
    ("answer", "receipt"),
    [
        (Answer.of({"id": 7}), "7"),
        (Answer.of({"id": "a\n\x1b[31mb"}), "a [31mb"),
        (Answer.of({"id": "x" * 200}), "x" * 99 + "…"),
        (Answer.of({"id": ["x"]}), ""),
        (Answer.of("ok"), ""),
        (Answer(204), ""),
        (Answer(299, b"x" * 1_000_001), ""),
    ],
)
async def test_any_yes_is_a_page_that_went_out(answer: Answer, receipt: str, server: WebhookServer, http: Http) -> None:
    server.orders.append(answer)
    assert await pager(server, http).trigger(FIRST, page()) == receipt


@pytest.mark.parametrize(
    ("block", "sentence"),
    [
        ({"url": "pager.example.org/5ecret"}, "must be a whole address"),
        ({"url": "https://[5ecret"}, "must be a whole address"),
        ({"url": "https://x.example.org/5ecret path"}, "must be a whole address"),
        ({"url": "https://ana:5ecret@x.example.org/"}, "must hold no user and password"),
        ({"url": "https://x.example.org/#5ecret"}, "must end before #"),
        ({"token": "5ecret 5ecret"}, "must be plain letters, digits and signs"),
        ({"secret": "5ecret"}, "must have at least 16 characters"),
        ({"headers": {"X Y": "5ecret"}}, "must be names of letters, digits and -"),
        ({"headers": {"X-Y": "5ecret\r\nX-Z: 1"}}, "must be names of letters, digits and -"),
        ({"headers": {"X-Y": "5écret"}}, "must be names of letters, digits and -"),
        ({"headers": {"Idempotency-key": "5ecret"}}, "must leave Idempotency-key to Klatsch"),
        ({"headers": {"X-Y": "5ecret", "x-y": "5ecret"}}, "must hold each name once"),
        ({"headers": {f"X-{n}": "5ecret" for n in range(21)}}, "at most 20"),
        ({"headers": {"authorization": "Basic 5ecret"}, "token": "5ecret"}, "write it once"),
        ({"tell": ["over"]}, "'acknowledged' or 'resolved'"),
        ({"urll": "5ecret"}, "urll"),
    ],
)
def test_a_wrong_block_is_refused_and_its_values_are_not_shown(block: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Config.model_validate({"url": "https://pager.example.org/hooks/klatsch", **block})
    assert sentence in str(caught.value)
    assert "5ecret" not in str(caught.value)


def test_nothing_secret_is_shown_by_its_block() -> None:
    block = {
        "url": "https://x.example.org/5ecret",
        "token": "5ecret",
        "secret": "5ecret" * 4,
        "headers": {"X": "5ecret"},
    }
    assert "5ecret" not in repr(Config.model_validate(block))
