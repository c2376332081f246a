"""The dead man's switch of a served bot: a Watchdog that stops, kill -9, and the sign of life that goes out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from bot.alerts.heartbeat import Signal
from bot.incident import events as e
from storage.engine import Database
from storage.lookups import SqlLookups
from tests.contract.servers.http import Answer
from tests.contract.servers.pings import UUID, PingServer
from tests.integration.served_bot import bot_on
from tests.servers.alertmanager import alertmanager
from tests.servers.klatsch import BASIC, TOKEN, Served, served_at, serving, write_config
from tests.servers.processes import free_port
from tests.until import PATIENCE, until, wait_until

SENDS_EACH_SECOND = """
route: {{receiver: klatsch, group_by: [alertname], group_wait: 100ms, group_interval: 1s, repeat_interval: 1s}}
receivers:
  - name: klatsch
    webhook_configs:
      - url: http://127.0.0.1:{port}/alerts/prometheus
        http_config: {{authorization: {{type: Bearer, credentials: {token}}}}}
"""
LABELS = {"alertname": "Watchdog", "severity": "none"}
LENGTH = timedelta(seconds=4)


def expecting(length: str) -> list[dict[str, Any]]:
    watchdog = {"match": {"alertname": "Watchdog"}, "heartbeat": length, "open": "active", "severity": "sev2"}
    return [watchdog, *BASIC["routes"]]


def beat(served: Served) -> None:
    now = datetime.now(UTC).isoformat()
    alert = {"status": "firing", "labels": LABELS, "annotations": {}, "startsAt": now, "endsAt": "0001-01-01T00:00:00Z"}
    body = {"version": "4", "groupKey": "g", "status": "firing", "alerts": [alert]}
    assert served.post(json.dumps(body).encode()).status_code == 200


@contextmanager
def looking(folder: Path) -> Iterator[SqlLookups]:
    database = Database(f"sqlite:///{folder}/klatsch.db")
    try:
        yield SqlLookups(database)
    finally:
        database.close()


def turns(lookups: SqlLookups) -> list[type]:
    """Silence and its end, in their order. Either may be over soon."""
    events = [recorded.event for recorded in lookups.history(1)]
    return [type(event) for event in events if isinstance(event, (e.AlertsFired, e.AlertsCleared))]


def heard(lookups: SqlLookups) -> list[Signal]:
    return [signal for signal in lookups.signals() if signal.source]


def test_a_real_watchdog_that_stops_opens_one_incident_and_is_told_of_when_it_is_back(tmp_path: Path) -> None:
    port = free_port()
    write_config(
        tmp_path,
        f"sqlite:///{tmp_path}/klatsch.db",
        http={"listen": f"127.0.0.1:{port}"},
        routes=expecting("4s"),
    )
    ends = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    with serving(tmp_path), looking(tmp_path) as lookups:
        with alertmanager(SENDS_EACH_SECOND.format(port=port, token=TOKEN)) as prometheus:
            prometheus.add([{"labels": LABELS, "endsAt": ends}])
            (first,) = wait_until(lambda: heard(lookups), "the first sign of life")
            came = {first.heard_at}

            def for_longer() -> bool:
                came.add(heard(lookups)[0].heard_at)
                return max(came) - min(came) > LENGTH

            wait_until(for_longer, "signs of life for longer than the length")
            # On a machine that stands still for so long nothing is heard, and that is told; it may be heard since, or not yet.
            told = lookups.recent()
            moments = sorted({*came, *(incident.opened_at for incident in told)})
            assert told == [] or max(b - a for a, b in pairwise(moments)) > LENGTH
        (incident,) = wait_until(lookups.recent, "the incident")
        assert incident.title.startswith("No Watchdog from prometheus for 4s (last heard ")
        with alertmanager(SENDS_EACH_SECOND.format(port=port, token=TOKEN)) as prometheus:
            prometheus.add([{"labels": LABELS, "endsAt": ends}])
            wait_until(lambda: lookups.recent()[0].alerts_firing == 0, "that it is heard again")
        assert [one.status for one in lookups.recent()] == [incident.status]


def test_a_bot_that_is_killed_tells_a_silence_once_and_hears_its_end(tmp_path: Path) -> None:
    write_config(tmp_path, f"sqlite:///{tmp_path}/klatsch.db", routes=expecting("1s"))
    with looking(tmp_path) as lookups:
        with serving(tmp_path) as served:
            beat(served)
            wait_until(lookups.recent, "the incident")
            served.process.kill()
            served.process.wait(PATIENCE)
        silent = heard(lookups)
        assert [bool(signal.silent_at) for signal in silent] == [True]
        with serving(tmp_path, name="again") as served:
            # A look or two of the one that took over.
            wait_until(lambda: served.get("/readyz").status_code == 200, "the bot")
            beat(served)
            wait_until(
                lambda: turns(lookups)[-2:] == [e.AlertsCleared, e.AlertsFired],
                "that it is heard, and the next silence",
            )
        assert [incident.ref for incident in lookups.recent()] == ["INC-1"]


async def test_the_bot_says_outside_that_it_lives_and_tells_when_that_does_not_arrive(tmp_path: Path) -> None:
    async with PingServer() as outside:
        (tmp_path / "heartbeat-url").write_text(f"{outside.url}/ping/{UUID}\n")
        http = {"listen": "127.0.0.1:0", "heartbeat": {"url_file": "heartbeat-url", "method": "POST"}}
        async with bot_on(tmp_path, f"sqlite:///{tmp_path}/klatsch.db", http=http) as bot:
            await until(lambda: outside.alive, "the sign of life")

            async def taken() -> bool:
                return "klatsch_heartbeat_sent 1.0" in (await bot.get("/metrics")).text

            # What is outside has it before the bot has heard that.
            await until(taken, "the bot's word that it was taken")
            assert (await bot.get("/readyz")).json()["troubles"] == []
        outside.orders.append(Answer.of({"error": UUID}, 503))
        async with served_at(tmp_path, arguments=["--log-level", "debug"]) as served:
            troubles = await until(lambda: served.get("/readyz").json()["troubles"], "the trouble")
            assert troubles == [
                'The sign of life does not arrive: http.heartbeat: answered 503 Service Unavailable: {"error": "•••"}'
            ]
            await until(lambda: served.get("/readyz").status_code == 200, "being ready all the same")
            assert "klatsch_heartbeat_sent 0.0" in served.get("/metrics").text
        assert UUID not in served.log.read_text()
