"""What the served bot tells of itself: alive, ready, and its numbers, also while its database is gone."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

import adapters.web.acknowledge
import adapters.web.machines
import bot.health.ready
import bot.inbox
import storage.engine
from adapters.chat.console import Config as ConsoleConfig
from adapters.chat.console import ConsolePlatform
from adapters.chat.console.screen import SilentScreen
from adapters.clock import SystemClock
from bot.config import load
from bot.main import Klatsch
from bot.ports import Inbox, Rejected
from bot.store import StoreUnavailable
from storage.engine import Database
from storage.memory import SqlMemory
from tests.contract.servers.ntfy import NtfyServer
from tests.integration.served_bot import FIRING, Bot, a_message, an_alert, bot_on, unwritable
from tests.servers.klatsch import paging, write_config
from tests.servers.stoppable import StoppablePostgres, stoppable_postgres
from tests.until import PATIENCE, until

# Health and numbers


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """`/readyz` waits for a look at the database that a busy machine has not come to yet; how soon it answers without is asked below."""
    monkeypatch.setattr(bot.health.ready, "WITHIN", PATIENCE)


async def numbers(bot_: Bot) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    answer = await bot_.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def test_metrics_hold_the_backlog_and_nothing_of_what_alerts_say(tmp_path: Path, database_url: str) -> None:
    async with bot_on(tmp_path, database_url, **paging("http://127.0.0.1:9")) as bot_:
        await bot_.post(a_message(an_alert(labels={"severity": "critical", "az": "secret-az"})))
        await bot_.post(b"{")
        await bot_.post(FIRING, headers={})
        held = await numbers(bot_)
        assert held["klatsch_database_up", ()] == 1
        assert held["klatsch_inbox_waiting", ()] == 0
        assert held["klatsch_outbox_waiting", (("kind", "send_page"),)] == 1
        assert held["klatsch_outbox_oldest_seconds", (("kind", "send_page"),)] >= 0
        assert held["klatsch_alerts_received_total", (("source", "prometheus"),)] == 1
        for code, count in (("200", 1), ("400", 1), ("401", 1)):
            assert held["klatsch_alert_requests_total", (("code", code), ("source", "prometheus"))] == count
        assert "secret-az" not in (await bot_.get("/metrics")).text


async def test_alerts_that_were_turned_away_are_not_counted_as_received(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot.inbox, "QUEUE", 0)
    async with bot_on(tmp_path, f"sqlite:///{tmp_path}/klatsch.db") as bot_:
        assert (await bot_.post(FIRING)).status_code == 503
        held = await numbers(bot_)
        assert ("klatsch_alerts_received_total", (("source", "prometheus"),)) not in held
        assert held["klatsch_alert_requests_total", (("code", "503"), ("source", "prometheus"))] == 1


@pytest.mark.usefixtures("patient")
async def test_a_chat_that_cannot_be_heard_is_a_number_and_the_bot_serves_on(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    listening = ("klatsch_chat_listening", (("platform", "console"),))
    rooms = {"chat": {"console": {"folder": str(tmp_path / "rooms")}}}

    async def is_heard(bot_: Bot) -> bool:
        return (await numbers(bot_))[listening] == 1

    async with bot_on(tmp_path, database_url, **rooms) as bot_:
        await until(lambda: is_heard(bot_), "the chat being heard")

    async def refused(_platform: ConsolePlatform, _inbox: Inbox) -> None:
        raise Rejected("The token is refused.")

    monkeypatch.setattr(ConsolePlatform, "listen", refused)
    async with bot_on(tmp_path, database_url, **rooms) as bot_:
        await until(lambda: "The token is refused." in caplog.text, "a word about it")
        assert (await numbers(bot_))[listening] == 0
        ready = await bot_.get("/readyz")
        troubles = ["console is not heard: The token is refused. (somebody must look)"]
        assert (ready.status_code, ready.json()) == (200, {"status": "ready", "problems": [], "troubles": troubles})
        assert (await bot_.post(FIRING)).status_code == 200


class Deaf(ConsolePlatform):
    """Its token was taken away."""

    async def listen(self, inbox: Inbox) -> None:
        raise Rejected("token_revoked")


async def test_a_platform_that_is_not_heard_is_told_on_the_other_one(tmp_path: Path, database_url: str) -> None:
    clock = SystemClock()
    platforms = {
        name: cls(name, ConsoleConfig(folder=tmp_path / name), clock, SilentScreen(), None, {})
        for name, cls in {"slack": Deaf, "console": ConsolePlatform}.items()
    }
    config = load(write_config(tmp_path, database_url), {})

    def told() -> str:
        return "".join(message.document.to_plain() for message in platforms["console"].messages("incidents"))

    for _ in range(2):
        async with Klatsch(config, clock=clock, platforms=platforms).running():
            await until(told, "the message")
    assert told().count("The bot does not hear Slack since") == 1
    assert "token_revoked" in told()
    assert platforms["slack"].messages("incidents") == ()
    for platform in platforms.values():
        platform.close()


@pytest.mark.usefixtures("patient")
async def test_ready_says_so(bot_: Bot) -> None:
    assert (await bot_.get("/healthz")).json() == {"status": "ok"}
    answer = await bot_.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "problems": [], "troubles": []})


@pytest.mark.usefixtures("patient")
async def test_a_digest_that_nobody_got_is_among_the_troubles_also_after_a_restart(
    tmp_path: Path, database_url: str
) -> None:
    async with bot_on(tmp_path, database_url) as bot_:
        memory = SqlMemory(bot_.klatsch.database, bot_.klatsch.clock, "klatsch: undelivered")
        await memory.keep({"weekly::slack:": "The weekly digest did not get to slack."})
    async with bot_on(tmp_path, database_url) as bot_:
        answer = (await bot_.get("/readyz")).json()
    assert (answer["status"], answer["troubles"]) == ("ready", ["The weekly digest did not get to slack."])


async def until_ready(bot_: Bot, ready: bool) -> list[str]:
    """What `/readyz` says is wrong, once it says that the bot is ready or is not."""

    async def told() -> httpx.Response | None:
        answer = await bot_.get("/readyz")
        return answer if (answer.status_code == 200) is ready else None

    answer = await until(told, "being ready" if ready else "not being ready")
    problems: list[str] = answer.json()["problems"]
    assert bool(problems) is not ready
    return problems


async def until_named(bot_: Bot, problem: str) -> None:
    """Nothing else is wrong; a machine that stands still for a moment may be, before."""

    async def named() -> bool:
        (told,) = await until_ready(bot_, False)
        return problem in told

    await until(named, problem)


async def test_a_bot_is_not_ready_while_nobody_can_write(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot.health.ready, "EVERY", 0.2)
    # `/readyz` waits for no database: whoever asks here gives up before this.
    monkeypatch.setattr(storage.engine, "BUSY_SECONDS", 2 * PATIENCE)
    monkeypatch.setattr(storage.engine, "PATIENCE", 2 * PATIENCE)
    async with bot_on(tmp_path, database_url) as bot_:
        await until_ready(bot_, True)
        async with unwritable(bot_.klatsch):
            await until_named(bot_, "The database takes no writes")
            assert (await bot_.get("/healthz")).status_code == 200
            await until_ready(bot_, False)
        await until_ready(bot_, True)
        assert (await bot_.post(FIRING)).status_code == 200


async def test_a_write_that_failed_is_told_until_one_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bot.health.ready, "EVERY", 3600.0)
    async with bot_on(tmp_path, f"sqlite:///{tmp_path}/klatsch.db") as bot_:
        await until_ready(bot_, True)
        async with unwritable(bot_.klatsch):
            assert (await bot_.post(FIRING)).status_code == 503
            await until_named(bot_, "The database takes no writes: database is locked")
        # Reading, and what is refused, writes nothing.
        assert "There is no INC-7" in await bot_.says("INC-7 note x")
        await until_ready(bot_, False)
        assert "INC-1" in await bot_.says("open sev3 Volumes slow")
        await until_ready(bot_, True)


async def test_being_asked_often_writes_seldom(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot.health.ready, "EVERY", 3600.0)
    async with bot_on(tmp_path, database_url) as bot_:

        def written() -> list[str]:
            with bot_.klatsch.database.read() as connection:
                found = connection.execute(text("SELECT value FROM setting WHERE name = 'last_try'"))
                return list(found.scalars())

        await until_ready(bot_, True)
        before = written()
        for _ in range(20):
            await until_ready(bot_, True)
        assert len(before) == 1
        assert written() == before


# The database goes away and comes back


@pytest.fixture
def stoppable() -> Iterator[StoppablePostgres]:
    with (
        tempfile.TemporaryDirectory(prefix="klatsch-postgres-", ignore_cleanup_errors=True) as name,
        stoppable_postgres(Path(name)) as server,
    ):
        yield server


async def test_a_postgresql_that_hangs_is_told_and_what_was_turned_away_is_taken_later(
    tmp_path: Path, stoppable: StoppablePostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with NtfyServer() as phone, bot_on(tmp_path, stoppable.url, **paging(phone.url)) as bot_:
        assert (await bot_.post(FIRING)).status_code == 200
        await until(lambda: len(phone.published) == 1, "the page of the first incident")
        link = bot_.klatsch.links.link(1, "ana").removeprefix(bot_.url)
        later = a_message(an_alert(2, labels={"severity": "critical", "region": "elsewhere"}))
        with stoppable.frozen(), monkeypatch.context() as hasty:
            hasty.setattr(bot_.klatsch.database._watch, "_seconds", 4.0)
            for module in (adapters.web.machines, adapters.web.acknowledge):
                hasty.setattr(module, "ANSWERED_WITHIN", 1.0)
            answer = await bot_.post(later)
            assert answer.status_code == 503
            assert int(answer.headers["Retry-After"]) > 0
            shown, pressed = await bot_.get(link), await bot_.client.post(bot_.url + link)
            assert (shown.status_code, pressed.status_code) == (503, 503)
            assert "nothing was acknowledged" in shown.text
            assert "is not known" in pressed.text
            assert (await bot_.get("/readyz")).status_code == 503
            assert (await numbers(bot_))["klatsch_database_up", ()] == 0
        await bot_.until_posted(json.dumps(later).encode(), 200)
        await until(lambda: len(phone.published) == 2, "the page of the second incident")
        assert len(bot_.klatsch.lookups.recent()) == 2


def test_whoever_waits_for_a_postgresql_that_hangs_hears_so(
    stoppable: StoppablePostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(Database(stoppable.url)) as database:
        with database.read() as reading, database.write() as writing:
            reading.execute(text("SELECT 1"))
            writing.execute(text("CREATE TABLE kept (x int)"))

        def begins_to_write() -> None:
            with database.write() as connection:
                connection.execute(text("INSERT INTO kept VALUES (1)"))
                with stoppable.frozen():
                    connection.execute(text("SELECT 1"))

        begun = time.monotonic()
        with monkeypatch.context() as hasty:
            # While it hangs: what goes before and what comes behind may take its time.
            hasty.setattr(database._watch, "_seconds", 1.0)
            for way in (database.read, database.write):
                with stoppable.frozen(), pytest.raises(StoreUnavailable), way() as connection:
                    connection.execute(text("SELECT 1"))
            with pytest.raises(StoreUnavailable):
                begins_to_write()
        assert time.monotonic() - begun < PATIENCE
        with database.read() as reading:
            assert reading.execute(text("SELECT count(*) FROM kept")).scalar() == 0


async def test_a_bot_outlives_its_postgresql(tmp_path: Path, stoppable: StoppablePostgres) -> None:
    async with NtfyServer() as phone, bot_on(tmp_path, stoppable.url, **paging(phone.url)) as bot_:
        assert (await bot_.post(FIRING)).status_code == 200
        await until(lambda: len(phone.published) == 1, "the page of the first incident")
        link = bot_.klatsch.links.link(1, "ana").removeprefix(bot_.url)
        await asyncio.to_thread(stoppable.stop)

        later = a_message(an_alert(2, labels={"severity": "critical", "region": "elsewhere"}))
        answer = await bot_.post(later)
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert (await bot_.get("/healthz")).status_code == 200
        unready = await bot_.get("/readyz")
        assert unready.status_code == 503
        assert "The database does not answer" in unready.json()["problems"][0]
        assert (await numbers(bot_))["klatsch_database_up", ()] == 0
        for page in (await bot_.get(link), await bot_.client.post(bot_.url + link)):
            assert page.status_code == 503
            assert "nothing was acknowledged" in page.text

        await asyncio.to_thread(stoppable.start)
        await bot_.until_posted(json.dumps(later).encode(), 200)
        await until_ready(bot_, True)
        await until(lambda: len(phone.published) == 2, "the page of the second incident")
        assert len(bot_.klatsch.lookups.recent()) == 2


@pytest.mark.usefixtures("patient")
async def test_who_cannot_be_reached_is_known_from_the_start_and_keeps_nobody_from_work(
    tmp_path: Path, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A telephone number with letters, an address that is missing: found by day, and not when it rings."""
    sections = paging("http://127.0.0.1:9")
    people = {
        "ana": {"name": "Ana Ruiz", "phone": "call me", "page": ["call"]},
        "ben": {"name": "Ben Okafor", "phone": "+49 30 1234-567", "page": ["call", "ntfy"]},
    }
    ways = {**sections["paging"], "call": {"type": "signal", "url": "http://127.0.0.1:9", "number": "+4930000000"}}
    async with bot_on(tmp_path, database_url, **{**sections, "people": people, "paging": ways}) as bot_:
        answer = await bot_.get("/readyz")
        assert answer.status_code == 200
        troubles = answer.json()["troubles"]
    assert [trouble for trouble in troubles if "people.ana" in trouble]
    assert [trouble for trouble in troubles if "people.ben.ntfy" in trouble]
    assert not [trouble for trouble in troubles if "people.ben.phone" in trouble]
    assert all(trouble in caplog.text for trouble in troubles)
    assert "call me" not in caplog.text
