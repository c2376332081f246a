"""A real Alertmanager posts to a served Klatsch: what a team sees on its first day, and on a bad one."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.incident.model import Refused
from tests.servers.alertmanager import Alertmanager, alertmanager
from tests.servers.klatsch import TOKEN, incidents, klatsch, serving, write_config
from tests.servers.processes import free_port
from tests.until import PATIENCE, wait_until

CONFIGURATION = """
route:
  receiver: klatsch
  group_by: [alertname, az]
  group_wait: 200ms
  group_interval: 1s
  repeat_interval: {repeat}
receivers:
  - name: klatsch
    webhook_configs:
      - url: http://127.0.0.1:{port}/alerts/prometheus
        send_resolved: true
        http_config:
          authorization: {{type: Bearer, credentials: {token}}}
"""


BEGAN = datetime.now(UTC).isoformat()


def node_down(node: int, *, ended: bool = False) -> dict[str, Any]:
    now = datetime.now(UTC)
    alert = {
        "startsAt": BEGAN,
        "labels": {"alertname": "NodeDown", "severity": "critical", "az": "az1", "instance": f"node{node}"},
        "annotations": {"summary": f"node{node} is down"},
        "generatorURL": "http://prometheus.example.org/graph?g0.expr=up",
    }
    return alert | ({"endsAt": now.isoformat()} if ended else {"endsAt": (now + timedelta(hours=1)).isoformat()})


@pytest.fixture
def port(tmp_path: Path) -> int:
    """The port that Klatsch will listen on; its configuration is in `tmp_path`."""
    port = free_port()
    write_config(tmp_path, f"sqlite:///{tmp_path}/klatsch.db", http={"listen": f"127.0.0.1:{port}"})
    return port


@contextlib.contextmanager
def sender(port: int, repeat: str = "1h") -> Iterator[Alertmanager]:
    with alertmanager(CONFIGURATION.format(port=port, token=TOKEN, repeat=repeat)) as running:
        yield running


def exported(folder: Path, number: int = 1) -> dict[str, Any] | None:
    """The incident, if there is one."""
    try:
        return incidents(folder, [number])[0]
    except Refused:
        return None


def with_alerts(folder: Path, *states: str) -> Callable[[], dict[str, Any] | None]:
    """INC-1 once its alerts are in these states."""

    def look() -> dict[str, Any] | None:
        incident = exported(folder)
        held = sorted(alert["status"] for alert in incident["alerts"]) if incident else []
        return incident if held == sorted(states) else None

    return look


def requests(url: str) -> float:
    """How many messages were accepted so far."""
    for line in httpx.get(f"{url}/metrics", timeout=PATIENCE, trust_env=False, verify=False).text.splitlines():
        if line.startswith("klatsch_alert_requests_total") and 'code="200"' in line:
            return float(line.rpartition(" ")[2])
    return 0


def test_what_fires_opens_one_incident_and_what_clears_only_proposes(tmp_path: Path, port: int) -> None:
    with serving(tmp_path), sender(port) as prometheus:
        prometheus.add([node_down(1), node_down(2)])
        incident = wait_until(with_alerts(tmp_path, "firing", "firing"), "the incident")
        assert (incident["status"], incident["severity"]) == ("investigating", "sev1")
        assert {alert["labels"]["instance"] for alert in incident["alerts"]} == {"node1", "node2"}

        prometheus.add([node_down(1, ended=True), node_down(2, ended=True)])
        incident = wait_until(with_alerts(tmp_path, "resolved", "resolved"), "the all-clear")
        assert incident["status"] == "investigating"
        assert all(alert["ends_at"] for alert in incident["alerts"])
        assert "All clear" in klatsch(tmp_path, "say", "INC-1 status").stdout
        assert exported(tmp_path, 2) is None


def test_what_fires_while_klatsch_is_down_is_delivered_when_it_is_back(tmp_path: Path, port: int) -> None:
    with sender(port) as prometheus:
        prometheus.add([node_down(1)])
        wait_until(lambda: "connection refused" in prometheus.log.read_text(errors="replace"), "a vain try")
        with serving(tmp_path):
            incident = wait_until(with_alerts(tmp_path, "firing"), "the delivery")
    assert incident["ref"] == "INC-1"


def test_a_repeat_is_accepted_and_does_nothing(tmp_path: Path, port: int) -> None:
    with serving(tmp_path) as served, sender(port, repeat="1s") as prometheus:
        prometheus.add([node_down(1)])
        before = wait_until(with_alerts(tmp_path, "firing"), "the incident")
        seen = requests(served.url)
        wait_until(lambda: requests(served.url) >= seen + 2, "two repeats")
        after = exported(tmp_path)
    assert after == before


def test_two_alertmanagers_that_say_the_same_are_one_incident(tmp_path: Path, port: int) -> None:
    with serving(tmp_path) as served, sender(port) as one, sender(port) as other:
        one.add([node_down(1)])
        other.add([node_down(1)])
        wait_until(lambda: requests(served.url) >= 2, "both messages")
        incident = exported(tmp_path)
        assert incident is not None
        assert len(incident["alerts"]) == 1
        fired = [line for line in incident["timeline"] if line["kind"] in ("opened", "alerts_fired")]
        assert len([line for line in fired if line["kind"] == "opened"]) <= 1
        assert exported(tmp_path, 2) is None
