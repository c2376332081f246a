"""What people answer at PagerDuty, told by a webhook to an app that has the real rules and a real database behind it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest

import adapters.paging.pagerduty_answers as answers_module
from adapters.http import Http
from adapters.paging.pagerduty import Config, PagerDuty
from adapters.paging.pagerduty_answers import SIGNATURES, Answer, answer_in, signed
from adapters.paging.services import dedup_key
from bot.answered import Answered
from bot.answering import NoSuchLink
from bot.inbox import Writer
from bot.incident import events as e
from bot.incident.model import Incident, Status
from bot.store import StoreUnavailable
from storage.engine import Database
from tests.contract.servers.pagerduty import ANA, INTEGRATION, STRANGER, PagerDutyServer, signature
from tests.contract.test_inbox import Failing
from tests.contract.test_pagers import page
from tests.world import PEOPLE, World

ADDRESS = "https://klatsch.example.org/paging/phones"
SECRET, NEW_SECRET = "5ecret-of-the-webhook", "the-next-5ecret-of-it"
KNOWN = {**PEOPLE, "ana": replace(PEOPLE["ana"], options={"pagerduty": "pana7q1"})}
ACKNOWLEDGED, RESOLVED = "incident.acknowledged", "incident.resolved"


def key_of(number: int, address: str = ADDRESS) -> str:
    """The key of the alert that was opened for an incident."""
    return dedup_key(page(key=f"INC-{number}:pager:phones", ref=f"INC-{number}", answer_url=address))


def whose(token: str) -> tuple[int, str]:
    raise NoSuchLink(token)


@dataclass
class Here:
    """The bot with one incident that is being paged for, and PagerDuty's side of it."""

    world: World
    client: httpx.AsyncClient
    pagerduty: PagerDutyServer

    async def told(self, kind: str, key: str | None, agent: object = ANA, **more: object) -> httpx.Response:
        body, headers = self.pagerduty.webhook(kind, key, agent, **more)
        return await self.client.post(ADDRESS, content=body, headers=headers)

    def incident(self) -> Incident:
        incident = self.world.lookups.incident(1)
        assert incident is not None
        return incident

    @property
    def by(self) -> str:
        paging = self.incident().paging
        return paging.acknowledged_by if paging else ""

    def events(self) -> list[e.Event]:
        return [recorded.event for recorded in self.world.lookups.history(1)]


@asynccontextmanager
async def hearing(world: World, *, store: object = None, runs: bool = True) -> AsyncIterator[Here]:
    writer = Writer(store or world.store, world.rules)
    task = asyncio.create_task(writer.run()) if runs else None
    async with Http(trust_env=False) as http:
        config = Config.model_validate({"routing_key": "e" * 32, "webhook_secret": [SECRET, NEW_SECRET]})
        app = PagerDuty("phones", config, http).answered(Answered(writer, KNOWN, whose, "UTC"), ADDRESS)[""]
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
            yield Here(world, client, PagerDutyServer("e" * 32, SECRET))
    if task:
        writer.stop()
        await task


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """On SQLite alone: what is stored is the core's."""
    world = World(Database(f"sqlite:///{tmp_path}/klatsch.db"))
    yield world
    world.close()


@pytest.fixture
async def here(world: World) -> AsyncIterator[Here]:
    world.opened("nova API is down", page="policy:platform")
    async with hearing(world) as here:
        yield here


# The signature.

VECTOR = b'{"receiver":"r","status":"firing"}'
MADE = "v1=d62add0f3f1c349a6b7d1069439da2743c306af19796b8e3b42b48b0bbf69159"


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param([MADE], id="one"),
        pytest.param([f"v1={'0' * 64},{MADE}"], id="one of two"),
        pytest.param([f"{MADE}, v2=abc"], id="another version beside it"),
        pytest.param([f"v1={'0' * 64}", MADE], id="in a header of its own"),
    ],
)
@pytest.mark.parametrize("secrets", [["s3cr3t"], ["another", "s3cr3t"]], ids=["a secret", "one of two secrets"])
def test_a_signature_that_was_made_with_a_secret_of_ours_is_taken(headers: list[str], secrets: list[str]) -> None:
    assert signed(VECTOR, headers, secrets)


@pytest.mark.parametrize(
    ("body", "headers", "secrets"),
    [
        pytest.param(VECTOR, [], ["s3cr3t"], id="none"),
        pytest.param(VECTOR, [""], ["s3cr3t"], id="empty"),
        pytest.param(VECTOR + b" ", [MADE], ["s3cr3t"], id="another body"),
        pytest.param(VECTOR, [MADE], ["s3cr3t "], id="another secret"),
        pytest.param(VECTOR, [MADE], [], id="no secret"),
        pytest.param(VECTOR, [MADE.replace("v1", "v0")], ["s3cr3t"], id="another version"),
        pytest.param(VECTOR, [MADE.removeprefix("v1=")], ["s3cr3t"], id="no version"),
        pytest.param(VECTOR, [MADE[:-1]], ["s3cr3t"], id="cut off"),
        pytest.param(VECTOR, ["v1=\xe4\xf6\u2028"], ["s3cr3t"], id="letters beyond ASCII"),
        pytest.param(VECTOR, ["v1=0," * SIGNATURES + MADE], ["s3cr3t"], id="more than anybody sends"),
    ],
)
def test_any_other_signature_is_none(body: bytes, headers: list[str], secrets: list[str]) -> None:
    assert not signed(body, headers, secrets)


@pytest.mark.parametrize("shown", [None, "v1=" + "0" * 64, signature("a-5ecret-of-theirs", b"{}")])
async def test_a_forged_webhook_is_refused_and_does_nothing(
    shown: str | None, here: Here, caplog: pytest.LogCaptureFixture
) -> None:
    body, headers = here.pagerduty.webhook(ACKNOWLEDGED, key_of(1))
    headers = {name: value for name, value in headers.items() if name != "X-PagerDuty-Signature"}
    answer = await here.client.post(
        ADDRESS, content=body, headers={**headers, **({"X-PagerDuty-Signature": shown} if shown else {})}
    )
    assert answer.status_code == 403
    assert here.by == ""
    assert "check paging.phones.webhook_secret" in caplog.text
    assert "5ecret" not in caplog.text + answer.text


async def test_while_a_secret_is_replaced_both_are_taken(here: Here) -> None:
    for secrets in ([SECRET], ["unknown-to-us", NEW_SECRET]):
        here.pagerduty.secrets = tuple(secrets)
        assert (await here.told("pagey.ping", None)).status_code == 200


async def test_without_a_secret_nothing_is_heard() -> None:
    async with Http(trust_env=False) as http:
        pager = PagerDuty("phones", Config(routing_key="e" * 32), http)
        assert pager.answered(Answered(None, KNOWN, whose, "UTC"), ADDRESS) == {}


# Who answered.


@pytest.mark.parametrize(
    ("agent", "by"),
    [
        (ANA, "ana"),
        ({**STRANGER, "email": "BEN@example.org"}, "ben"),
        (STRANGER, "phones:Zed Stranger"),
        (
            {**STRANGER, "type": "user", "summary": "Zed\n\x1b[31mStranger " + "x" * 500},
            f"phones:Zed [31mStranger {'x' * 82}…",
        ),
        ({"type": "user_reference", "id": "PZED0X9"}, "phones:PZED0X9"),
        ({"type": "user_reference"}, "phones:somebody"),
    ],
    ids=["by id", "by mail", "unknown", "a name that paints", "without a name", "without anything"],
)
async def test_whoever_acknowledges_there_has_it_here(agent: object, by: str, here: Here) -> None:
    answer = await here.told(ACKNOWLEDGED, key_of(1), agent)
    assert (answer.status_code, here.by) == (200, by)
    assert "You have INC-1" in answer.json()["status"]
    (event,) = [event for event in here.events() if isinstance(event, e.PageAcknowledged)]
    assert event.via == "phones"


async def test_an_answer_that_comes_again_is_taken_once_whatever_its_unsigned_id_is(here: Here) -> None:
    body, headers = here.pagerduty.webhook(ACKNOWLEDGED, key_of(1))
    await here.client.post(ADDRESS, content=body, headers=headers)
    before = here.events()
    for id in (headers["X-Webhook-Id"], "another-one"):
        again = await here.client.post(ADDRESS, content=body, headers={**headers, "X-Webhook-Id": id})
        assert again.json() == {"status": "This answer was taken already."}
    assert here.events() == before


async def test_the_second_one_to_acknowledge_is_told_who_was_first(here: Here) -> None:
    await here.told(ACKNOWLEDGED, key_of(1), STRANGER)
    answer = await here.told(ACKNOWLEDGED, key_of(1), ANA)
    assert here.by == "phones:Zed Stranger"
    assert "has INC-1 already" in answer.json()["status"]


async def test_whoever_resolves_there_resolves_here(here: Here) -> None:
    answer = await here.told(RESOLVED, key_of(1))
    assert answer.json() == {"status": "INC-1 is resolved."}
    assert here.incident().status is Status.RESOLVED


# What is none of our business: PagerDuty gets a yes, for after a few refusals it stops for a day.


@pytest.mark.parametrize(
    ("kind", "key", "agent"),
    [
        pytest.param(ACKNOWLEDGED, key_of(1), INTEGRATION, id="acknowledged by us"),
        pytest.param(RESOLVED, key_of(1), INTEGRATION, id="resolved by us"),
        pytest.param(RESOLVED, key_of(1), None, id="by nobody"),
        pytest.param(RESOLVED, key_of(1), {"type": "service_reference", "id": "PSERV1C"}, id="by a rule"),
        pytest.param(RESOLVED, key_of(1), "Ana Ruiz", id="by a word"),
        *(
            pytest.param(f"incident.{kind}", key_of(1), ANA, id=kind)
            for kind in (
                "triggered",
                "unacknowledged",
                "reopened",
                "reassigned",
                "escalated",
                "annotated",
                "responder.added",
            )
        ),
        pytest.param("pagey.ping", None, ANA, id="a test of the webhook"),
        pytest.param(ACKNOWLEDGED, None, ANA, id="no key"),
        pytest.param(ACKNOWLEDGED, "srv01/HTTP", ANA, id="another tool's key"),
        pytest.param(ACKNOWLEDGED, key_of(1, "https://staging.example.org/paging/phones"), ANA, id="another bot's key"),
        pytest.param(ACKNOWLEDGED, key_of(1) + "0", ANA, id="nearly a key"),
        pytest.param(ACKNOWLEDGED, key_of(1).replace("inc-1", "inc-01"), ANA, id="an odd number"),
    ],
)
def test_what_is_none_of_our_business_is_told_in_words(kind: str, key: str | None, agent: object) -> None:
    body, _ = PagerDutyServer("e" * 32).webhook(kind, key, agent)
    why = answer_in(body, ADDRESS)
    assert isinstance(why, str)
    assert why.startswith(f"{kind} ")


async def test_pagerduty_gets_a_yes_for_it_and_nothing_is_done(here: Here, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    before = here.events()
    for kind, key, agent in (
        ("pagey.ping", None, ANA),
        (RESOLVED, key_of(1), INTEGRATION),
        (ACKNOWLEDGED, "srv01", ANA),
    ):
        answer = await here.told(kind, key, agent)
        assert (answer.status_code, answer.json()) == (200, {"status": "ignored"})
        assert f"phones: a webhook was left alone: {kind} " in caplog.text
    assert here.events() == before


def test_an_incident_that_is_merged_into_another_one_there_is_not_over() -> None:
    data = {"incident_key": key_of(1), "resolve_reason": {"type": "merge_resolve_reason", "incident": {"id": "Q2"}}}
    body, _ = PagerDutyServer("e" * 32).webhook(RESOLVED, key_of(1), data=data)
    assert answer_in(body, ADDRESS) == f"{RESOLVED} is only that PagerDuty merged it into another incident"


async def test_an_incident_that_is_not_in_the_database_is_said_not_to_be(here: Here) -> None:
    for kind in (ACKNOWLEDGED, RESOLVED):
        answer = await here.told(kind, key_of(99))
        assert (answer.status_code, "INC-99" in answer.json()["status"]) == (200, True)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"[" * 100_000,
        b"[]",
        b"null",
        b'{"event": []}',
        b'{"event": {"event_type": 7, "agent": 7, "data": 7}}',
        json.dumps({"event": {"event_type": ACKNOWLEDGED, "agent": {"type": ["user"]}, "data": {}}}).encode(),
        json.dumps({"event": {"event_type": ACKNOWLEDGED, "agent": ANA, "data": {"incident_key": {"a": 1}}}}).encode(),
        json.dumps({"event": {"event_type": ACKNOWLEDGED, "agent": ANA, "data": "x" * 100_000}}).encode(),
    ],
    ids=[
        "empty",
        "no text",
        "deep",
        "a list",
        "null",
        "no event",
        "numbers",
        "a list for a word",
        "an object for a key",
        "no data",
    ],
)
def test_what_is_signed_and_makes_no_sense_is_told_in_words(body: bytes) -> None:
    assert isinstance(answer_in(body, ADDRESS), str)


@pytest.mark.parametrize("id", [None, 7, "", "x" * 101, "a\nb"])
def test_an_event_whose_id_is_none_is_known_by_its_body(id: object) -> None:
    body, _ = PagerDutyServer("e" * 32).webhook(ACKNOWLEDGED, key_of(7), id=id)
    assert answer_in(body, ADDRESS) == Answer(7, False, "PANA7Q1", "", "Ana Ruiz", hashlib.sha256(body).hexdigest())


# When nothing can be stored: it comes again.


async def test_an_answer_that_cannot_be_stored_comes_again_and_is_taken_then(world: World) -> None:
    world.opened("nova API is down", page="policy:platform")
    async with hearing(world, store=Failing(world, StoreUnavailable("the disk is full"))) as here:
        body, headers = here.pagerduty.webhook(ACKNOWLEDGED, key_of(1))
        first = await here.client.post(ADDRESS, content=body, headers=headers)
        assert (first.status_code, first.headers["Retry-After"], here.by) == (503, "5", "")
        assert (await here.client.post(ADDRESS, content=body, headers=headers)).status_code == 200
        assert here.by == "ana"


async def test_a_database_that_takes_too_long_is_not_waited_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers_module, "ANSWERED_WITHIN", 0.01)
    async with hearing(world, runs=False) as here:
        assert (await here.told(ACKNOWLEDGED, key_of(1))).status_code == 503


def test_pagerduty_is_answered_before_it_gives_up() -> None:
    assert answers_module.ANSWERED_WITHIN < 5
