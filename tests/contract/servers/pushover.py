"""A fake Pushover that enforces what https://pushover.net/api and https://pushover.net/api/receipts document. It rings, and calls
back, when a test says so."""

import re
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from tests.contract.servers.http import Answer, HttpServer, Request

OPTIONAL = {"title", "priority", "url", "url_title", "retry", "expire", "callback", "tags"}
LONGEST = {"message": 1024, "title": 250, "url": 512, "url_title": 100}
FORM = "application/x-www-form-urlencoded"
QUOTA = 10_000


class PushoverServer(HttpServer):
    """`sent` is what it was given, `ringing` the receipts of what is repeated until somebody answers, each with its tags."""

    def __init__(self, token: str, *users: str) -> None:
        super().__init__(self._answer)
        self.token = token
        self.users = set(users)
        self.sent: list[dict[str, str]] = []
        self.ringing: dict[str, frozenset[str]] = {}
        self.left = QUOTA

    def _answer(self, request: Request) -> Answer:
        path = urlsplit(request.target).path
        if (request.method, path) == ("GET", "/1/apps/limits.json"):
            (token,) = parse_qs(urlsplit(request.target).query).get("token", [""])
            return self._known(token) or _yes(limit=QUOTA, remaining=self.left, reset=1793509200)
        if request.method != "POST":
            return _no(404, "resource not found")
        if request.headers.get("content-type") != FORM:
            return _no(400, "message cannot be blank")
        pairs = parse_qsl(request.body.decode("ascii"), keep_blank_values=True, strict_parsing=True)
        form = dict(pairs)
        if len(form) != len(pairs):
            return _no(400, "a parameter twice")
        if refused := self._known(form.pop("token", "")):
            return refused
        if path == "/1/messages.json":
            return self._send(form)
        if cancelled := re.fullmatch(r"/1/receipts/cancel_by_tag/([^/]+)\.json", path):
            return self._cancel(cancelled[1], form)
        return _no(404, "resource not found")

    def _known(self, token: str) -> Answer | None:
        if token == self.token:
            return None
        return _no(400, "application token is invalid, see https://pushover.net/api", token="invalid")

    def _send(self, form: dict[str, str]) -> Answer:
        if form.get("user") not in self.users:
            return _no(400, "user identifier is not a valid user, group, or subscribed user key", user="invalid")
        if error := _wrong(form):
            return _no(400, error)
        if self.left <= 0:
            return _no(429, "application has exceeded its message limit")
        self.left -= 1
        self.sent.append(form)
        if form.get("priority") != "2":
            return _yes()
        receipt = f"r{len(self.sent):029}"
        self.ringing[receipt] = frozenset(filter(None, form.get("tags", "").split(",")))
        return _yes(receipt=receipt)

    def _cancel(self, tag: str, form: dict[str, str]) -> Answer:
        if form:
            return _no(400, "there is nothing else to say")
        found = [receipt for receipt, tags in self.ringing.items() if tag in tags]
        for receipt in found:
            del self.ringing[receipt]
        return _yes(canceled=len(found))


def _wrong(form: dict[str, str]) -> str:
    if unknown := form.keys() - OPTIONAL - {"user", "message"}:
        return f"no such parameter: {sorted(unknown)}"
    if not form.get("message"):
        return "message cannot be blank"
    for name, longest in LONGEST.items():
        if len(form.get(name, "")) > longest:
            return f"{name} is too long"
    if any(not form[name].startswith(("https://", "http://")) for name in ("url", "callback") if name in form):
        return "no URL"
    priority = form.get("priority", "0")
    if priority not in {"-2", "-1", "0", "1", "2"}:
        return "priority is invalid"
    emergency = form.keys() & {"retry", "expire", "callback", "tags"}
    if priority != "2":
        # The real one ignores them, and we would believe that they do something.
        return f"of priority 2 only: {sorted(emergency)}" if emergency else ""
    if not (form.get("retry", "").isdecimal() and int(form["retry"]) >= 30):
        return "retry must be supplied with priority=2, and be at least 30"
    if not (form.get("expire", "").isdecimal() and int(form["expire"]) <= 10800):
        return "expire must be supplied with priority=2, and be at most 10800"
    return ""


def _yes(**more: Any) -> Answer:
    return Answer.of({"status": 1, "request": "647d2300-702c-4b38-8b2f-d56326ae460b", **more})


def _no(status: int, error: str, **more: Any) -> Answer:
    return Answer.of(
        {"status": 0, "request": "5042853c-402d-4a18-abcb-168734a801de", "errors": [error], **more}, status
    )
