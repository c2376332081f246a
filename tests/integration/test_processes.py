"""The `klatsch` command as its users run it: child processes that share a machine, a database, and a bad day."""

from __future__ import annotations

import asyncio
import json
import resource
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.clock import SystemClock
from storage import migrate
from storage.engine import Database
from storage.locks import Locks
from storage.outbox import SqlOutbox
from tests.contract.servers.http import HttpServer, Trouble
from tests.contract.servers.ntfy import NtfyServer
from tests.servers.klatsch import BASIC, ROOT, Served, incidents, klatsch, paging, served_at, serving, write_config
from tests.servers.processes import free_port
from tests.until import PATIENCE, until, wait_until

FIRING = (ROOT / "tests" / "fixtures" / "alertmanager" / "firing_single.json").read_bytes()


def sqlite_in(folder: Path) -> str:
    return f"sqlite:///{folder}/klatsch.db"


def is_a_sentence(text: str, *words: str) -> bool:
    """It holds the words, and no traceback."""
    return "Traceback" not in text and all(word in text for word in words)


# One SQLite file, one bot


def test_a_second_bot_on_one_sqlite_file_is_refused_by_name(tmp_path: Path) -> None:
    write_config(tmp_path, sqlite_in(tmp_path))
    with serving(tmp_path) as first:
        second = klatsch(tmp_path, "serve")
        assert second.returncode == 1
        assert is_a_sentence(
            second.stderr, f"process {first.process.pid}", "already serves", "klatsch.db", "Stop it first", "PostgreSQL"
        )
        assert first.post(FIRING).status_code == 200


def test_a_bot_that_was_killed_leaves_no_lock_behind(tmp_path: Path) -> None:
    write_config(tmp_path, sqlite_in(tmp_path))
    with serving(tmp_path) as first:
        first.process.kill()
        first.process.wait(PATIENCE)
    with serving(tmp_path, name="again") as second:
        assert second.post(FIRING).status_code == 200


# The terminal beside a bot, and in its place


async def test_what_is_said_beside_a_bot_is_delivered_by_the_bot(tmp_path: Path) -> None:
    async with NtfyServer() as phone:
        write_config(tmp_path, sqlite_in(tmp_path), **paging(phone.url))
        async with served_at(tmp_path) as served:
            done = await asyncio.to_thread(klatsch, tmp_path, "say", "open sev1 Volumes slow page=person:ana")
            assert done.returncode == 0, done.stdout + done.stderr
            assert "INC-1" in done.stdout
            await until(lambda: phone.published, "the page")
            assert phone.published[0]["topic"] == "ana-pages"
            assert phone.published[0]["actions"][0]["url"].startswith(f"{served.url}/ack/")
    assert len(phone.published) == 1


async def test_what_is_said_without_a_bot_is_delivered_before_the_prompt_is_back(tmp_path: Path) -> None:
    async with NtfyServer() as phone:
        write_config(tmp_path, sqlite_in(tmp_path), **paging(phone.url))
        done = await asyncio.to_thread(klatsch, tmp_path, "say", "open sev1 Volumes slow page=person:ana")
        assert done.returncode == 0, done.stdout + done.stderr
        assert len(phone.published) == 1


def flat(text: str) -> str:
    """What a terminal shows, without the line breaks it made."""
    return " ".join(text.replace("│", " ").split())


def consoles(folder: Path) -> dict[str, Any]:
    return {"chat": {"console": {"folder": str(folder / "rooms")}}}


async def test_beside_a_bot_on_postgresql_say_sends_nothing_and_is_no_failure(
    tmp_path: Path, postgres_database: str
) -> None:
    async with NtfyServer() as phone:
        write_config(tmp_path, postgres_database, **paging(phone.url), **consoles(tmp_path))
        async with served_at(tmp_path):
            opened = await asyncio.to_thread(klatsch, tmp_path, "say", "open sev1 Volumes slow page=person:ana")
            assert (opened.returncode, opened.stderr) == (0, "")
            assert "sent" not in flat(opened.stdout)
            listed = await asyncio.to_thread(klatsch, tmp_path, "say", "list")
            assert (listed.returncode, listed.stderr) == (0, "")
            assert "sent" not in flat(listed.stdout)
            await until(lambda: phone.published, "the page")
    assert len(phone.published) == 1


async def test_after_a_bot_on_postgresql_was_killed_say_sends(tmp_path: Path, postgres_database: str) -> None:
    async with NtfyServer() as phone:
        write_config(tmp_path, postgres_database, **paging(phone.url))
        async with served_at(tmp_path) as served:
            served.process.kill()
            await asyncio.to_thread(served.process.wait, PATIENCE)
        with closing(Database(postgres_database)) as database:
            await until(lambda: not Locks(database).served(), "the server's word that nobody serves")
        done = await asyncio.to_thread(klatsch, tmp_path, "say", "open sev1 Volumes slow page=person:ana")
        assert done.returncode == 0, done.stdout + done.stderr
        assert len(phone.published) == 1


async def test_a_question_sends_nothing(tmp_path: Path, database_url: str) -> None:
    async with NtfyServer() as phone:
        write_config(tmp_path, database_url, **paging(f"http://127.0.0.1:{free_port()}"))
        assert klatsch(tmp_path, "say", "open sev1 Volumes slow page=person:ana").returncode == 0
        write_config(tmp_path, database_url, **paging(phone.url))
        with closing(Database(database_url)) as database:
            outbox = SqlOutbox(database, SystemClock())
            await until(lambda: outbox.next_due() == timedelta(0), "the time to try the page again")
        for question in ("list", "INC-1 status", "help"):
            assert (await asyncio.to_thread(klatsch, tmp_path, "say", question)).returncode == 0
        assert phone.published == []
        assert (await asyncio.to_thread(klatsch, tmp_path, "say", "INC-1 note still slow")).returncode == 0
        assert len(phone.published) == 1


async def test_a_chat_that_cannot_begin_here_is_told_and_the_line_is_done(
    tmp_path: Path, postgres_database: str
) -> None:
    rooms = consoles(tmp_path)
    write_config(tmp_path, postgres_database, **rooms)
    # Another house's bot has the rooms, and nobody serves this database.
    write_config(tmp_path / "other", sqlite_in(tmp_path / "other"), **rooms)
    async with served_at(tmp_path / "other"):
        done = await asyncio.to_thread(klatsch, tmp_path, "say", "open sev1 Volumes slow page=none")
    assert (done.returncode, done.stderr) == (0, "")
    told = flat(done.stdout)
    assert "Done and recorded; it could not be sent from here: " in told
    assert "in use" in told
    assert "klatsch serve" in told
    assert [incident["ref"] for incident in incidents(tmp_path)] == ["INC-1"]


def test_a_line_nobody_understands_is_refused_and_exits_1(tmp_path: Path) -> None:
    write_config(tmp_path, sqlite_in(tmp_path))
    done = klatsch(tmp_path, "say", "oppen sev2 Volumes slow")
    assert done.returncode == 1
    assert "open" in done.stdout


# Leaving


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_bot_that_is_told_to_stop_leaves_with_0(number: signal.Signals, tmp_path: Path) -> None:
    write_config(tmp_path, sqlite_in(tmp_path))
    with serving(tmp_path) as served:
        served.process.send_signal(number)
        assert served.process.wait(PATIENCE) == 0
    assert "Traceback" not in served.log.read_text()


async def test_a_bot_leaves_though_a_provider_hangs(tmp_path: Path) -> None:
    async with NtfyServer() as phone:
        phone.orders.extend([Trouble.HANG] * 20)
        write_config(tmp_path, sqlite_in(tmp_path), **paging(phone.url))
        async with served_at(tmp_path) as served:
            assert (await asyncio.to_thread(served.post, FIRING)).status_code == 200
            await until(lambda: phone.requests, "the page being sent")
            served.process.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(served.process.wait, PATIENCE) == 0
        phone.orders.clear()
        # What was not sent was given back, and is sent by the next one.
        async with served_at(tmp_path, "again"):
            await until(lambda: phone.published, "the page")


# Several bots on one PostgreSQL


async def test_two_bots_on_one_postgresql_share_the_work_and_page_once(tmp_path: Path, postgres_database: str) -> None:
    count = 20
    async with NtfyServer() as phone:
        phone.left = 1000
        sections = paging(phone.url)
        sections["routes"] = [{**sections["routes"][0], "group_by": ["node"]}]
        for name in ("one", "two"):
            write_config(tmp_path / name, postgres_database, **sections)
        async with served_at(tmp_path / "one") as one, served_at(tmp_path / "two") as two:

            def body(node: int) -> dict[str, Any]:
                alert = json.loads(FIRING)["alerts"][0]
                labels = {"alertname": "NodeDown", "severity": "critical", "node": f"n{node}"}
                alert |= {"labels": labels, "fingerprint": f"{node:016x}", "annotations": {}}
                return {**json.loads(FIRING), "alerts": [alert], "groupKey": f"{{}}:{{node={node}}}"}

            answers = await asyncio.gather(
                *(asyncio.to_thread(bot.post, body(node)) for node in range(count) for bot in (one, two))
            )
            assert {answer.status_code for answer in answers} == {200}
            await until(lambda: len(phone.published) >= count, "all pages")
            done = await asyncio.to_thread(klatsch, tmp_path / "one", "say", "INC-1 ack")
            assert done.returncode == 0, done.stdout
        # Both have stopped, so nothing more can come.
        titles = Counter(message["title"].split(":")[0] for message in phone.published)
        assert set(titles.values()) == {1}
        assert len(titles) == count
    told = await asyncio.to_thread(incidents, tmp_path / "one", range(1, 4))
    assert [incident["ref"] for incident in told] == ["INC-1", "INC-2", "INC-3"]


async def test_of_two_bots_one_listens_to_the_chat_and_the_other_as_soon_as_that_one_is_killed(
    tmp_path: Path, postgres_database: str
) -> None:
    def listens(bot: Served) -> bool:
        (line,) = [line for line in bot.get("/metrics").text.splitlines() if line.startswith("klatsch_chat_listening{")]
        return line.endswith(" 1.0")

    def who_listen() -> list[bool]:
        return [listens(bot) for bot in bots]

    for name in ("one", "two"):
        write_config(tmp_path / name, postgres_database, **consoles(tmp_path / name))
    async with served_at(tmp_path / "one") as one, served_at(tmp_path / "two") as two:
        bots = (one, two)
        await until(lambda: any(who_listen()), "one that listens")
        assert sorted(who_listen()) == [False, True]
        killed, other = bots if listens(one) else (two, one)
        killed.process.kill()
        await until(lambda: listens(other), "the other one listening")


@pytest.fixture
def postgres_database(request: pytest.FixtureRequest) -> Any:
    from tests.servers.postgres import create_database, drop_database

    server: str = request.getfixturevalue("postgres_server")
    url = create_database(server)
    yield url
    drop_database(url, server)


# What keeps it from beginning


async def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    # It takes a port, and nobody asks it anything.
    async with HttpServer(lambda request: None) as other:
        write_config(tmp_path, sqlite_in(tmp_path), http={"listen": f"127.0.0.1:{other.port}"})
        done = await asyncio.to_thread(klatsch, tmp_path, "serve")
        assert done.returncode == 1
        assert is_a_sentence(done.stderr, f"Cannot listen on 127.0.0.1:{other.port}", "change `http.listen`")


def test_a_status_page_s_port_that_is_taken_is_said_and_nothing_is_served(tmp_path: Path) -> None:
    write_config(tmp_path / "other", sqlite_in(tmp_path / "other"))
    with serving(tmp_path / "other") as other:
        address = other.url.removeprefix("http://")
        page = {"page": {"type": "builtin", "listen": address}}
        write_config(tmp_path, sqlite_in(tmp_path), http={"listen": f"127.0.0.1:{free_port()}"}, status=page)
        done = klatsch(tmp_path, "serve")
    assert done.returncode == 1
    assert is_a_sentence(done.stderr, f"Cannot listen on {address}", "change `status.page.listen`")


@pytest.mark.parametrize("command", [("serve",), ("check",), ("say", "list"), ("export", "INC-1"), ("db", "current")])
def test_a_missing_configuration_is_said(command: tuple[str, ...], tmp_path: Path) -> None:
    done = klatsch(tmp_path, *command)
    assert done.returncode == 1
    assert is_a_sentence(done.stderr, "config.yaml")
    assert done.stdout == ""


@pytest.mark.parametrize("command", [("serve",), ("say", "list"), ("export", "INC-1"), ("db", "upgrade")])
def test_a_database_that_does_not_answer_is_said(command: tuple[str, ...], tmp_path: Path) -> None:
    write_config(tmp_path, "postgresql://klatsch:hunter2-hunter2@127.0.0.1:1/klatsch")
    done = klatsch(tmp_path, *command)
    assert done.returncode == 1
    assert is_a_sentence(done.stdout + done.stderr, "127.0.0.1")
    assert "hunter2" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("replay", "nowhere.jsonl"), "nowhere.jsonl"),
        (("pm", "redact", "nowhere.md"), "nowhere.md"),
        (("replay", "."), "."),
    ],
)
def test_a_file_that_is_not_there_is_said(command: tuple[str, ...], said: str, tmp_path: Path) -> None:
    write_config(tmp_path, sqlite_in(tmp_path))
    done = klatsch(tmp_path, *command)
    assert done.returncode == 1
    assert is_a_sentence(done.stderr, said)


def test_a_text_that_is_not_utf_8_is_said(tmp_path: Path) -> None:
    (tmp_path / "letter.md").write_bytes(b"Gr\xfc\xdfe")
    done = klatsch(tmp_path, "pm", "redact", "letter.md")
    assert done.returncode == 1
    assert is_a_sentence(done.stderr, "UTF-8")


# A disk that is full


def limit(process: subprocess.Popen[bytes], size: int) -> None:
    """No file of that process may grow beyond `size` bytes from now on, as on a disk that is full."""
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def named(served: Served, problem: str) -> bool:
    """Whether that is why it is not ready. A look that took too long on a busy machine is another reason."""
    told = served.get("/readyz")
    return told.status_code == 503 and problem in told.json()["problems"][0]


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux limits another process")
def test_a_full_disk_is_503_and_recovers_when_there_is_room(tmp_path: Path) -> None:
    write_config(tmp_path, sqlite_in(tmp_path))
    with serving(tmp_path) as served:
        assert served.post(FIRING).status_code == 200
        limit(served.process, (tmp_path / "klatsch.db-wal").stat().st_size)
        later = json.loads(FIRING)
        alert = later["alerts"][0]
        later["alerts"] = [
            {**alert, "fingerprint": f"{n:016x}", "annotations": {"summary": "x" * 4000}} for n in range(500)
        ]
        turned_away = served.post(later)
        assert turned_away.status_code == 503
        assert int(turned_away.headers["Retry-After"]) > 0
        assert served.process.poll() is None
        wait_until(lambda: named(served, "The database takes no writes"), "the word that it takes no writes")
        limit(served.process, resource.RLIM_INFINITY)
        wait_until(lambda: served.get("/readyz").status_code == 200, "being ready again")
        assert served.post(later).status_code == 200
    log = served.log.read_text()
    assert "were turned away" in log
    assert "Traceback" not in log
    (incident,) = incidents(tmp_path)
    assert len(incident["alerts"]) == 501


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux limits another process")
def test_a_bot_is_not_ready_on_a_full_disk_although_nobody_writes(tmp_path: Path) -> None:
    write_config(tmp_path, sqlite_in(tmp_path))
    with serving(tmp_path) as served:
        wait_until(lambda: served.get("/readyz").status_code == 200, "being ready")
        limit(served.process, 4096)
        wait_until(lambda: served.get("/readyz").status_code == 503, "being found out")
        limit(served.process, resource.RLIM_INFINITY)
        wait_until(lambda: served.get("/readyz").status_code == 200, "being ready again")
    assert "Traceback" not in served.log.read_text()


def test_a_line_that_could_not_be_stored_is_answered_without_a_traceback(tmp_path: Path) -> None:
    write_config(tmp_path, sqlite_in(tmp_path))
    assert klatsch(tmp_path, "say", "open sev3 Volumes slow").returncode == 0
    with sqlite3.connect(tmp_path / "klatsch.db", isolation_level=None) as held:
        held.execute("BEGIN EXCLUSIVE")
        done = klatsch(tmp_path, "say", "INC-1 note foo")
    assert done.returncode == 1
    assert is_a_sentence(done.stderr, "WARNING", "the database does not answer: database is locked")
    assert is_a_sentence(done.stdout, "Not done: the database does not answer.")


# The other commands


def test_an_unknown_reference_exits_1(tmp_path: Path) -> None:
    write_config(tmp_path, sqlite_in(tmp_path))
    assert klatsch(tmp_path, "db", "upgrade").returncode == 0
    for ref in ("INC-7", "\x1b[31mnonsense", "INC-99999999999999999999"):
        done = klatsch(tmp_path, "export", ref)
        assert done.returncode == 1
        assert is_a_sentence(done.stderr, "There is no", "`klatsch say list`")
        assert "\x1b" not in done.stderr
        assert done.stdout == ""


def test_the_schema_is_shown_and_brought_up(tmp_path: Path, empty_database_url: str) -> None:
    write_config(tmp_path, empty_database_url)
    assert "no schema yet" in klatsch(tmp_path, "db", "current").stdout
    for _ in range(2):
        done = klatsch(tmp_path, "db", "upgrade")
        assert (done.returncode, done.stdout.strip()) == (0, migrate.HEAD), done.stderr
    assert klatsch(tmp_path, "db", "current").stdout.strip() == migrate.HEAD


def replay_file(folder: Path) -> Path:
    evil = json.loads(FIRING)
    evil["alerts"][0] |= {
        "fingerprint": "e" * 16,
        "labels": {"alertname": "\x1b[31mEvil", "severity": "critical", "region": "r", "az": "z"},
        "annotations": {"summary": "Red \x1b[31malert\x07"},
    }
    unrouted = json.loads(FIRING)
    unrouted["alerts"][0] |= {"fingerprint": "f" * 16, "labels": {"alertname": "Watchdog"}}
    fixtures = ROOT / "tests" / "fixtures" / "alertmanager"
    lines = [
        *(json.dumps(json.loads(path.read_bytes())) for path in sorted(fixtures.glob("*.json"))),
        *(json.dumps(message) for message in (evil, evil, unrouted)),
        "",
    ]
    path = folder / "alerts.jsonl"
    path.write_text("\n".join(lines))
    return path


def test_a_replay_says_what_would_be_and_changes_nothing(tmp_path: Path) -> None:
    write_config(tmp_path, sqlite_in(tmp_path), **paging("http://127.0.0.1:1"))
    path = replay_file(tmp_path)
    done = klatsch(tmp_path, "replay", str(path))
    assert (done.returncode, done.stderr) == (0, "")
    told = done.stdout.splitlines()
    opened = [line for line in told if line.startswith("INC-")]
    assert [line.split()[0] for line in opened] == [f"INC-{number}" for number in range(1, len(opened) + 1)]
    assert "INC-1 sev3 triage: CephOSDDown" in opened[0]
    assert any("Nova API on ctl01 does not answer" in line for line in opened)
    assert told[0] == "9 alerts → 4 incidents"
    assert "    1 alert, still firing" in told
    assert "    5 alerts, 3 of them cleared" in told
    assert "    would page Ana Ruiz (on call on 22 Nov 02:20 UTC)" in told
    assert "    would page nobody" in told
    assert told[-1] == "1 alert matches no route"
    assert "Red [31malert" in done.stdout
    assert "\x1b" not in done.stdout
    assert "\x07" not in done.stdout
    assert not (tmp_path / "klatsch.db").exists()
    assert klatsch(tmp_path, "replay", "-", input=path.read_text()).stdout == done.stdout


def test_a_replay_says_what_is_expected(tmp_path: Path) -> None:
    watchdog = {"match": {"alertname": "Watchdog"}, "heartbeat": "10m"}
    write_config(tmp_path, sqlite_in(tmp_path), routes=[watchdog, *BASIC["routes"]])
    told = klatsch(tmp_path, "replay", str(replay_file(tmp_path))).stdout.splitlines()
    assert told[0] == "9 alerts → 4 incidents"
    assert told[-2:] == ["1 alert expected, which opens nothing; its silence would", "every alert matches a route"]


def test_a_replay_names_the_lines_it_cannot_read_and_goes_on(tmp_path: Path) -> None:
    write_config(tmp_path, sqlite_in(tmp_path))
    path = replay_file(tmp_path)
    path.write_text("{\n" + path.read_text() + '\n{"custom": "payload"}\n')
    done = klatsch(tmp_path, "replay", str(path))
    assert done.returncode == 1
    first, last = done.stderr.splitlines()
    assert first.startswith("line 1: This is not JSON")
    assert "This is not an Alertmanager message" in last
    assert "INC-1" in done.stdout


def test_a_text_is_redacted_with_and_without_a_configuration(tmp_path: Path) -> None:
    text = "ctl01.internal.example.org (10.20.30.40) failed; Ana Ruiz restarted it.\n"
    done = klatsch(tmp_path, "pm", "redact", "-", input=text)
    assert done.returncode == 0, done.stderr
    assert "10.20.30.40" not in done.stdout
    write_config(tmp_path, sqlite_in(tmp_path))
    done = klatsch(tmp_path, "pm", "redact", "-", input=text)
    assert done.returncode == 0, done.stderr
    assert "10.20.30.40" not in done.stdout
    assert "Ana" not in done.stdout
    assert done.stdout.endswith("it.\n")
    people = {"ana": {"name": "Ana Ruiz", "phone": "+49 30 1234567", "ntfy": "wake-her"}, "ben": {"name": "Ben Okafor"}}
    write_config(tmp_path, sqlite_in(tmp_path), people=people)
    done = klatsch(tmp_path, "pm", "redact", "-", input="0049 30 1234567 or wake-her\n")
    assert done.stdout == "a phone number or a contact\n"
    drafted = "- It was resolved [e1]\n\n[e1]: <https://chat.example.com/r/1>\n"
    done = klatsch(tmp_path, "pm", "redact", "-", input=drafted)
    assert done.stdout == "- It was resolved [e1]\n\n"


def test_the_help_names_every_command(tmp_path: Path) -> None:
    done = klatsch(tmp_path, "--help")
    assert done.returncode == 0
    for command in ("demo", "serve", "check", "say", "replay", "export", "pm", "db"):
        assert f"  {command} " in done.stdout
    assert sys.executable not in done.stdout
