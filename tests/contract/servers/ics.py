"""A fake web server with one iCalendar file: it wants to know who asks, and sends nothing twice to who has it."""

import base64
import hashlib

from tests.contract.servers.http import Answer, HttpServer, Request


class IcsServer(HttpServer):
    """`wants` is the `Authorization` it wants, empty: everybody may read. `dated`: it tells when the file changed, and gives it
    no ETag."""

    def __init__(
        self, body: bytes, *, user: str = "", password: str = "", token: str = "", dated: bool = False
    ) -> None:
        super().__init__(self._answer)
        self.body = body
        self.dated = dated
        self.changed = "Fri, 27 Nov 2026 09:00:00 GMT"
        basic = base64.b64encode(f"{user}:{password}".encode()).decode()
        self.wants = f"Basic {basic}" if user else f"Bearer {token}" if token else ""

    @property
    def sent(self) -> int:
        """Requests that were not answered with the whole file are not counted."""
        return len(self.requests) - self.spared

    spared = 0

    def _answer(self, request: Request) -> Answer:
        if request.method != "GET":
            return Answer(405)
        if not request.target.startswith("/feed/secret-path/platform.ics"):
            return Answer(404, b"nothing here", {"Content-Type": "text/plain"})
        if self.wants and request.headers.get("authorization") != self.wants:
            return Answer(401, b"who are you", {"Content-Type": "text/plain", "WWW-Authenticate": "Basic"})
        etag = f'"{hashlib.sha256(self.body).hexdigest()[:16]}"'
        same = (
            request.headers.get("if-modified-since") == self.changed
            if self.dated
            else request.headers.get("if-none-match") == etag
        )
        headers = {"Last-Modified": self.changed} if self.dated else {"ETag": etag}
        if same:
            self.spared += 1
            return Answer(304, b"", headers)
        return Answer(200, self.body, {"Content-Type": "text/calendar; charset=utf-8", **headers})
