"""An alert becomes an incident at PagerDuty, and what people do with it there is done here: with a bot that serves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.incident.model import Status
from tests.contract.servers.pagerduty import ANA, INTEGRATION, STRANGER, PagerDutyServer
from tests.integration.served_bot import FIRING, Bot, bot_on
from tests.servers.klatsch import BASIC, paging
from tests.until import until

KEY = "e93facc04764012d7bfb002500d5d1a6"
SECRET = "5ecret-of-the-webhook"


@pytest.fixture
async def pagerduty() -> AsyncIterator[PagerDutyServer]:
    async with PagerDutyServer(KEY, SECRET) as server:
        yield server


def sections(pagerduty: PagerDutyServer, public_url: str) -> dict[str, Any]:
    block = {"type": "pagerduty", "url": pagerduty.url, "routing_key": KEY, "webhook_secret": SECRET}
    told = paging("") | {"paging": {"rota": block}, "http": {**BASIC["http"], "public_url": public_url}}
    told["people"]["ana"] |= {"page": ["rota"], "pagerduty": ANA["id"]}
    return told


@pytest.mark.parametrize("public_url", ["https://klatsch.example.org", ""], ids=["with a public address", "without"])
async def test_whoever_answers_at_pagerduty_has_answered_here(
    public_url: str, pagerduty: PagerDutyServer, tmp_path: Path
) -> None:
    told = sections(pagerduty, public_url)
    async with bot_on(tmp_path, f"sqlite:///{tmp_path}/klatsch.db", **told) as bot:
        assert (await bot.post(FIRING)).status_code == 200
        await until(lambda: pagerduty.alerts, "the event")
        (key,) = pagerduty.alerts
        url = f"{bot.url}/paging/rota"

        assert await pagerduty.post(bot.client, url, "incident.acknowledged", key, INTEGRATION) == 200
        assert acknowledged_by(bot) == ""
        assert await pagerduty.post(bot.client, url, "incident.acknowledged", key, ANA) == 200
        assert acknowledged_by(bot) == "ana"
        assert await pagerduty.post(bot.client, url, "incident.resolved", key, STRANGER) == 200
        assert bot.klatsch.lookups.incident(1).status is Status.RESOLVED

        pagerduty.secrets = ("a-5ecret-of-somebody-else",)
        assert await pagerduty.post(bot.client, url, "incident.acknowledged", key, ANA) == 403


def acknowledged_by(bot: Bot) -> str:
    incident = bot.klatsch.lookups.incident(1)
    assert incident is not None
    return incident.paging.acknowledged_by if incident.paging else ""
