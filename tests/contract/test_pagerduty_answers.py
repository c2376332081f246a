"""What people answer at PagerDuty, told by a webhook to an app that has the real rules and a real database behind it."""

from __future__ import annotations

import asyncio
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
from bot.answered import Answered
from bot.answering import NoSuchLink
from bot.inbox import Writer
from bot.incident import events as e
from bot.incident.model import Incident, Status
from bot.store import StoreUnavailable
from storage.engine import Database
from tests.contract.servers.pagerduty import ANA, INTEGRATION, STRANGER, PagerDutyServer, signature
from tests.contract.test_inbox import Failing
from tests.unit.test_pagerduty_webhooks import ACKNOWLEDGED, ADDRESS, RESOLVED, key_of
from tests.world import PEOPLE, World

SECRET, NEW_SECRET = "5ecret-of-the-webhook", "the-next-5ecret-of-it"
KNOWN = {**PEOPLE, "ana": replace(PEOPLE["ana"], options={"pagerduty": "pana7q1"})}


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


async def test_an_incident_that_is_not_in_the_database_is_said_not_to_be(here: Here) -> None:
    for kind in (ACKNOWLEDGED, RESOLVED):
        answer = await here.told(kind, key_of(99))
        assert (answer.status_code, "INC-99" in answer.json()["status"]) == (200, True)


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
