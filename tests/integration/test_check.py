"""`klatsch check`: what is wrong is said with what to do, and a bot that runs does not notice."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from adapters.http import Http
from adapters.paging.ntfy import Config as NtfyConfig
from adapters.paging.ntfy import Ntfy
from adapters.paging.smtp import Config as SmtpConfig
from adapters.paging.smtp import Smtp
from bot.alerts.heartbeat import MOST, Signal
from bot.alerts.routing import Route
from bot.chat.templates import PACKAGED, TemplateError, Templates
from bot.config import ConfigError, load
from bot.incident.model import Person
from bot.ports import Rejected, Unavailable
from bot.terminal.check import check, render_everything
from bot.terminal.sample import sample
from bot.words import Wording
from storage import heartbeats, migrate
from storage.engine import Database
from storage.tables import outbox
from tests.clock import START
from tests.contract.servers.http import Answer, HttpServer, Trouble
from tests.contract.servers.ntfy import NtfyServer
from tests.contract.servers.pings import UUID, PingServer
from tests.contract.servers.slack import ALL_SCOPES, SlackServer
from tests.contract.servers.smtp import SmtpServer
from tests.servers.klatsch import klatsch, paging, serving, write_config
from tests.servers.processes import free_port
from tests.until import PATIENCE

SECRET = "tk_AgQdq7mVBoFD37zQVN29"


async def checked(
    folder: Path, capsys: pytest.CaptureFixture[str], database_url: str = "", **sections: Any
) -> tuple[int, list[str]]:
    """The exit code and the lines of a check with these sections."""
    path = write_config(folder, database_url or f"sqlite:///{folder}/klatsch.db", **sections)
    code = await check(load(path, {}))
    return code, capsys.readouterr().out.splitlines()


def only(lines: list[str], level: str) -> list[str]:
    return [line for line in lines if line.startswith(level)]


async def test_a_whole_configuration_has_no_problem(
    tmp_path: Path, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with NtfyServer() as phone, SmtpServer() as mailbox:
        sections = paging(phone.url)
        sections["paging"]["email"] = {
            "type": "smtp", "host": "127.0.0.1", "port": mailbox.port, "from": "klatsch@example.org",
        }  # fmt: skip
        sections["people"]["ana"]["page"] = ["ntfy", "email"]
        sections["oncall"]["schedules"] = {"platform": {"rotation": {"people": ["ana"], "start": "2026-01-05T09:00"}}}
        sections["people"]["ben"] |= {"email": "ben@example.org", "page": ["email"]}
        sections["oncall"]["policies"]["platform"]["steps"].append({"page": "person:ben"})
        sections["status"] = {
            "page": {"type": "builtin", "listen": "localhost:0", "components": [{"id": "api", "name": "API"}]}
        }
        code, lines = await checked(tmp_path, capsys, database_url, **sections)
        assert phone.published == []
        assert mailbox.mails == []
    assert code == 0
    assert only(lines, "problem") == []
    for expected in (
        "people.ana: is paged by ntfy, email",
        "oncall.schedules.platform: Ana Ruiz is on call now",
        "oncall.policies.platform: asks Ana Ruiz, after 5m Ben Okafor",
        "alerts.prometheus: takes alertmanager at the listen address/alerts/prometheus",
        'routes[0]: severity="critical" → sev1, opens a room at once, pages platform',
        "status.page: 1 component",
        "templates: every one renders",
        "postmortem.folder: reachable",
        "paging.ntfy: reachable",
        "paging.email: reachable",
    ):
        assert any(line.startswith("ok") and expected in line for line in lines), expected


async def test_a_policy_that_asks_one_person_however_often_is_a_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sections = paging("http://127.0.0.1:1")
    sections["people"]["ben"] |= {"ntfy": "ben-pages", "page": ["ntfy"]}
    sections["oncall"] = {
        "schedules": {
            "now": {"rotation": {"people": ["ana"], "start": "2026-01-05T09:00"}},
            "later": {"rotation": {"people": ["ben"], "start": "2099-01-05T09:00"}},
        },
        "policies": {
            "platform": {"steps": [{"page": "schedule:now"}, {"page": "person:ana"}]},
            "network": {"steps": [{"page": "schedule:later"}]},
        },
    }
    _, lines = await checked(tmp_path, capsys, **sections)
    about = [line for line in only(lines, "warning") if "oncall.policies" in line]
    assert [line.partition(": ")[2] for line in about] == [
        "it asks nobody now. Look at its schedules, or name a person in a step.",
        "it asks only Ana Ruiz now, whoever does not answer. Add a step with somebody else.",
    ]


async def test_looking_makes_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = await checked(tmp_path, capsys, f"sqlite:///{tmp_path}/far/away/klatsch.db")
    assert code == 0
    assert any("is made at the first start" in line for line in lines)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.yaml"]


def test_a_bot_that_serves_is_not_disturbed_and_its_addresses_are_its_own(tmp_path: Path) -> None:
    port = free_port()
    write_config(tmp_path, f"sqlite:///{tmp_path}/klatsch.db", http={"listen": f"127.0.0.1:{port}"})
    with serving(tmp_path) as served:
        done = klatsch(tmp_path, "check")
        assert done.returncode == 0, done.stdout
        assert f"ok       http.listen: a Klatsch serves 127.0.0.1:{port}" in done.stdout
        assert f"schema {migrate.HEAD}" in done.stdout
        assert served.process.poll() is None
        assert served.post(b"{").status_code == 400


async def test_an_address_of_another_program_is_a_problem(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with HttpServer(lambda request: Answer.of({"hello": "world"})) as other:
        code, lines = await checked(tmp_path, capsys, http={"listen": f"127.0.0.1:{other.port}"})
        port = other.port
    assert code == 1
    (problem,) = only(lines, "problem")
    assert f"http.listen: cannot listen on 127.0.0.1:{port} (Address already in use)" in problem
    assert "choose another address" in problem


@pytest.mark.parametrize(
    ("url", "level", "said"),
    [
        ("http://127.0.0.1:1", "warning", "only this machine can open"),
        ("https://localhost", "warning", "only this machine can open"),
        ("http://klatsch.example.org", "warning", "is not encrypted"),
        ("https://klatsch.example.org", "ok", "is seen when the bot runs"),
    ],
)
async def test_a_public_url_that_phones_cannot_use_is_a_warning(
    url: str, level: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines = await checked(tmp_path, capsys, http={"listen": "127.0.0.1:0", "public_url": url})
    (line,) = [line for line in lines if "http.public_url" in line]
    assert line.startswith(level)
    assert said in line
    assert code == 0


async def test_a_database_that_does_not_answer_is_a_problem_and_its_password_stays_ours(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines = await checked(tmp_path, capsys, f"postgresql://klatsch:{SECRET}@127.0.0.1:1/klatsch")
    assert code == 1
    (problem,) = only(lines, "problem")
    assert "storage.url" in problem
    assert "does not answer" in problem
    assert SECRET not in "\n".join(lines)


async def test_a_file_that_is_no_database_is_a_problem(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "klatsch.db").write_bytes(b"this is a letter to my aunt" * 100)
    code, lines = await checked(tmp_path, capsys)
    assert code == 1
    assert "file is not a database" in only(lines, "problem")[0]


@pytest.mark.parametrize(
    ("serves", "level", "said"),
    [("9998", "problem", "run the release that made it"), ("0001", "warning", "works with it")],
)
async def test_a_database_of_a_later_release_works_with_this_one_or_is_a_problem(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], serves: str, level: str, said: str
) -> None:
    write_config(tmp_path, f"sqlite:///{tmp_path}/klatsch.db")
    assert klatsch(tmp_path, "db", "upgrade").returncode == 0
    with sqlite3.connect(tmp_path / "klatsch.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.execute("UPDATE setting SET value = ? WHERE name = 'schema_serves'", (serves,))
    connection.close()
    code, lines = await checked(tmp_path, capsys)
    (schema,) = [line for line in only(lines, level) if "its schema is 9999" in line]
    assert said in schema
    assert code == (level == "problem")


async def test_people_who_cannot_be_reached_are_named_with_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with NtfyServer() as phone:
        sections = paging(phone.url)
        sections["people"] = {
            "ana": {"name": "Ana Ruiz", "page": ["ntfy"]},
            "ben": {"name": "Ben Okafor", "ntfy": "not a topic!", "page": ["ntfy"]},
            "cleo": {"name": "Cleo Weiß"},
        }
        code, lines = await checked(tmp_path, capsys, **sections)
    assert code == 1
    assert only(lines, "problem") == [
        "problem  people.ana: ntfy: ana has no topic; set people.ana.ntfy",
        "problem  people.ben: ntfy: people.ben.ntfy is no topic; it may hold 1 to 64 letters, digits, - and _",
    ]
    assert "warning  people.cleo: nobody can page them. Write `page: [ntfy]` or some of it." in lines


async def test_a_pager_that_does_not_answer_is_a_problem(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = await checked(tmp_path, capsys, **paging("http://127.0.0.1:1"))
    assert code == 1
    assert "problem  paging.ntfy: ntfy: cannot connect" in only(lines, "problem")[0]


async def test_what_is_worth_a_thought_is_a_warning_and_no_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines = await checked(
        tmp_path,
        capsys,
        routes=[],
        status={"page": {"type": "builtin", "listen": "127.0.0.1:0"}},
        security={"signing_key": "short"},
    )
    assert code == 0
    warnings = "\n".join(only(lines, "warning"))
    assert "routes: there is none, so no alert opens anything" in warnings
    assert "status.page: it has no components" in warnings
    assert "security.signing_key: it is shorter than 32 characters" in warnings


async def test_two_status_pages_on_one_address_are_a_problem(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = {"type": "builtin", "listen": "localhost:0"}
    with pytest.raises(ConfigError, match=r"status\.two\.listen: `status\.one` listens on `localhost:0` too"):
        await checked(tmp_path, capsys, status={"one": page, "two": page})


@pytest.mark.parametrize("place", ["file", "below a file", "read-only"])
async def test_a_folder_nobody_can_write_into_is_a_problem(
    place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if place == "read-only" and os.geteuid() == 0:
        folder = Path("/proc/1/task")  # nobody makes files there, not even root
    else:
        folder = tmp_path / "drafts"
        folder.write_text("") if place != "read-only" else folder.mkdir(mode=0o500)
        folder = folder / "deeper" if place == "below a file" else folder
    code, lines = await checked(tmp_path, capsys, postmortem={"folder": str(folder)})
    assert code == 1
    (problem,) = only(lines, "problem")
    assert problem.startswith("problem  postmortem.folder: ")
    assert str(folder) in problem


async def test_what_comes_later_is_a_warning_and_nobody_is_promised_anything(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines = await checked(tmp_path, capsys, security={"api_tokens": {"ci": "t0"}})
    assert code == 0
    assert [line.partition(":")[0] for line in only(lines, "warning")] == ["warning  security.api_tokens"]


WATCHDOG = {"match": {"alertname": "Watchdog"}, "heartbeat": "10m", "open": "active", "group_by": ["cluster"]}


async def test_each_expected_alert_is_listed_with_when_it_was_last_heard(
    tmp_path: Path, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines = await checked(tmp_path, capsys, database_url, routes=[WATCHDOG])
    expected = 'ok       routes[0]: alertname="Watchdog" → expected at least every 10m; silence: sev3, opens a room at once, pages nobody'
    assert (code, expected in lines) == (0, True)
    database = Database(database_url)
    migrate.upgrade(database)
    code, lines = await checked(tmp_path, capsys, database_url, routes=[WATCHDOG])
    assert code == 0
    assert only(lines, "warning") == [
        'warning  routes[0].heartbeat: no alert with alertname="Watchdog" was ever heard. Have its sender post it, more often '
        "than every 10m."
    ]
    now = datetime.now(UTC)
    keep_heard(
        database, {"one": now - timedelta(minutes=2), "two": now - timedelta(minutes=61), "other": now - LONG_AGO}
    )
    code, lines = await checked(tmp_path, capsys, database_url, routes=[WATCHDOG, {"match": {"a": "b"}}])
    assert code == 0
    assert [re.sub(r"[0-9.]+s", "", line) for line in lines if "heartbeat" in line] == [
        "warning  routes[0].heartbeat: Watchdog (two) from prometheus was heard 1h1m ago, and is expected every 10m. Look at its "
        "sender, or start the bot.",
        "ok       routes[0].heartbeat: Watchdog (one) from prometheus was heard 2m ago",
    ]
    database.close()


LONG_AGO = timedelta(days=300)


def keep_heard(database: Database, clusters: Mapping[str, datetime]) -> None:
    """Signals of these clusters, heard then; that of `other` on a route that is gone."""
    route = Route(match={"alertname": "Watchdog"}, group_by=("cluster",))
    signals = [
        Signal(
            name,
            "{gone}" if name == "other" else route.key,
            "prometheus",
            at,
            labels={"alertname": "Watchdog", "cluster": name},
        )
        for name, at in clusters.items()
    ]
    with database.write() as connection:
        heartbeats.keep(connection, signals, ())


async def test_who_has_too_many_expected_signals_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database = Database(f"sqlite:///{tmp_path}/klatsch.db")
    migrate.upgrade(database)
    keep_heard(database, {f"c{n}": datetime.now(UTC) for n in range(MOST)})
    database.close()
    _, lines = await checked(tmp_path, capsys, routes=[WATCHDOG])
    assert only(lines, "warning") == [
        "warning  routes: prometheus has 500 expected signals, and no more are watched. Group the route by labels with fewer values."
    ]


async def test_the_sign_of_life_is_named_and_not_sent_and_nobody_reads_its_address(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with PingServer() as outside:
        port = outside.port
        heartbeat = {"url": f"{outside.url}/ping/{UUID}", "every": "90s", "token": SECRET}
        code, lines = await checked(tmp_path, capsys, http={"listen": "127.0.0.1:0", "heartbeat": heartbeat})
    assert (code, outside.requests) == (0, [])
    assert (
        "ok       http.heartbeat: a sign of life is sent every 1m30s by GET; not tried, for a try would be one" in lines
    )
    assert [secret for secret in (UUID, str(port), SECRET) if secret in "\n".join(lines)] == []


async def test_a_wrong_key_in_a_provider_s_block_is_said_by_the_settings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = {"prometheus": {"type": "alertmanager", "token": "x", "tokken": "y"}}
    with pytest.raises(ConfigError, match="unknown key"):
        await checked(tmp_path, capsys, alerts=broken)
    done = klatsch(tmp_path, "check")
    assert done.returncode == 1
    assert "alerts.prometheus.tokken: unknown key" in done.stderr
    assert "Traceback" not in done.stderr


# Every template is rendered


@pytest.mark.parametrize("name", sorted(path.name for path in PACKAGED.glob("*.j2")))
def test_a_broken_copy_of_any_template_is_found(name: str, tmp_path: Path) -> None:
    shutil.copy(PACKAGED / name, tmp_path / name)
    with (tmp_path / name).open("a") as file:
        file.write("{{ nothing_we_know }}")
    words = Wording(Templates(str(tmp_path)), {}, "UTC", {})
    with pytest.raises(TemplateError, match="nothing_we_know"):
        render_everything(words, Person("ana", "Ana Ruiz"), START)


async def test_a_broken_template_is_named_and_a_bot_that_has_it_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "card.md.j2").write_text("## {{ incident.ref }}\n\n{{ incident.colour }}")
    (own / "topics.txt.j2").write_text("x")
    code, lines = await checked(tmp_path, capsys, chat={"templates": "own"})
    assert code == 1
    misnamed, broken = only(lines, "problem")
    assert f"chat.templates: {own}/topics.txt.j2 overrides nothing. Did you mean topic.txt.j2?" in misnamed
    assert f"chat.templates: {own}/card.md.j2, line 3: " in broken
    assert "our own is used" in broken
    said = klatsch(tmp_path, "say", "open", "sev3", "Volumes", "slow")
    assert (said.returncode, "INC-1" in said.stdout) == (0, True)
    assert "INC-1 · SEV3 · Volumes slow" in klatsch(tmp_path, "say", "status").stdout


async def test_a_folder_of_templates_that_is_not_there_is_a_problem(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines = await checked(tmp_path, capsys, chat={"templates": "own"})
    assert (code, only(lines, "problem")) == (1, [f"problem  chat.templates: {tmp_path}/own is not a folder."])


def test_the_sample_goes_through_a_whole_life() -> None:
    statuses = [incident.status.value for incident, _ in sample(START, "ana")]
    assert (statuses[0], statuses[-1]) == ("triage", "resolved")
    last, history = list(sample(START, "ana"))[-1]
    assert len(history) == last.version
    assert [recorded.seq for recorded in history] == list(range(1, last.version + 1))


# Probes


@pytest.fixture
async def http() -> Any:
    async with Http(seconds=PATIENCE, trust_env=False) as http:
        yield http


def ntfy(url: str, http: Http) -> Ntfy:
    return Ntfy("phones", NtfyConfig.model_validate({"url": url, "token": SECRET}), http)


async def test_ntfy_is_asked_for_its_health_and_publishes_nothing(http: Http) -> None:
    async with NtfyServer(SECRET) as server:
        await ntfy(server.url, http).probe()
        assert [(request.method, request.target) for request in server.requests] == [("GET", "/v1/health")]
        server.healthy = False
        with pytest.raises(Unavailable, match="not healthy"):
            await ntfy(server.url, http).probe()


@pytest.mark.parametrize(
    ("order", "error", "said"),
    [
        (Answer.of({"error": SECRET}, 401), Rejected, "check paging.phones.token"),
        (Answer.of({}, 404), Rejected, "check paging.phones.url"),
        (Answer.of({}, 502), Unavailable, "502"),
        (Answer.of({"ok": True}), Rejected, "not in ntfy's words"),
        (Answer(200, b"<html>"), Rejected, "not in its own words"),
        (Trouble.DROP, Unavailable, "lost"),
    ],
)
async def test_an_ntfy_that_is_not_well_says_how(order: Any, error: type[Exception], said: str, http: Http) -> None:
    async with NtfyServer(SECRET) as server:
        server.orders.append(order)
        with pytest.raises(error, match=said) as caught:
            await ntfy(server.url, http).probe()
        assert SECRET not in str(caught.value)


async def test_an_ntfy_that_does_not_answer_is_not_waited_for() -> None:
    async with NtfyServer(SECRET) as server, Http(seconds=0.1, trust_env=False) as http:
        server.orders.append(Trouble.HANG)
        with pytest.raises(Unavailable, match=r"no answer within 0\.1 s") as caught:
            await ntfy(server.url, http).probe()
        assert SECRET not in str(caught.value)


def smtp(port: int, **block: Any) -> Smtp:
    given = {"host": "127.0.0.1", "port": port, "from": "klatsch@example.org", "timeout": PATIENCE, **block}
    return Smtp("mail", SmtpConfig.model_validate(given))


async def test_a_mail_server_is_greeted_and_logged_in_to_without_a_mail() -> None:
    async with SmtpServer("klatsch", SECRET) as server:
        await smtp(server.port, user="klatsch", password=SECRET).probe()
        assert (server.logins, server.mails) == (["klatsch"], [])


@pytest.mark.parametrize(
    ("block", "error", "said"),
    [
        ({"user": "klatsch", "password": f"not{SECRET}"}, Rejected, "check paging.mail.user and paging.mail.password"),
        ({"tls": "starttls"}, Rejected, "check paging.mail.tls"),
        ({"tls": "tls"}, Unavailable, "no connection"),
    ],
)
async def test_a_mail_server_that_refuses_us_says_why(block: dict[str, Any], error: type[Exception], said: str) -> None:
    async with SmtpServer("klatsch", SECRET) as server:
        with pytest.raises(error, match=said) as caught:
            await smtp(server.port, **block).probe()
        assert SECRET not in str(caught.value)


async def test_a_mail_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="no connection"):
        await smtp(1).probe()


async def test_what_has_waited_for_long_is_told_with_why(
    tmp_path: Path, empty_database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    address = f"http://127.0.0.1:{free_port()}"
    chat = {"matrix": {"homeserver": address, "user_id": "@bot:example.org", "access_token": "syt_x"}}

    async def of_the_outbox() -> list[str]:
        _, lines = await checked(tmp_path, capsys, empty_database_url, chat=chat)
        return [line for line in lines if "outbox" in line]

    assert await of_the_outbox() == []
    assert klatsch(tmp_path, "say", "open Ceph is slow").returncode == 0
    (waiting,) = await of_the_outbox()
    assert "outbox: nothing has waited for long" in waiting
    database = Database(empty_database_url)
    with database.write() as connection:
        connection.execute(update(outbox).values(first_at=datetime(2026, 11, 22, tzinfo=UTC)))
        whys = {"errors": '["matrix: cannot connect", "matrix, new rooms: the homeserver takes no more for now"]'}
        connection.execute(update(outbox).where(outbox.c.kind == "open_room").values(whys))
    database.close()
    late = await of_the_outbox()
    assert {line.split()[0] for line in late} == {"warning"}
    (room,) = [line for line in late if "outbox.open_room: 1 waiting, the first for" in line]
    assert room.endswith(": matrix, new rooms: the homeserver takes no more for now")
    assert "waits behind another one, or no bot runs" in next(line for line in late if "outbox.refresh_card" in line)


async def test_slack_is_tried_without_a_database_and_each_lack_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with SlackServer(scopes=ALL_SCOPES - {"pins:write", "bookmarks:write"}) as slack:
        ana = slack.person("ana")
        slack.has_channel("incidents", ana)
        slack.usergroup("sre", [ana])

        async def checked_with(**block: Any) -> str:
            tokens = {"bot_token": slack.bot_token, "app_token": slack.app_token, "api_url": slack.api_url}
            chat = {"slack": {**tokens, "announce": "#incidents", "groups": ["@sre"], **block}}
            _, lines = await checked(tmp_path, capsys, f"sqlite:///{tmp_path}/none.db", chat=chat)
            return next(line for line in lines if "chat.slack" in line)

        lacking = await checked_with()
        assert lacking.startswith("problem")
        for scope in ("`pins:write`", "`bookmarks:write`"):
            assert scope in lacking
        slack.scopes = ALL_SCOPES
        assert (await checked_with()).startswith("ok")
        assert "there is no channel #incident;" in await checked_with(announce="#incident")
        assert "C0NOWHERE is no channel that the bot can see" in await checked_with(announce="C0NOWHERE")
        assert "there is no user group @dba" in await checked_with(groups=["dba", "@sre"])
        wrong = await checked_with(bot_token="xoxb-another")
        assert "refuses the bot_token (invalid_auth)" in wrong
        assert "xoxb-another" not in wrong
    assert not (tmp_path / "none.db").exists()


async def test_each_digest_says_when_it_is_sent_next_and_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    teams = {"storage": {"services": ["compute"], "to": ["ops@example.org", "console:storage"], "cron": "tue 10:00"}}
    weekly = {"zone": "Europe/Berlin", "holidays": ["DE-BE"], "teams": teams}
    async with SmtpServer() as smtp:
        mailing = {"email": {"type": "smtp", "port": smtp.port, "from": "klatsch@example.org"}}
        code, lines = await checked(
            tmp_path,
            capsys,
            digest=weekly,
            paging=mailing,
            people={},
            oncall={},
            routes=[{"match": {"a": "b"}, "service": "compute"}],
            chat={"console": {"folder": str(tmp_path / "rooms")}},
        )
    assert code == 0
    (everybody, storage) = [line for line in lines if line.startswith("ok       digest")]
    assert re.fullmatch(
        r"ok       digest: the next one is sent on (Mon|Tue|Wed|Thu|Fri) \d\d \w{3} \d{4} 09:00 CES?T "
        r"to the announcement room of console",
        everybody,
    )
    assert "digest.teams.storage: the next one is sent on " in storage
    assert storage.endswith(" to ops@example.org by mail and storage on console")


async def test_a_holiday_of_nowhere_and_a_room_that_is_not_there_are_problems(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with SlackServer() as slack:
        slack.has_channel("incidents", slack.person("ana"))
        tokens = {"bot_token": slack.bot_token, "app_token": slack.app_token, "api_url": slack.api_url}
        weekly = {"holidays": ["DE-BX", "2026-12-24"], "to": ["announce", "#nowhere"]}
        chat = {"slack": {**tokens, "announce": "#incidents"}}
        code, lines = await checked(tmp_path, capsys, digest=weekly, chat=chat)
    assert code == 1
    problems = only(lines, "problem")
    assert "problem  digest.holidays: there is no country or part of one `DE-BX`. Did you mean `DE`?" in problems
    (room,) = [line for line in problems if line.startswith("problem  chat.slack: ")]
    assert "there is no channel #nowhere" in room


async def test_the_coffee_is_looked_at_also_where_no_digest_is_sent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with SlackServer() as slack:
        slack.has_channel("incidents", slack.person("ana"))
        tokens = {"bot_token": slack.bot_token, "app_token": slack.app_token, "api_url": slack.api_url}
        coffee = {"cron": "thu 10:00", "zone": "Europe/Berlin", "holidays": ["DE-BX"], "to": ["#coffee"]}
        chat = {"slack": {**tokens, "announce": "#incidents"}}
        code, lines = await checked(tmp_path, capsys, coffee=coffee, chat=chat)
    assert code == 1
    problems = only(lines, "problem")
    assert [line for line in problems if line.startswith("problem  coffee.holidays: there is no country")]
    assert [line for line in problems if "there is no channel #coffee" in line]
    assert [line for line in lines if line.startswith("ok       digest")] == []
