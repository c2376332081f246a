"""A fake PagerDuty. In: the Events API v2 by what https://developer.pagerduty.com/docs/send-alert-event and its schema say, and
stricter: no field that is not documented. Out: webhooks of version 3, signed as
https://developer.pagerduty.com/docs/verifying-webhook-signatures says."""

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.contract.servers.http import Answer, HttpServer, Request

BURST = 120
SIZE = 512 * 1024
EVENT = {
    "routing_key": str,
    "event_action": str,
    "dedup_key": str,
    "payload": dict,
    "client": str,
    "client_url": str,
    "links": list,
    "images": list,
}
PAYLOAD = {
    "summary": str,
    "source": str,
    "severity": str,
    "timestamp": str,
    "component": str,
    "group": str,
    "class": str,
    "custom_details": dict,
}

ANA = {"id": "PANA7Q1", "type": "user_reference", "summary": "Ana Ruiz"}
STRANGER = {"id": "PZED0X9", "type": "user_reference", "summary": "Zed Stranger"}
INTEGRATION = {"id": "PINT3GR", "type": "events_api_v2_inbound_integration_reference", "summary": "Klatsch"}


@dataclass
class Alert:
    """`told` is how many trigger events it has seen."""

    event: dict[str, Any]
    status: str = "triggered"
    told: int = 1


class PagerDutyServer(HttpServer):
    """`events` is what was taken, `alerts` those that were opened, the last one of a key by that; `dropped` what was about none
    that is open. Its webhooks are signed with each of `secrets`."""

    def __init__(self, routing_key: str, *secrets: str) -> None:
        super().__init__(self._answer)
        self.routing_key = routing_key
        self.secrets = secrets
        self.events: list[dict[str, Any]] = []
        self.alerts: dict[str, Alert] = {}
        self.dropped: list[dict[str, Any]] = []
        self.left = BURST
        self._sent = 0

    def _answer(self, request: Request) -> Answer:
        if request.target != "/v2/enqueue" or request.method != "POST":
            return Answer(404)
        self.left -= 1
        if self.left < 0:
            return Answer.of(
                {"status": "throttle exceeded", "message": "Requests for this service are arriving too quickly"}, 429
            )
        if len(request.body) > SIZE:
            return Answer(413)
        try:
            event = json.loads(request.body)
        except ValueError:
            return _refused("Event object format is unrecognized", ["JSON parse error"], "Unrecognized object")
        errors = _errors(event)
        if not errors and event["routing_key"] != self.routing_key:
            errors = ["Invalid routing key"]
        if errors or request.headers.get("content-type") != "application/json":
            return _refused("Event object is invalid", errors, "invalid event")
        self.events.append(event)
        return Answer.of({"status": "success", "message": "Event processed", "dedup_key": self._applied(event)}, 202)

    def _applied(self, event: dict[str, Any]) -> str:
        key = str(event.get("dedup_key") or f"made-up-{len(self.events)}")
        alert = self.alerts.get(key)
        alive = alert is not None and alert.status != "resolved"
        match event["event_action"]:
            case "trigger" if alert is not None and alive:
                alert.told += 1
            case "trigger":
                self.alerts[key] = Alert(event)
            case action if alert is not None and alive:
                alert.status = f"{action.rstrip('e')}ed"
            case _:
                self.dropped.append(event)
        return key

    def webhook(self, kind: str, key: str | None, agent: object = ANA, **more: object) -> tuple[bytes, dict[str, str]]:
        """What PagerDuty posts when `agent` did `kind` to the incident of the alert `key`; `more` is in place of what is usual."""
        self._sent += 1
        body = json.dumps({"event": _event(self._sent, kind, key, agent, more)}).encode()
        return body, {
            "Content-Type": "application/json",
            "X-Webhook-Id": f"webhook-{self._sent}",
            "X-PagerDuty-Signature": ",".join(signature(secret, body) for secret in self.secrets),
        }

    async def post(self, client: httpx.AsyncClient, url: str, kind: str, key: str | None, agent: object = ANA) -> int:
        """Post one, and once more when it was told to come again; answers the last status."""
        body, headers = self.webhook(kind, key, agent)
        answer = await client.post(url, content=body, headers=headers, timeout=30)
        if answer.status_code == 429 or answer.status_code >= 500:
            answer = await client.post(url, content=body, headers=headers, timeout=30)
        return answer.status_code


def signature(secret: str, body: bytes) -> str:
    return "v1=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _event(number: int, kind: str, key: str | None, agent: object, more: dict[str, object]) -> dict[str, object]:
    data: dict[str, object] = {
        "id": "Q1INC1DENT",
        "type": "incident",
        "number": 37,
        "status": kind.rpartition(".")[2],
        "incident_key": key,
        "title": "SEV1 INC-7: nova API is down",
        "service": {"id": "PSERV1C", "type": "service_reference", "summary": "Cloud"},
        "assignees": [ANA],
        "urgency": "high",
        "resolve_reason": None,
    }
    return {
        "id": f"01FKZSRAQJLP9S3OPM2V{number:06}",
        "event_type": kind,
        "resource_type": "incident",
        "occurred_at": "2026-03-02T03:05:13.546Z",
        "agent": agent,
        "client": None,
        "data": data,
        **more,
    }


def _refused(message: str, errors: list[str], status: str) -> Answer:
    return Answer.of({"status": status, "message": message, "errors": errors}, 400)


def _errors(event: Any) -> list[str]:
    if not isinstance(event, dict):
        return ["Event is no object"]
    errors = _fields(event, EVENT, "")
    if len(event.get("routing_key", "")) != 32:
        errors.append("Length of 'routing_key' is incorrect (should be 32 characters)")
    action = event.get("event_action")
    if action not in ("trigger", "acknowledge", "resolve"):
        errors.append("'event_action' is invalid")
    if action != "trigger" and not event.get("dedup_key"):
        errors.append("'dedup_key' is missing or blank")
    if len(event.get("dedup_key", "")) > 255:
        errors.append("'dedup_key' is too long (maximum is 255 characters)")
    return errors + (_payload(event) if action == "trigger" and not errors else [])


def _payload(event: dict[str, Any]) -> list[str]:
    payload = event.get("payload", {})
    errors = _fields(payload, PAYLOAD, "payload.")
    errors += [
        f"'payload.{name}' is missing or blank" for name in ("summary", "source", "severity") if not payload.get(name)
    ]
    if len(payload.get("summary", "")) > 1024:
        errors.append("'payload.summary' is too long (maximum is 1024 characters)")
    if payload.get("severity") not in ("critical", "error", "warning", "info"):
        errors.append("'payload.severity' is invalid")
    if "timestamp" in payload and datetime.fromisoformat(payload["timestamp"]).tzinfo is None:
        errors.append("'payload.timestamp' is invalid")
    for at, shown in enumerate(event.get("links", [])):
        if set(shown) - {"href", "text"} or not _address(shown.get("href", "")):
            errors.append(f"'links[{at}]' is invalid")
    if "client_url" in event and not _address(event["client_url"]):
        errors.append("'client_url' is invalid")
    return errors


def _fields(value: dict[str, Any], known: dict[str, type], path: str) -> list[str]:
    unknown = [f"'{path}{name}' is unknown" for name in value if name not in known]
    return unknown + [
        f"'{path}{name}' is of the wrong type"
        for name in value
        if name in known and not isinstance(value[name], known[name])
    ]


def _address(url: str) -> bool:
    return urlsplit(url).scheme in ("http", "https") and bool(urlsplit(url).hostname)
