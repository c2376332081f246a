"""The weekly digest of a bot that serves: sent by itself when it is due, and as a page behind a link."""

from __future__ import annotations

import itertools
import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

import bot.learning.occasions
from adapters.chat.console import Config, build
from bot.coffee.weekly.gathered import Gathered
from bot.learning.learning import Shelf
from storage.engine import Database
from storage.memory import SqlMemory
from storage.tables import incident
from tests.clock import FakeClock
from tests.integration.served_bot import Bot, bot_on
from tests.until import until
from tests.weeks import monday

WEEK = timedelta(weeks=1)


def sections(folder: Path) -> dict[str, object]:
    """The digest came three days ago, whatever day it is, so that none comes due while a test runs."""
    cron = f"{datetime.now(UTC) - timedelta(days=3):%a} 09:00".lower()
    return {
        "chat": {"zone": "Europe/Berlin", "console": {"folder": str(folder / "rooms")}},
        "digest": {"zone": "Europe/Berlin", "cron": cron},
    }


async def until_said(bot: Bot) -> None:
    await until(lambda: not bot.klatsch.lookups.waiting(), "the end of all work")


async def test_what_is_due_when_the_bot_begins_is_posted_and_not_again_when_it_begins_again(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot.learning.occasions, "LOOKS_EVERY", 0.05)
    database, now = Database(database_url), datetime.now(UTC)
    memory = SqlMemory(database, FakeClock(now), "klatsch: occasions")
    await memory.keep({"weekly": json.dumps({"at": (now - 2 * WEEK).isoformat(), "came": True})})
    # The same for both, also when it is midnight in between.
    usual = sections(tmp_path)
    for _ in range(2):
        async with bot_on(tmp_path, database_url, **usual) as served:

            async def moved_on() -> bool:
                kept = json.loads(await memory.recall("weekly") or "{}")
                return datetime.fromisoformat(kept["at"]) > now - WEEK - timedelta(days=1)

            await until(moved_on, "the digest")
            await until_said(served)
    console = build("console", Config(folder=f"{tmp_path}/rooms"), clock=FakeClock(now))
    (message,) = [message for message in console.messages("incidents") if not message.thread]
    assert "quiet" in message.document.to_plain()
    console.close()
    database.close()


async def test_its_page_is_behind_the_link_and_holds_nothing_private(tmp_path: Path, database_url: str) -> None:
    async with bot_on(tmp_path, database_url, **sections(tmp_path)) as served:
        await served.says("open sev3 Volumes slow")
        await served.says("open private sev3 The payroll leaked page=none")
        (path,) = re.findall(r"/digests/\S+", await served.says("digest link"))
        page = await served.get(path)
        assert page.status_code == 200
        assert "Volumes slow" in page.text
        assert "payroll" not in page.text
        assert "Störung" in (await served.get(f"{path}?lang=de")).text
        assert (await served.get(f"{path[:-2]}xx")).status_code == 404


async def test_a_link_that_was_cut_off_is_a_page_to_a_person_and_json_to_a_program(
    tmp_path: Path, database_url: str
) -> None:
    async with bot_on(tmp_path, database_url, **sections(tmp_path)) as served:
        for path in ("/digests/x", "/coffee.ics?token=x", "/oncall/platform.ics?token=x"):
            page = await served.client.get(f"{served.url}{path}", headers={"Accept": "text/html,*/*;q=0.8"})
            told = await served.get(path)
            assert (page.status_code, told.status_code) == (404, 404)
            assert "<h1>There is nothing here</h1>" in page.text
            assert "in chat shows the" in told.json()["error"]


async def test_the_page_leads_to_the_weeks_since_the_first_incident(tmp_path: Path, database_url: str) -> None:
    async with bot_on(tmp_path, database_url, **sections(tmp_path)) as served:
        shelf = Shelf(served.klatsch.learning, served.klatsch.lookups)
        now = datetime.now(UTC)
        assert list(shelf.past("", now)) == []
        await served.says("open sev3 Volumes slow")
        assert list(shelf.past("", datetime.now(UTC))) == []
        past = list(shelf.past("", now + 60 * WEEK))
        assert len(past) == 26
        assert all(newer[0] == older[1] for newer, older in itertools.pairwise(past))
        assert {(end - start) // timedelta(hours=1) for start, end in past} <= {167, 168, 169}
        assert list(shelf.past("nobody", now + 60 * WEEK)) == []
        # It may be one that a newer release wrote.
        with served.klatsch.database.write() as connection:
            connection.execute(update(incident).values(body="{}"))
        assert list(shelf.past("", now + 60 * WEEK)) == past
        assert shelf.language("nobody") == shelf.language("") == "en"


async def test_a_digest_knows_the_days_off_that_are_configured(tmp_path: Path, database_url: str) -> None:
    holidays = {"digest": {"zone": "Europe/Berlin", "cron": "mon 09:00", "holidays": ["2026-11-18", "2026-11-25"]}}
    async with bot_on(tmp_path, database_url, **{**sections(tmp_path), **holidays}) as served:
        digests = served.klatsch.learning.digests
        week = Gathered(monday("2026-11-16"), monday("2026-11-23"))
        assert digests._free(digests.weeklies[""], week) == {date(2026, 11, 18)}
