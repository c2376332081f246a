"""A fake GoAlert that enforces what its generic API documents
(https://github.com/target/goalert/blob/master/web/src/app/documentation/sections/IntegrationKeys.md), and is stricter where GoAlert
would cut a text."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.contract.servers.http import Answer, HttpServer, Request

FIELDS = {"summary", "details", "dedup", "action", "meta"}
SERVICE = "00000000-0000-0000-0000-000000000001"


@dataclass
class Alert:
    """`told` is how often it was asked for."""

    id: int
    said: dict[str, Any]
    open: bool = True
    told: int = 1


class GoAlertServer(HttpServer):
    """`asked` is what was taken to open an alert, `alerts` are those that were opened, the last one of a key by that. `under` is the
    path that it was given."""

    def __init__(self, token: str, under: str = "") -> None:
        super().__init__(self._answer)
        self.token = token
        self.under = under
        self.asked: list[dict[str, Any]] = []
        self.alerts: dict[str, Alert] = {}

    def _answer(self, request: Request) -> Answer:
        parts = urlsplit(request.target)
        if parts.path != f"{self.under}/api/v2/generic/incoming":
            return Answer(404)
        if request.method != "POST":
            return Answer(405)
        if parse_qs(parts.query).get("token") != [self.token]:
            return Answer(401, b"unauthorized\n", {"Content-Type": "text/plain; charset=utf-8"})
        try:
            said = json.loads(request.body)
        except ValueError as error:
            return _refused(str(error))
        if wrong := _wrong(said):
            return _refused(wrong)
        return self._applied(said, request.headers.get("accept") == "application/json")

    def _applied(self, said: dict[str, Any], tell: bool) -> Answer:
        key = said.get("dedup") or f"{said['summary']}\n{said.get('details', '')}"
        alert = self.alerts.get(key)
        alive = alert is not None and alert.open
        if said.get("action") == "close":
            if alert is not None:
                alert.open = False
            if tell and not alive:
                return Answer(500)  # older ones look into an alert that is none
            return _told(alert, False) if tell and alert else Answer(204)
        self.asked.append(said)
        if alert is not None and alive:
            alert.told += 1
        else:
            alert = self.alerts[key] = Alert(len(self.alerts) + 10, said)
        return _told(alert, not alive) if tell else Answer(204)


def _told(alert: Alert, new: bool) -> Answer:
    return Answer.of({"AlertID": alert.id, "ServiceID": SERVICE, "IsNew": new})


def _refused(why: str) -> Answer:
    return Answer(400, f"{why}\n".encode(), {"Content-Type": "text/plain; charset=utf-8"})


def _wrong(said: Any) -> str:
    if not isinstance(said, dict):
        return "json: cannot unmarshal into a struct"
    if unknown := said.keys() - FIELDS:
        return f"no such field: {sorted(unknown)}"
    if not all(isinstance(said[name], str) for name in said if name != "meta"):
        return "json: cannot unmarshal into a string"
    if not 1 <= len(said.get("summary", "")) <= 1024:
        return "Summary: must be 1 to 1024 characters"
    if len(said.get("details", "").encode()) > 6 * 1024:
        return "Details: must be at most 6144 characters"
    if len(said.get("dedup", "")) > 512 or said.get("action", "") not in ("", "close"):
        return "Dedup: must be at most 512 characters"
    return ""
