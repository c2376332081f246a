"""A fake ntfy that enforces what https://docs.ntfy.sh/publish/ documents, and is stricter where ntfy would guess."""

import json
import re
from typing import Any

from tests.contract.servers.http import Answer, HttpServer, Request

TOPIC = re.compile(r"[-_A-Za-z0-9]{1,64}")
FIELDS = {
    "topic": str,
    "message": str,
    "title": str,
    "tags": list,
    "priority": int,
    "actions": list,
    "click": str,
    "sequence_id": str,
}
ACTION_FIELDS = {"action", "label", "url", "method", "headers", "body", "clear"}
BURST = 60


class BadRequest(Exception):
    def __init__(self, code: int, error: str) -> None:
        super().__init__(error)
        self.code = code


class NtfyServer(HttpServer):
    """`token` empty: everybody may publish. `published` is the server's memory, `shown` what a phone displays."""

    def __init__(self, token: str = "") -> None:
        super().__init__(self._publish)
        self.token = token
        self.published: list[dict[str, Any]] = []
        self.left = BURST
        self.healthy = True

    def shown(self, topic: str) -> list[dict[str, Any]]:
        """A message with a sequence id seen before replaces the earlier one."""
        latest = {message.get("sequence_id") or message["id"]: message for message in self.published}
        return [message for message in latest.values() if message["topic"] == topic]

    def _publish(self, request: Request) -> Answer:
        self.left -= 1
        if self.left < 0:
            return _error(42901, "limit reached: too many requests", Retry_After="5")
        if (request.method, request.target) == ("GET", "/v1/health"):
            return Answer.of({"healthy": self.healthy})
        if request.method not in ("POST", "PUT") or request.target != "/":
            # The real one takes the JSON for the text of a message to that topic.
            return _error(40401, "JSON is published at the root only")
        given = request.headers.get("authorization", "")
        if self.token and given != f"Bearer {self.token}":
            return _error(40101, "unauthorized") if given else _error(40301, "forbidden")
        try:
            message = json.loads(request.body)
            _check(message)
        except BadRequest as error:
            return _error(error.code, str(error))
        except ValueError:
            return _error(40024, "request body must be valid JSON")
        stored = {"id": f"m{len(self.published):011}", "time": 1763719200, "event": "message", **message}
        self.published.append(stored)
        return Answer.of(stored)


def _error(code: int, error: str, **headers: str) -> Answer:
    return Answer.of({"code": code, "http": code // 100, "error": error}, code // 100, **headers)


def _check(message: Any) -> None:
    if not isinstance(message, dict):
        raise BadRequest(40017, "request body must be message JSON")
    for name, value in message.items():
        if name not in FIELDS:
            raise BadRequest(40017, f"no such field: {name}")
        if not isinstance(value, FIELDS[name]) or isinstance(value, bool):
            raise BadRequest(40017, f"wrong type: {name}")
    if not TOPIC.fullmatch(message.get("topic", "")):
        raise BadRequest(40009, f"topic invalid: {message.get('topic')}")
    if not TOPIC.fullmatch(message.get("sequence_id", "x")):
        raise BadRequest(40049, "sequence ID invalid")
    if not 1 <= message.get("priority", 3) <= 5:
        raise BadRequest(40007, "invalid priority parameter")
    if len(message.get("message", "").encode()) > 4096:
        raise BadRequest(41301, "longer messages become attachments, which are switched off")
    if len(message.get("title", "").encode()) > 1024 or len(",".join(message.get("tags", [])).encode()) > 512:
        raise BadRequest(40017, "title or tags too long")
    _check_actions(message.get("actions", []))


def _check_actions(actions: list[Any]) -> None:
    if len(actions) > 3:
        raise BadRequest(40018, "only 3 actions allowed")
    for action in actions:
        if action.get("action") not in ("view", "http", "broadcast") or not action.get("label"):
            raise BadRequest(40018, "action unknown or without label")
        if not action.get("url", "").startswith(("http://", "https://")):
            raise BadRequest(40018, "parameter 'url' is required")
        if unknown := action.keys() - ACTION_FIELDS:
            raise BadRequest(40018, f"no such action field: {unknown}")
