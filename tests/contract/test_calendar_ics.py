"""What only calendars in iCalendar files promise: nothing is fetched twice, files are files, and no file takes our time."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from zoneinfo import ZoneInfo

import pytest

from adapters.http import Http
from adapters.oncall import apart, ics
from bot.calendars import LARGEST, CalendarSource, Fetched
from bot.ports import Rejected, Unavailable
from tests.contract.calendars import ANAS_DAY, END, START, built
from tests.contract.servers.http import Answer
from tests.contract.servers.ics import IcsServer
from tests.unit.calendar_texts import VTIMEZONE, calendar
from tests.until import PATIENCE


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with Http(seconds=PATIENCE, trust_env=False) as http:
        yield http


async def fetched(source: CalendarSource, etag: str = "", modified: str = "") -> Fetched | None:
    return await source.fetch(etag, modified, START, END)


@pytest.mark.parametrize("dated", [False, True])
async def test_what_did_not_change_is_not_sent_again(http: Http, dated: bool) -> None:
    async with IcsServer(ANAS_DAY, dated=dated) as server:
        source = built("ics", http, url=f"{server.url}/feed/secret-path/platform.ics")
        first = await fetched(source)
        assert first is not None
        assert (first.body, bool(first.etag), bool(first.modified)) == (ANAS_DAY, not dated, dated)
        assert await fetched(source, first.etag, first.modified) is None
        server.body, server.changed = ANAS_DAY + b"\r\n", "Fri, 27 Nov 2026 10:00:00 GMT"
        second = await fetched(source, first.etag, first.modified)
        assert second is not None
        assert second.body == server.body
        assert server.spared == 1


async def test_an_etag_that_cannot_be_said_again_is_not(http: Http) -> None:
    """Else the calendar could never be asked for again, also after a restart."""
    async with IcsServer(ANAS_DAY) as server:
        source = built("ics", http, url=f"{server.url}/feed/secret-path/platform.ics")
        server.orders.append(Answer(200, ANAS_DAY, {"ETag": '"møde"'}))
        first = await fetched(source)
        assert first is not None
        assert first.etag == ""
        assert await fetched(source, first.etag, first.modified) is not None


async def test_a_disk_that_is_away_holds_no_thread_that_pages_need(http: Http, tmp_path: Path) -> None:
    file = tmp_path / "platform.ics"
    file.write_bytes(ANAS_DAY)
    shared, free = ThreadPoolExecutor(1), Event()
    asyncio.get_running_loop().set_default_executor(shared)
    busy = shared.submit(free.wait, 2 * PATIENCE)
    try:
        async with asyncio.timeout(PATIENCE):
            read = await fetched(built("ics", http, file=str(file)))
    finally:
        free.set()
    assert read is not None
    assert read.body == ANAS_DAY
    assert busy.result()


def test_whoever_reads_a_stranger_s_calendar_knows_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = tmp_path / "reader"
    reader.write_text('#!/bin/sh\ncat > /dev/null\necho "knows $KLATSCH_TOKEN and $PYTHONPATH" >&2\nexit 1\n')
    reader.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(reader))
    monkeypatch.setenv("KLATSCH_TOKEN", "geheim")
    with pytest.raises(Rejected, match="knows  and /"):
        apart.read_apart(ANAS_DAY, START, END, ZoneInfo("UTC"), free=False, provider="the calendar of platform")


async def test_who_asks_is_told_by_user_and_password(http: Http) -> None:
    async with IcsServer(ANAS_DAY, user="klatsch", password="geheim") as server:
        url = f"{server.url}/feed/secret-path/platform.ics?export"
        assert await fetched(built("ics", http, url=url, user="klatsch", password="geheim")) is not None
        with pytest.raises(Rejected, match="answered 401") as refused:
            await fetched(built("ics", http, url=url, user="klatsch", password="falsch-123"))
        assert not [secret for secret in ("falsch-123", "secret-path") if secret in refused.value.reason]


async def test_what_a_server_says_of_a_secret_address_is_not_shown(http: Http) -> None:
    async with IcsServer(ANAS_DAY) as server:
        said = b"no file at /feed/secret-path/gone.ics"
        server.orders.append(Answer(404, said, {"Content-Type": "text/plain"}))
        with pytest.raises(Rejected, match=r"answered 404 Not Found: no file at •••"):
            await fetched(built("ics", http, url=f"{server.url}/feed/secret-path/gone.ics"))


async def test_a_calendar_that_moved_is_not_followed_and_it_is_said_what_to_do(http: Http) -> None:
    async with IcsServer(ANAS_DAY) as server:
        server.orders.append(Answer(301, b"", {"Location": f"{server.url}/feed/secret-path/platform.ics"}))
        with pytest.raises(Rejected, match=rf"answered 301 Moved Permanently \({ics.MOVED}\)$"):
            await fetched(built("ics", http, url=f"{server.url}/old.ics"))
        assert len(server.requests) == 1


def test_another_address_is_another_place_and_another_password_is_not(http: Http) -> None:
    def place(url: str = "https://example.org/a.ics", **block: str) -> str:
        return built("ics", http, url=url, **block).place

    assert place(user="a", password="b") == place(user="a", password="c")
    assert place() != place(url="https://example.org/b.ics")
    assert place(url="webcal://example.org/a.ics") == place()


async def test_a_file_is_read_again_when_it_changed(http: Http, tmp_path: Path) -> None:
    file = tmp_path / "platform.ics"
    file.write_bytes(ANAS_DAY)
    source = built("ics", http, file=str(file))
    first = await fetched(source)
    assert first is not None
    assert await fetched(source, first.etag) is None
    file.write_bytes(ANAS_DAY + b"\r\n")
    second = await fetched(source, first.etag)
    assert second is not None
    assert second.body == ANAS_DAY + b"\r\n"


async def test_a_file_that_is_away_may_come_back_and_what_is_none_never_is(http: Http, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"cannot be read \(No such file or directory\); check .*\.file"):
        await fetched(built("ics", http, file=str(tmp_path / "gone.ics")))
    os.mkfifo(tmp_path / "pipe")
    for none in (tmp_path / "pipe", tmp_path):
        with pytest.raises(Rejected, match="is no file; check"):
            await fetched(built("ics", http, file=str(none)))
    large = tmp_path / "large.ics"
    with large.open("wb") as opened:
        opened.truncate(LARGEST + 1)
    with pytest.raises(Rejected, match="is larger than 10 MB"):
        await fetched(built("ics", http, file=str(large)))


# What strangers wrote is read apart


def never(count: int) -> bytes:
    """A library looks for the 30th of February until the year 9999."""
    return calendar(*["DTSTART:20260101T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"] * count)


async def test_a_day_that_never_comes_is_looked_for_no_longer_than_we_have_time(
    http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "CPU_SECONDS", 1)
    source = built("ics", http, url="https://example.org/a.ics")
    began = time.process_time()
    with pytest.raises(
        Rejected, match=r"takes more than 1 s to read; look for events that repeat very often, or never"
    ):
        source.shifts(never(50), START, END)
    # Not our own: that would hold up everybody else.
    assert time.process_time() - began < 1


async def test_a_machine_that_has_no_time_is_no_fault_of_the_calendar(
    http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "WITHIN", 0.01)
    with pytest.raises(Unavailable, match=r"could not be read within 0 s"):
        built("ics", http, url="https://example.org/a.ics").shifts(ANAS_DAY, START, END)


async def test_a_zone_of_one_calendar_is_not_the_zone_of_another(http: Http) -> None:
    source = built("ics", http, url="https://example.org/a.ics")
    event = "DTSTART;TZID=Our own:20261127T090000\nDURATION:PT1H\nSUMMARY:ana"
    berlin = calendar(event, head=VTIMEZONE.format(tzid="Our own"))
    elsewhere = berlin.replace(b"+0100", b"+0900").replace(b"+0200", b"+1000")
    assert [source.shifts(body, START, END)[0].start.hour for body in (berlin, elsewhere)] == [8, 0]


async def test_modules_are_not_looked_for_where_somebody_started_us(
    http: Http, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "icalendar.py").write_text("raise SystemExit('not that one')")
    monkeypatch.chdir(tmp_path)
    assert len(built("ics", http, url="https://example.org/a.ics").shifts(ANAS_DAY, START, END)) == 1


async def test_a_calendar_that_takes_all_memory_gets_only_its_own(http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "MEMORY", 45_000_000)
    attendees = "ATTENDEE;CN=Ana;PARTSTAT=ACCEPTED:mailto:ana@example.org\n" * 20_000
    body = calendar(f"DTSTART:20261127T090000Z\nDURATION:PT1H\nSUMMARY:ana\n{attendees}")
    with pytest.raises(Rejected, match=r"the calendar takes more than 45 MB to read$"):
        built("ics", http, url="https://example.org/a.ics").shifts(body, START, END)
