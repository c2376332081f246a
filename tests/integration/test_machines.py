"""What machines post, against the served bot: bad input, bad days, and the day after."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

import adapters.web.machines
import bot.inbox
import storage.engine
from adapters.web.machines import BODY_LIMIT
from bot.incident.model import Status
from bot.terminal.say import exported
from tests.integration.served_bot import (
    EVIL,
    FIRING,
    FIXTURES,
    RESOLVED,
    Bot,
    a_message,
    ack_path,
    an_alert,
    bot_on,
    locked,
)
from tests.servers.klatsch import BEARER, TOKEN, incidents, klatsch, serving, write_config
from tests.until import PATIENCE, until

# Accepted is stored


def test_what_was_answered_with_200_survives_a_kill(tmp_path: Path, database_url: str) -> None:
    write_config(tmp_path, database_url)
    with serving(tmp_path) as served:
        assert served.post(FIRING).status_code == 200
        served.process.kill()
        served.process.wait(PATIENCE)
    (incident,) = incidents(tmp_path)
    assert [alert["fingerprint"] for alert in incident["alerts"]] == ["df16b7d9b1bf998e"]


async def test_who_asks_for_a_websocket_is_refused_and_the_next_request_is_answered(bot_: Bot) -> None:
    asked = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "a" * 24,
    }
    refused = await bot_.client.get(f"{bot_.url}/healthz", headers=asked)
    assert (refused.status_code, refused.content) == (400, b"")
    assert (await bot_.get("/healthz")).status_code == 200


# What many messages amount to


async def test_a_repeat_changes_nothing(bot_: Bot) -> None:
    for _ in range(5):
        assert (await bot_.post(FIRING)).json() == {"status": "ok", "alerts": 1}
    (incident,) = bot_.klatsch.lookups.recent()
    assert (incident.alerts_total, incident.alerts_firing) == (1, 1)
    assert len(bot_.klatsch.lookups.history(1)) == incident.version < 5


async def test_who_ends_what_still_fires_reads_its_name(tmp_path: Path, database_url: str) -> None:
    async with bot_on(tmp_path, database_url) as bot_:
        alerts = [an_alert(n, labels={"alertname": f"Down{n}", "severity": "critical"}) for n in (1, 2, 3, 4)]
        await bot_.post(json.dumps(a_message(*alerts, an_alert(9, status="resolved"))).encode())
        resolved = klatsch(tmp_path, "say", "INC-1 resolve").stdout.replace("\n", " ")
        assert "4 alerts still fire (Down1, Down2, Down3 and more)." in resolved
        await bot_.post(json.dumps(a_message(*(alert | {"status": "resolved"} for alert in alerts[1:]))).encode())
        closed = klatsch(tmp_path, "say", "INC-1 close").stdout.replace("\n", " ")
        assert "1 alert still fires (Down1)." in closed


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


async def test_ten_thousand_alerts_in_one_message_are_taken_and_nobody_waits_for_them(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # How soon is measured elsewhere.
    monkeypatch.setattr(adapters.web.machines, "ANSWERED_WITHIN", 2 * PATIENCE)
    monkeypatch.setattr(storage.engine, "PATIENCE", 2 * PATIENCE)
    storm = json.dumps(a_message(*(an_alert(number) for number in range(10_000)))).encode()
    async with bot_on(tmp_path, database_url) as bot_:
        posting = asyncio.ensure_future(bot_.post(storm, timeout=2 * PATIENCE))
        # By the clock of our own work: a machine that does something else meanwhile keeps nobody from an answer.
        slowest, asked, first = 0.0, 0, time.process_time()
        while not posting.done():
            begun = time.process_time()
            assert (await bot_.get("/healthz")).status_code == 200
            slowest, asked = max(slowest, time.process_time() - begun), asked + 1
        assert (await posting).json() == {"status": "ok", "alerts": 10_000}
        assert asked > 3
        # Many times what it takes. A bot that is busy with the storm needs nearly as long as the storm.
        assert slowest < max(1.5, (time.process_time() - first) / 2)
        (incident,) = bot_.klatsch.lookups.recent()
        assert incident.alerts_firing == 10_000


@pytest.mark.parametrize("bound", ["QUEUE", "QUEUE_ALERTS"])
async def test_a_full_queue_turns_senders_away_until_there_is_room(
    bound: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot.inbox, bound, 3)
    # Nobody is answered because the lock takes long.
    monkeypatch.setattr(storage.engine, "BUSY_SECONDS", 2 * PATIENCE)
    monkeypatch.setattr(adapters.web.machines, "ANSWERED_WITHIN", 2 * PATIENCE)
    file = tmp_path / "klatsch.db"
    async with bot_on(tmp_path, f"sqlite:///{file}") as bot_:
        writer = bot_.klatsch.writer
        # Whatever the bot itself asked for when it began is done before this.
        assert (await bot_.post(FIRING)).status_code == 200
        async with locked(file):
            posting = [asyncio.ensure_future(bot_.post(FIRING)) for _ in range(12)]

            def turned_away() -> list[httpx.Response]:
                return [task.result() for task in posting if task.done()]

            def taken() -> int:
                return sum(not item.answer.done() for item in (*writer._batch, *writer._queue))

            # Three wait, or are being done; with a batch of up to three that was begun before, that is six.
            await until(lambda: len(turned_away()) + taken() == 12, "the last of them")
            assert 6 <= len(turned_away()) <= 9
            for answer in turned_away():
                assert answer.status_code == 503
                assert int(answer.headers["Retry-After"]) > 0
            waiting = [task for task in posting if not task.done()]
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
        pages.append(exported(bot_.klatsch.config, "INC-1", "html", public=public))
        plain.append(exported(bot_.klatsch.config, "INC-1", "md", public=public))
    for text in pages:
        assert "alert(1)" in text
        assert not any(markup in text for markup in ("<script", "<img src=x"))
    for text in (*pages, *plain):
        assert "alert(1)" in text
        assert not any(control in text for control in ("\x1b", "\x07", "\x9b", "\u202e"))


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
