"""Somebody's receiver of pages, written after docs/paging.md as its readers would write theirs, and without mercy."""

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from tests.contract.servers.http import Answer, HttpServer, Request

FIELDS = {
    "event": str,
    "key": str,
    "ref": str,
    "title": str,
    "severity": str,
    "opened_at": str,
    "headline": str,
    "text": str,
    "person": dict,
    "ack_url": str,
    "how_to_acknowledge": str,
    "room_url": str,
    "runbook_url": str,
}
PERSON = {"id", "name", "email", "phone"}
FRESH = 300
"""Seconds that a signature counts."""


class WebhookServer(HttpServer):
    """`taken` is what it was sent, each with its `Idempotency-Key` as `mark`."""

    def __init__(self, token: str, secret: str, now: Callable[[], datetime]) -> None:
        super().__init__(self._answer)
        self.token = token
        self.secret = secret
        self.now = now
        self.taken: list[dict[str, Any]] = []

    def _answer(self, request: Request) -> Answer:
        if request.target != "/hooks/klatsch":
            return Answer.of({"error": "nothing here"}, 404)
        if request.method != "POST":
            return Answer.of({"error": "only POST"}, 405)
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return Answer.of({"error": "who are you?"}, 401)
        if self.secret and not self._signed(request):
            return Answer.of({"error": "the signature is wrong"}, 403)
        if request.headers.get("content-type") != "application/json":
            return Answer.of({"error": "only JSON"}, 415)
        event = json.loads(request.body)
        mark = request.headers.get("idempotency-key", "")
        if error := _wrong(event) or ("" if len(mark) == 32 else "no Idempotency-Key"):
            return Answer.of({"error": error}, 422)
        self.taken.append({"mark": mark, **event})
        return Answer.of({"id": f"page-{len(self.taken)}"}, 202)

    def _signed(self, request: Request) -> bool:
        timestamp = request.headers.get("x-klatsch-timestamp", "")
        if not timestamp.isdecimal() or abs(self.now().timestamp() - int(timestamp)) > FRESH:
            return False
        expected = hmac.new(self.secret.encode(), timestamp.encode() + b"." + request.body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(request.headers.get("x-klatsch-signature", ""), f"v1={expected}")


def _wrong(event: dict[str, Any]) -> str:
    fields = {**FIELDS, "by": str} if event.get("event") == "acknowledged" else FIELDS
    if event.keys() != fields.keys():
        return f"these fields are missing or too many: {sorted(event.keys() ^ fields.keys())}"
    if wrong := [name for name, kind in fields.items() if not isinstance(event[name], kind)]:
        return f"of a wrong type: {wrong}"
    if event["event"] not in ("page", "acknowledged", "resolved"):
        return "no such event"
    if event["person"].keys() != PERSON or not all(isinstance(value, str) for value in event["person"].values()):
        return "no person"
    if len(event["text"].encode()) > 8000 or len(event["headline"]) > 200 or len(event["title"]) > 500:
        return "too long"
    return "" if datetime.fromisoformat(event["opened_at"]).tzinfo else "opened_at has no offset"
