"""A fake Gotify that enforces what its API's description (https://gotify.net/api-docs) says of messages, and is stricter where
Gotify would guess."""

import json
import re
from typing import Any

from tests.contract.servers.http import Answer, HttpServer, Request

FIELDS = {"title": str, "message": str, "priority": int, "extras": dict}
EXTRA = re.compile(r"[a-z]+(::[a-z]+)+")
CLIENTS = {"client::display", "client::notification"}


class BadRequest(Exception):
    pass


class GotifyServer(HttpServer):
    """`tokens` are those of applications, `clients` those of clients, which may not send."""

    def __init__(self, *tokens: str) -> None:
        super().__init__(self._answer)
        self.tokens = set(tokens)
        self.clients: set[str] = set()
        self.published: list[dict[str, Any]] = []
        self.health: dict[str, Any] = {"health": "green", "database": "green"}

    def _answer(self, request: Request) -> Answer:
        match request.method, request.target:
            case "GET", "/health":
                return Answer.of(self.health, 200 if self.health.get("database") == "green" else 500)
            case "POST", "/message":
                return self._publish(request)
        return _error(404, "Not Found", "page not found")

    def _publish(self, request: Request) -> Answer:
        token = request.headers.get("x-gotify-key", "")
        if token in self.clients:
            return _error(403, "Forbidden", "you are not allowed to access this api")
        if token not in self.tokens:
            return _error(
                401, "Unauthorized", "you need to provide a valid access token or user credentials to access this api"
            )
        try:
            if request.headers.get("content-type") != "application/json":
                raise BadRequest("extras are taken as application/json only")
            message = json.loads(request.body)
            _check(message)
        except (BadRequest, ValueError) as error:
            return _error(400, "Bad Request", str(error))
        stored = {"id": len(self.published) + 1, "appid": 5, "date": "2026-11-02T04:00:00Z", "token": token, **message}
        self.published.append(stored)
        return Answer.of({key: value for key, value in stored.items() if key != "token"})


def _error(status: int, error: str, description: str) -> Answer:
    return Answer.of({"error": error, "errorCode": status, "errorDescription": description}, status)


def _check(message: Any) -> None:
    if not isinstance(message, dict) or not message.get("message"):
        raise BadRequest("Field 'message' is required")
    for name, value in message.items():
        if not isinstance(value, FIELDS.get(name, ())) or isinstance(value, bool):
            raise BadRequest(f"no such field, or of a wrong type: {name}")
    for name, extra in message.get("extras", {}).items():
        if not EXTRA.fullmatch(name) or not isinstance(extra, dict):
            raise BadRequest(f"no extra: {name}")
        if name.startswith("client::") and name not in CLIENTS:
            raise BadRequest(f"reserved: {name}")
    display = message.get("extras", {}).get("client::display", {"contentType": "text/plain"})
    if display.get("contentType") not in ("text/plain", "text/markdown"):
        raise BadRequest("no such contentType")
    click = message.get("extras", {}).get("client::notification", {"click": {"url": "https://x"}})["click"]
    if click.keys() != {"url"} or not click["url"].startswith(("https://", "http://")):
        raise BadRequest("click has no url")
