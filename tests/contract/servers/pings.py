"""A fake of what waits for signs of life: Healthchecks (https://healthchecks.io/docs/http_api/) below /ping, and Uptime Kuma's
push monitors below /api/push. Both are stricter than the real ones: what is neither is an error.
"""

from tests.contract.servers.http import Answer, HttpServer, Request

UUID = "5bf66975-d4c7-4bf5-bcc8-b8d8a82ea278"
PUSH = "kTlzKq3xWm"


class PingServer(HttpServer):
    """`token` empty: nobody has to show one. `alive` are the paths that were pinged. `too_often`: Healthchecks limits us."""

    def __init__(self, token: str = "") -> None:
        super().__init__(self._ping)
        self.token = token
        self.alive: list[str] = []
        self.too_often = False

    def _ping(self, request: Request) -> Answer:
        path, _, query = request.target.partition("?")
        if request.method not in ("GET", "POST"):
            return _text(405, "method not allowed")
        if self.token and request.headers.get("authorization") != f"Bearer {self.token}":
            return _text(401, f"who is {request.headers.get('authorization')}?")
        if request.method == "POST" and "content-length" not in request.headers:
            return _text(411, "length required")
        if path.startswith("/ping/"):
            return self._healthchecks(path)
        if path != f"/api/push/{PUSH}":
            return Answer.of({"ok": False, "msg": f"Monitor not found or not active: {request.target}"}, 404)
        if query and not query.startswith("status=up"):
            return Answer.of({"ok": False, "msg": "unknown status"}, 404)
        self.alive.append(path)
        return Answer.of({"ok": True})

    def _healthchecks(self, path: str) -> Answer:
        """By id it is always 200, for the sake of old clients."""
        if path != f"/ping/{UUID}":
            return _text(200, "OK (not found)")
        if self.too_often:
            return _text(200, "OK (rate limited)")
        self.alive.append(path)
        return _text(200, "OK")


def _text(status: int, said: str) -> Answer:
    return Answer(status, said.encode(), {"Content-Type": "text/plain; charset=utf-8"})
