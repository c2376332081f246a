"""What machines post and thumbs press, against the served bot: bad input, bad days, and the day after."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from itsdangerous import TimestampSigner, URLSafeTimedSerializer
from prometheus_client.parser import text_string_to_metric_families

import bot.inbox
from adapters.web.acknowledge import VALID_FOR
from adapters.web.machines import BODY_LIMIT
from bot.config import load
from bot.incident.model import Status
from bot.main import Klatsch, shown
from bot.ports import Said
from bot.terminal import exported
from tests.contract.servers.ntfy import NtfyServer
from tests.servers.klatsch import BASIC, BEARER, TOKEN, incidents, klatsch, paging, serving, write_config
from tests.servers.stoppable import StoppablePostgres, stoppable_postgres
from tests.until import until

FIXTURES = Path(__file__).parent.parent / "fixtures" / "alertmanager"
FIRING = (FIXTURES / "firing_single.json").read_bytes()
RESOLVED = (FIXTURES / "resolved_single.json").read_bytes()
EVIL = '<script>alert(1)</script>"><img src=x>\x1b[31mred\x1b]0;owned\x07\x9b1m\u202e'


class Bot:
    """A bot that serves in this process, and a client that talks to its listeners."""

    def __init__(self, klatsch: Klatsch, urls: list[str], client: httpx.AsyncClient) -> None:
        self.klatsch = klatsch
        self.url, *self.others = urls
        self.client = client

    async def post(self, body: bytes | Mapping[str, Any], name: str = "prometheus", **options: Any) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.client.post(f"{self.url}/alerts/{name}", content=content, **{"headers": BEARER, **options})

    async def get(self, path: str) -> httpx.Response:
        return await self.client.get(f"{self.url}{path}")

    async def says(self, line: str) -> str:
        """What a terminal shows when somebody types `line`."""
        said = Said(platform="terminal", room="", by="ana", line=line)
        return shown(await self.klatsch.conversation.said(said), 100, colour=False)

    async def until_posted(self, body: bytes, status: int) -> httpx.Response:
        """Post until it is answered with `status`."""

        async def posted() -> httpx.Response | None:
            answer = await self.post(body)
            return answer if answer.status_code == status else None

        return await until(posted, f"an answer with {status}")


@asynccontextmanager
async def bot_on(folder: Path, database_url: str, **sections: Any) -> AsyncIterator[Bot]:
    config = load(write_config(folder, database_url, **sections), {})
    async with (
        Klatsch(config).running() as running,
        httpx.AsyncClient(timeout=20, trust_env=False) as client,
    ):
        yield Bot(running.klatsch, [listener.url for listener in running.listeners], client)


@pytest.fixture
async def bot_(tmp_path: Path, database_url: str) -> AsyncIterator[Bot]:
    async with bot_on(tmp_path, database_url) as bot_:
        yield bot_


def an_alert(number: int = 1, **changed: Any) -> dict[str, Any]:
    return {
        "status": "firing",
        "labels": {"alertname": "NodeDown", "severity": "critical", "instance": f"node{number}", "az": "az1"},
        "annotations": {"summary": f"node{number} is down"},
        "startsAt": "2026-11-22T02:20:01Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example.org/graph?g0.expr=up",
        "fingerprint": f"{number:016x}",
        **changed,
    }


def a_message(*alerts: Mapping[str, Any], **changed: Any) -> dict[str, Any]:
    return {"version": "4", "groupKey": '{}:{az="az1"}', "status": "firing", "alerts": list(alerts), **changed}


# Accepted is stored


def test_what_was_answered_with_200_survives_a_kill(tmp_path: Path, database_url: str) -> None:
    write_config(tmp_path, database_url)
    with serving(tmp_path) as served:
        assert served.post(FIRING).status_code == 200
        served.process.kill()
        served.process.wait(10)
    (incident,) = incidents(tmp_path)
    assert [alert["fingerprint"] for alert in incident["alerts"]] == ["df16b7d9b1bf998e"]


# What many messages amount to


async def test_a_repeat_changes_nothing(bot_: Bot) -> None:
    for _ in range(5):
        assert (await bot_.post(FIRING)).json() == {"status": "ok", "alerts": 1}
    (incident,) = bot_.klatsch.lookups.recent()
    assert (incident.alerts_total, incident.alerts_firing) == (1, 1)
    assert len(bot_.klatsch.lookups.history(1)) == incident.version < 5


async def test_copies_of_two_senders_that_arrive_at_once_are_one_incident(bot_: Bot) -> None:
    answers = await asyncio.gather(*(bot_.post(FIRING) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    (incident,) = bot_.klatsch.lookups.recent()
    assert incident.alerts_total == 1


async def test_an_alert_that_was_over_before_we_heard_of_it_opens_nothing(bot_: Bot) -> None:
    for body in (RESOLVED, FIRING, RESOLVED):
        assert (await bot_.post(body)).status_code == 200
    assert bot_.klatsch.lookups.recent() == []


async def test_a_mixed_group_clears_some_and_fires_others(bot_: Bot) -> None:
    mixed = json.loads((FIXTURES / "mixed_1_resolved_2_firing.json").read_bytes())
    all_firing = {
        **mixed,
        "alerts": [{**alert, "status": "firing", "endsAt": "0001-01-01T00:00:00Z"} for alert in mixed["alerts"]],
    }
    await bot_.post(all_firing)
    await bot_.post(mixed)
    (incident,) = bot_.klatsch.lookups.recent()
    assert (incident.alerts_total, incident.alerts_firing, incident.status) == (3, 2, Status.TRIAGE)


async def test_a_group_that_resolves_as_a_whole_resolves_what_its_message_left_out(bot_: Bot) -> None:
    four = [an_alert(number) for number in range(4)]
    ended = {"status": "resolved", "endsAt": "2026-11-22T02:30:01Z"}
    await bot_.post(a_message(*four))
    await bot_.post(a_message({**four[0], **ended}, {**four[1], **ended}, status="resolved", truncatedAlerts=2))
    (incident,) = bot_.klatsch.lookups.recent()
    assert (incident.alerts_total, incident.alerts_firing) == (4, 0)
    assert incident.status is Status.INVESTIGATING  # what clears proposes; people resolve


async def test_fields_nobody_told_us_of_are_no_reason_to_lose_an_alert(bot_: Bot) -> None:
    body = a_message(an_alert(new=[1, {"deep": None}]), notification_reason="new alerts added", routeLabels={})
    assert (await bot_.post(body)).status_code == 200
    assert len(bot_.klatsch.lookups.recent()) == 1


async def test_text_that_databases_dislike_is_stored_without_it(bot_: Bot) -> None:
    nasty = {"alertname": "Nul\0", "severity": "critical", "az": EVIL, "region": "x" * 5000, "k\0": "💥" * 5000}
    alert = an_alert(labels=nasty, annotations={"summary": f"\0{EVIL}"}, generatorURL="http://e/\0")
    answer = await bot_.post(a_message(alert, groupKey="\0" + os.urandom(8000).hex()))
    assert (answer.status_code, answer.text) == (200, '{"status":"ok","alerts":1}')
    (incident,) = bot_.klatsch.lookups.recent()
    assert incident.title.startswith("<script>")
    assert incident.title.isprintable()


async def test_a_group_by_value_longer_than_an_index_row_holds_no_other_sender_up(bot_: Bot) -> None:
    long = an_alert(labels={"severity": "critical", "region": os.urandom(2000).hex()})
    answers = await asyncio.gather(bot_.post(a_message(long)), bot_.post(FIRING))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert len(bot_.klatsch.lookups.recent()) == 2


# Refused


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status", "said"),
    [
        pytest.param("POST", "prometheus", BEARER, b"{", 400, "This is not JSON", id="no JSON"),
        pytest.param("POST", "prometheus", BEARER, b"\xff\xfe", 400, "This is not", id="no UTF-8"),
        pytest.param("POST", "prometheus", BEARER, b"", 400, "This is not JSON", id="no body"),
        pytest.param("POST", "prometheus", BEARER, b'{"a": 1}', 400, "not an Alertmanager message", id="other JSON"),
        pytest.param("POST", "prometheus", BEARER, b"[" * 100_000, 400, "This is not", id="100,000 brackets"),
        pytest.param("POST", "prometheus", {}, FIRING, 401, "missing or wrong", id="no token"),
        pytest.param("POST", "prometheus", {"Authorization": "Bearer x"}, FIRING, 401, "wrong", id="wrong token"),
        pytest.param("POST", "prometheus", {"Authorization": TOKEN}, FIRING, 401, "wrong", id="no scheme"),
        pytest.param("POST", "prometheus", {"Authorization": f"Basic {TOKEN}"}, FIRING, 401, "wrong", id="basic"),
        pytest.param("POST", "prometheus", {}, b"{", 401, "missing or wrong", id="a stranger learns nothing"),
        pytest.param("POST", "nagios", BEARER, FIRING, 404, "no such entry under `alerts:`", id="unknown name"),
        pytest.param("POST", "prometheus/x", BEARER, FIRING, 404, "", id="a deeper path"),
        pytest.param("GET", "prometheus", BEARER, b"", 405, "", id="GET"),
        pytest.param("PUT", "prometheus", BEARER, FIRING, 405, "", id="PUT"),
        pytest.param("DELETE", "prometheus", BEARER, b"", 405, "", id="DELETE"),
    ],
)
@pytest.mark.parametrize("shared", [False, True], ids=["alone", "beside the status page"])
async def test_what_is_refused_says_why_and_stores_nothing(
    tmp_path: Path, shared: bool, method: str, path: str, headers: dict[str, str], body: bytes, status: int, said: str
) -> None:
    page = {"status": {"page": {"type": "builtin", "listen": "127.0.0.1:0"}}} if shared else {}
    async with bot_on(tmp_path, f"sqlite:///{tmp_path}/klatsch.db", **page) as bot_:
        answer = await bot_.client.request(method, f"{bot_.url}/alerts/{path}", headers=headers, content=body)
        assert answer.status_code == status, answer.text
        assert said in answer.text
        assert TOKEN not in answer.text
        assert ("WWW-Authenticate" in answer.headers) == (status == 401)
        assert bot_.klatsch.lookups.recent() == []


async def chunks(size: int) -> AsyncIterator[bytes]:
    for start in range(0, size, 1 << 20):
        yield b" " * min(1 << 20, size - start)


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "in chunks"])
async def test_a_body_beyond_the_limit_is_refused_and_the_next_request_works(tmp_path: Path, declared: bool) -> None:
    async with bot_on(tmp_path, f"sqlite:///{tmp_path}/klatsch.db") as bot_:
        size = BODY_LIMIT + 1
        headers = {**BEARER, "Content-Length": str(size)} if declared else BEARER
        answer = await bot_.client.post(f"{bot_.url}/alerts/prometheus", content=chunks(size), headers=headers)
        assert answer.status_code == 413
        assert "16 MB" in answer.text
        assert "max_alerts" in answer.text
        assert (await bot_.post(FIRING)).status_code == 200


async def test_a_body_of_exactly_the_limit_is_accepted(bot_: Bot) -> None:
    message = json.dumps(a_message(an_alert())).encode()
    assert (await bot_.post(message + b" " * (BODY_LIMIT - len(message)))).status_code == 200


async def test_a_sender_that_hangs_up_half_way_disturbs_nobody(bot_: Bot) -> None:
    host, port = bot_.url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        f"POST /alerts/prometheus HTTP/1.1\r\nHost: k\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: 1000\r\n\r\n".encode()
    )
    writer.write(FIRING[:100])
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    assert (await bot_.post(FIRING)).status_code == 200


# Load


async def test_ten_thousand_alerts_in_one_message_are_taken_and_nobody_waits_for_them(bot_: Bot) -> None:
    storm = json.dumps(a_message(*(an_alert(number) for number in range(10_000)))).encode()
    posting = asyncio.ensure_future(bot_.post(storm))
    slowest, asked = 0.0, 0
    while not posting.done():
        begun = time.monotonic()
        assert (await bot_.get("/healthz")).status_code == 200
        slowest, asked = max(slowest, time.monotonic() - begun), asked + 1
    assert (await posting).json() == {"status": "ok", "alerts": 10_000}
    assert asked > 3
    assert slowest < 1.5  # many times what it takes; a bot that is busy with the storm needs longer than that
    (incident,) = bot_.klatsch.lookups.recent()
    assert incident.alerts_firing == 10_000


LOCK = """
import sqlite3, sys
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""


@asynccontextmanager
async def locked(file: Path) -> AsyncIterator[None]:
    """Another process holds the database's write lock."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", LOCK, file, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"locked\n"
        yield
    finally:
        await process.communicate(b"")


@pytest.mark.parametrize("bound", ["QUEUE", "QUEUE_ALERTS"])
async def test_a_full_queue_turns_senders_away_until_there_is_room(
    bound: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot.inbox, bound, 3)
    file = tmp_path / "klatsch.db"
    async with bot_on(tmp_path, f"sqlite:///{file}") as bot_:
        async with locked(file):
            posting = [asyncio.ensure_future(bot_.post(FIRING)) for _ in range(12)]
            done, waiting = await asyncio.wait(posting, timeout=3)
            assert 3 <= len(waiting) <= 6  # three wait, for a batch of one to three that is being done
            for task in done:
                assert task.result().status_code == 503
                assert int(task.result().headers["Retry-After"]) > 0
        assert {answer.status_code for answer in await asyncio.gather(*waiting)} == {200}
        assert (await bot_.post(FIRING)).status_code == 200


async def test_a_locked_database_is_503_and_recovers_by_itself(tmp_path: Path) -> None:
    file = tmp_path / "klatsch.db"
    async with bot_on(tmp_path, f"sqlite:///{file}") as bot_:
        async with locked(file):
            answer = await bot_.post(FIRING)
            assert answer.status_code == 503
            assert int(answer.headers["Retry-After"]) > 0
            assert (await bot_.get("/healthz")).status_code == 200
        assert (await bot_.post(FIRING)).status_code == 200
        assert len(bot_.klatsch.lookups.recent()) == 1


# Acknowledging from a link


def ack_path(number: int = 1, person: str = "ana", *, key: str = "", age: int = 0) -> str:
    """The path of a link as the bot signs it, made `age` seconds ago."""
    serializer = URLSafeTimedSerializer(key or BASIC["security"]["signing_key"], salt="acknowledge")
    signer = serializer.make_signer(b"acknowledge")
    assert isinstance(signer, TimestampSigner)
    made = signer.get_timestamp() - age
    # An old link, made now.
    signer.get_timestamp = lambda: made
    return f"/ack/{signer.sign(serializer.dump_payload([number, person])).decode()}"


@asynccontextmanager
async def paged(folder: Path, database_url: str) -> AsyncIterator[tuple[Bot, str]]:
    """INC-1 with ana paged, and the path of the link that was on her phone."""
    async with NtfyServer() as phone, bot_on(folder, database_url, **paging(phone.url)) as bot_:
        await bot_.post(FIRING)
        await until(lambda: phone.published, "the page")
        ((action, *_),) = [message["actions"] for message in phone.published]
        assert action["url"].startswith(f"{bot_.url}/ack/")
        yield bot_, action["url"].removeprefix(bot_.url)


async def test_looking_acknowledges_nothing_and_pressing_does(tmp_path: Path, database_url: str) -> None:
    async with paged(tmp_path, database_url) as (bot_, link):
        before = bot_.klatsch.lookups.recent()
        page = await bot_.get(link)
        assert page.status_code == 200
        assert "Acknowledge as Ana Ruiz" in page.text
        assert 'method="post"' in page.text
        for answer in (
            await bot_.client.head(bot_.url + link),
            await bot_.client.head(bot_.url + link, headers={"User-Agent": "MailScanner"}),
        ):
            assert (answer.status_code, answer.content) == (200, b"")
        assert (await bot_.client.request("OPTIONS", bot_.url + link)).status_code == 405
        assert bot_.klatsch.lookups.recent()[0].paging == before[0].paging

        pressed = await bot_.client.post(bot_.url + link)
        assert "It is yours, Ana Ruiz." in pressed.text
        paging_now = bot_.klatsch.lookups.recent()[0].paging
        assert paging_now is not None
        assert paging_now.acknowledged_by == "ana"

        again = await bot_.client.post(bot_.url + link)
        assert (again.status_code, "It is yours, Ana Ruiz." in again.text) == (200, True)
        assert "It is yours, Ana Ruiz." in (await bot_.get(link)).text
        history = [recorded.event for recorded in bot_.klatsch.lookups.history(1)]
        assert sum(type(event).__name__ == "PageAcknowledged" for event in history) == 1


async def test_who_comes_second_reads_who_has_it(tmp_path: Path, database_url: str) -> None:
    async with paged(tmp_path, database_url) as (bot_, link):
        await bot_.client.post(bot_.url + link)
        for answer in (await bot_.get(ack_path(1, "ben")), await bot_.client.post(bot_.url + ack_path(1, "ben"))):
            assert answer.status_code == 200
            assert "Ana Ruiz has it already." in answer.text


async def test_a_link_to_what_is_over_says_so(tmp_path: Path, database_url: str) -> None:
    async with paged(tmp_path, database_url) as (bot_, link):
        assert klatsch(tmp_path, "say", "INC-1 resolve").returncode == 0
        for answer in (await bot_.get(link), await bot_.client.post(bot_.url + link)):
            assert answer.status_code == 200
            assert "It is resolved already." in answer.text


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        pytest.param("/ack/nonsense", 404, "not one of ours", id="nonsense"),
        pytest.param(ack_path()[:-4], 404, "cut off", id="cut off"),
        pytest.param(ack_path(key="x" * 32), 404, "not one of ours", id="signed by somebody else"),
        pytest.param(ack_path(age=VALID_FOR + 60), 410, "too old", id="too old"),
        pytest.param(ack_path(99), 404, "not one of ours", id="an incident that is not there"),
        pytest.param("/ack/%00%1b%3Cscript%3E", 404, "not one of ours", id="markup"),
        pytest.param("/ack/" + "A" * 20_000, 404, "not one of ours", id="20,000 characters"),
    ],
)
async def test_a_link_that_is_no_good_says_so_and_acknowledges_nothing(
    tmp_path: Path, path: str, status: int, said: str
) -> None:
    async with bot_on(tmp_path, f"sqlite:///{tmp_path}/klatsch.db") as bot_:
        await bot_.post(FIRING)
        for answer in (await bot_.get(path), await bot_.client.post(bot_.url + path)):
            assert answer.status_code == status
            assert "Nothing was acknowledged" in answer.text
            assert said in answer.text
            assert "<script>" not in answer.text
        assert bot_.klatsch.lookups.recent()[0].paging is None


async def test_a_link_of_almost_a_week_ago_still_opens(tmp_path: Path) -> None:
    async with bot_on(tmp_path, f"sqlite:///{tmp_path}/klatsch.db") as bot_:
        await bot_.post(FIRING)
        assert "Acknowledge as Ana Ruiz" in (await bot_.get(ack_path(age=VALID_FOR - 60))).text


async def test_a_token_of_another_shape_is_a_broken_link(tmp_path: Path) -> None:
    signed = URLSafeTimedSerializer(BASIC["security"]["signing_key"], salt="acknowledge").dumps({"a": 1})
    async with bot_on(tmp_path, f"sqlite:///{tmp_path}/klatsch.db") as bot_:
        assert (await bot_.get(f"/ack/{signed}")).status_code == 404


# Somebody else's words


async def test_what_an_alert_says_is_shown_raw_nowhere(tmp_path: Path, database_url: str) -> None:
    page = {"page": {"type": "builtin", "listen": "127.0.0.1:0", "components": [{"id": "api", "name": "API"}]}}
    async with bot_on(tmp_path, database_url, status=page) as bot_:
        labels = {"alertname": EVIL, "severity": "critical", "az": EVIL, "service": EVIL, EVIL: EVIL}
        await bot_.post(a_message(an_alert(labels=labels, annotations={"summary": EVIL, "description": EVIL})))
        for line in (f"INC-1 publish investigating {EVIL} comp=api:degraded_performance", "INC-1 publish approve"):
            assert "✗" not in await bot_.says(line)

        async def told() -> httpx.Response | None:
            page = await bot_.get("/")
            return page if "alert(1)" in page.text else None

        public = await until(told, "the post on the status page")
        pages = [public.text, (await bot_.get(ack_path())).text, (await bot_.get("/incidents/INC-1")).text]
        pages.append((await bot_.get("/feed.atom")).text)
        plain = [await bot_.says(line) for line in ("list", "INC-1 status", "INC-1 timeline", "INC-1 catchup")]
    plain.append(klatsch(tmp_path, "say", "INC-1 status").stdout)
    for public in (False, True):
        pages.append(str(exported(bot_.klatsch.config, "INC-1", "html", public=public)))
        plain.append(str(exported(bot_.klatsch.config, "INC-1", "md", public=public)))
    for text in pages:
        assert "alert(1)" in text
        assert not any(markup in text for markup in ("<script", "<img src=x"))
    for text in (*pages, *plain):
        assert "alert(1)" in text
        assert not any(control in text for control in ("\x1b", "\x07", "\x9b", "\u202e"))


# Health and numbers


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


async def test_ready_says_so(bot_: Bot) -> None:
    assert (await bot_.get("/healthz")).json() == {"status": "ok"}
    answer = await bot_.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "problems": []})


# The status page


@pytest.mark.parametrize(("listen", "apart"), [("127.0.0.1:0", False), ("localhost:0", True)])
async def test_the_status_page_has_its_own_address_or_shares_the_machines(
    tmp_path: Path, listen: str, apart: bool
) -> None:
    page = {"page": {"type": "builtin", "listen": listen, "title": "Example Cloud"}}
    async with bot_on(tmp_path, f"sqlite:///{tmp_path}/klatsch.db", status=page) as bot_:
        assert len(bot_.others) == apart
        public = bot_.others[0] if apart else bot_.url
        assert "Example Cloud" in (await bot_.client.get(f"{public}/")).text
        assert (await bot_.client.get(f"{public}/api/v2/status.json")).status_code == 200
        assert (await bot_.get("/healthz")).status_code == 200
        assert (await bot_.post(FIRING)).status_code == 200
        assert (await bot_.get("/no-such-page")).status_code == 404
        if apart:
            assert (await bot_.get("/")).status_code == 404
            for path in ("/metrics", "/healthz", "/readyz", "/ack/x"):
                assert (await bot_.client.get(f"{public}{path}")).status_code == 404


# The database goes away and comes back


@pytest.fixture
def stoppable() -> Iterator[StoppablePostgres]:
    with (
        tempfile.TemporaryDirectory(prefix="klatsch-postgres-", ignore_cleanup_errors=True) as name,
        stoppable_postgres(Path(name)) as server,
    ):
        yield server


async def test_a_bot_outlives_its_postgresql(tmp_path: Path, stoppable: StoppablePostgres) -> None:
    async with NtfyServer() as phone, bot_on(tmp_path, stoppable.url, **paging(phone.url)) as bot_:
        assert (await bot_.post(FIRING)).status_code == 200
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
        assert (await bot_.get("/readyz")).status_code == 200
        await until(lambda: len(phone.published) == 2, "the page of the second incident")
        assert len(bot_.klatsch.lookups.recent()) == 2
