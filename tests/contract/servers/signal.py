"""A fake signal-cli-rest-api, as https://bbernhard.github.io/signal-cli-rest-api/ describes it, behind a proxy that asks for a
token."""

import json
import re
from typing import Any

from tests.contract.servers.http import Answer, HttpServer, Request

FIELDS = {"message": str, "number": str, "recipients": list, "text_mode": str}
NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")


class SignalServer(HttpServer):
    """`numbers` are the accounts it has; `members` are on Signal. `token` empty: there is no proxy."""

    def __init__(self, token: str, numbers: list[str], members: set[str]) -> None:
        super().__init__(self._answer)
        self.token = token
        self.numbers = numbers
        self.members = members
        self.sent: list[dict[str, Any]] = []

    def _answer(self, request: Request) -> Answer:
        if self.token and request.headers.get("authorization") != f"Bearer {self.token}":
            return Answer(401, b"<html>401 Authorization Required</html>", {"Content-Type": "text/html"})
        match request.method, request.target:
            case "GET", "/v1/accounts":
                return Answer.of(self.numbers)
            case "POST", "/v2/send":
                return self._send(request)
        return Answer(404, b"404 page not found", {"Content-Type": "text/plain"})

    def _send(self, request: Request) -> Answer:
        if request.headers.get("content-type") != "application/json":
            return _error("Couldn't process request - invalid request")
        try:
            message = json.loads(request.body)
        except ValueError:
            return _error("Couldn't process request - invalid request")
        if message.keys() != FIELDS.keys() or not all(isinstance(message[name], kind) for name, kind in FIELDS.items()):
            return _error("Couldn't process request - invalid request")
        if message["text_mode"] not in ("normal", "styled") or not message["message"]:
            return _error("Couldn't process request - invalid request")
        if message["number"] not in self.numbers:
            return _error(f"User {message['number']} is not registered.\n")
        if len(message["recipients"]) != 1 or not NUMBER.fullmatch(message["recipients"][0]):
            return _error("Please provide exactly one recipient, by its number")
        if message["recipients"][0] not in self.members:
            return _error(f'Failed to send message: Unregistered user "{message["recipients"][0]}"')
        self.sent.append(message)
        return Answer.of({"timestamp": str(1793592000000 + len(self.sent))}, 201)


def _error(error: str) -> Answer:
    return Answer.of({"error": error}, 400)
