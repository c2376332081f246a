"""Calendars of a bot that is configured, started, asked and checked as people do it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import bot.health.ready
import bot.refreshing
from bot.config import load
from bot.main import Klatsch
from bot.oncall.schedules import on_call
from bot.terminal.check import check
from tests.contract.servers.http import Answer, Trouble
from tests.contract.servers.ics import IcsServer
from tests.contract.servers.ntfy import NtfyServer
from tests.integration.served_bot import FIRING, bot_on
from tests.servers.klatsch import BASIC, paging, write_config
from tests.unit.calendar_texts import calendar
from tests.until import PATIENCE, until


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A start waits for its calendar and for the copy of it, and whoever asks after the bot for its database, however busy the machine is."""
    monkeypatch.setattr(bot.health.ready, "WITHIN", PATIENCE)
    monkeypatch.setattr(bot.refreshing, "RECALLED_WITHIN", PATIENCE)
    monkeypatch.setattr(bot.refreshing, "START_WITHIN", PATIENCE)
    monkeypatch.setattr(bot.refreshing, "START_AT_ALL_WITHIN", PATIENCE)


def today(summary: str) -> bytes:
    """That person is on call from yesterday for three days."""
    begin = datetime.now(UTC) - timedelta(days=1)
    return calendar(f"DTSTART:{begin:%Y%m%dT%H%M%SZ}\nDURATION:P3D\nSUMMARY:{summary}")


def sections(server: IcsServer) -> dict[str, Any]:
    block = {"type": "ics", "url": f"{server.url}/feed/secret-path/platform.ics", "every": "1m"}
    return {"oncall": {"schedules": {"platform": {"calendar": block}}}}


def who(klatsch: Klatsch) -> tuple[str, ...]:
    return on_call(klatsch.duty.roster.schedules["platform"], datetime.now(UTC))


async def test_a_bot_knows_its_calendar_from_its_start_and_over_restarts_without_it(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with IcsServer(today("Ana Ruiz")) as server:
        async with bot_on(tmp_path, database_url, **sections(server)) as served:
            assert who(served.klatsch) == ("ana",)
            assert (await served.get("/readyz")).json()["troubles"] == []
        monkeypatch.setattr(bot.refreshing, "START_WITHIN", 0.1)
        server.orders.extend([Trouble.HANG] * 20)
        async with bot_on(tmp_path, database_url, **sections(server)) as served:
            assert who(served.klatsch) == ("ana",)
            answer = await served.get("/readyz")
            (trouble,) = answer.json()["troubles"]
            assert answer.status_code == 200
            # After ten seconds the request itself is over, and that is told.
            assert re.match(r"the calendar of platform: no answer within (0 s of the start|10 s); its last ", trouble)
    assert "the calendar of platform: no answer within 0 s of the start; its last good copy is used" in caplog.text


async def test_whoever_is_in_the_calendar_is_paged_and_not_whose_turn_it_is(tmp_path: Path) -> None:
    async with IcsServer(today("Cem Kaya")) as server, NtfyServer() as phone:
        configured = paging(phone.url)
        configured["people"]["cem"] = {"name": "Cem Kaya", "ntfy": "cem-pages", "page": ["ntfy"]}
        schedule = sections(server)["oncall"]["schedules"]["platform"]
        schedule["rotation"] = {"people": ["ana"], "start": "2026-01-05T09:00"}
        steps = [{"page": "schedule:platform"}]
        configured["oncall"] = {"schedules": {"platform": schedule}, "policies": {"platform": {"steps": steps}}}
        async with bot_on(tmp_path, f"sqlite:///{tmp_path}/klatsch.db", **configured) as served:
            assert (await served.post(FIRING)).is_success
            await until(lambda: phone.published, "the page")
    assert [page["topic"] for page in phone.published] == ["cem-pages"]


async def test_a_terminal_knows_the_copy_and_asks_nobody(tmp_path: Path, database_url: str) -> None:
    async with IcsServer(today("Ana Ruiz")) as server:
        async with bot_on(tmp_path, database_url, **sections(server)):
            asked = len(server.requests)
        async with Klatsch(load(tmp_path / "config.yaml", {})).working() as klatsch:
            assert who(klatsch) == ("ana",)
        assert len(server.requests) == asked


@pytest.fixture
def checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """What a check says of the calendar, and of who is on call by it."""

    async def checked(server: IcsServer, **people: Any) -> list[str]:
        known = {"people": {**BASIC["people"], **people}}
        configured = sections(server)
        configured["oncall"]["policies"] = {"nights": {"steps": [{"page": "schedule:platform"}]}}
        path = write_config(tmp_path, f"sqlite:///{tmp_path}/klatsch.db", **configured, **known)
        await check(load(path, {}))
        lines = capsys.readouterr().out.splitlines()
        return [line for line in lines if " oncall." in line]

    return checked


async def test_a_check_reads_the_calendar_and_knows_who_is_on_call_by_it(checked: Any, tmp_path: Path) -> None:
    async with IcsServer(today("Ana Ruiz")) as server:
        lines = await checked(server)
    assert "ok       oncall.schedules.platform.calendar: 1 shift in the next 90 days" in lines
    assert "ok       oncall.schedules.platform: Ana Ruiz is on call now" in lines
    assert any("oncall.policies.nights: it asks only Ana Ruiz now" in line for line in lines)
    assert not (tmp_path / "klatsch.db").exists()


async def test_a_check_names_strangers_and_what_to_do(checked: Any) -> None:
    async with IcsServer(today("Zoe")) as server:
        lines = await checked(server)
        assert (
            "warning  oncall.schedules.platform.calendar: it has no shift of somebody we know in the next 90 days."
            in lines
        )
        assert (
            "warning  oncall.schedules.platform.calendar: the calendar of platform names `Zoe`, whom nobody under `people:` "
            "is: they are not paged. Write that name, or their id there under `ics`, at somebody's entry."
        ) in lines
        lines = await checked(server, cem={"name": "Cem Kaya", "ics": "zoe"})
    assert "ok       oncall.schedules.platform: Cem Kaya is on call now" in lines


async def test_a_check_names_a_calendar_that_is_away_and_the_copy_that_is_used(checked: Any, tmp_path: Path) -> None:
    async with IcsServer(today("Ana Ruiz")) as server:
        server.orders.append(Answer(500))
        (line, *_) = await checked(server)
        assert line == (
            "problem  oncall.schedules.platform.calendar: the calendar of platform: answered 500 Internal Server Error; "
            "there is no copy of it, so nobody is on call by it"
        )
        async with bot_on(tmp_path, f"sqlite:///{tmp_path}/klatsch.db", **sections(server)):
            pass
        server.orders.append(Answer(500))
        (line, *others) = await checked(server)
    assert line.endswith("answered 500 Internal Server Error; its last good copy is used, less than a minute old")
    assert "ok       oncall.schedules.platform: Ana Ruiz is on call now" in others


async def test_a_check_of_a_calendar_without_anything_says_why_that_may_be(checked: Any) -> None:
    async with IcsServer(today("Ana Ruiz").replace(b"SUMMARY", b"TRANSP:TRANSPARENT\r\nSUMMARY")) as server:
        lines = await checked(server)
    assert any("what is marked as free time counts only with `free: true`." in line for line in lines)
