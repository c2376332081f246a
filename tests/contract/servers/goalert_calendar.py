"""A fake of GoAlert's calendar subscriptions: an iCalendar file, and JSON for who asks for nothing else
(https://github.com/target/goalert, `calsub`)."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.contract.servers.http import Answer, HttpServer, Request
from tests.unit.calendar_texts import GOALERT


class GoAlertCalendar(HttpServer):
    """`allowed` False: an administrator switched subscriptions off."""

    def __init__(self, token: str) -> None:
        super().__init__(self._answer)
        self.token = token
        self.allowed = True
        self.shifts: list[dict[str, Any]] | None = []

    def shift(self, id: str, name: str, start: str, end: str) -> None:
        assert self.shifts is not None
        url = f"https://goalert.example.org/users/{id}"
        self.shifts.append(
            {"Start": start, "End": end, "UserID": id, "UserName": name, "UserURL": url, "Truncated": False}
        )

    def _answer(self, request: Request) -> Answer:
        parts = urlsplit(request.target)
        if parts.path != "/api/v2/calendar":
            return Answer(404, b"404 page not found\n", {"Content-Type": "text/plain; charset=utf-8"})
        if request.method != "GET":
            return Answer(405)
        if parse_qs(parts.query).get("token") != [self.token]:
            return Answer(401, b"Unauthorized\n", {"Content-Type": "text/plain; charset=utf-8"})
        if not self.allowed:
            return Answer(403, b"Forbidden\n", {"Content-Type": "text/plain; charset=utf-8"})
        if request.headers.get("accept") != "application/json":
            return Answer(200, GOALERT, {"Content-Type": "text/calendar"})
        return Answer.of(
            {
                "AppName": "GoAlert",
                "AppVersion": "v0.34.0",
                "Type": "calendar-subscription/v1",
                "ScheduleID": "6f2f0c7f-1111-4222-8333-444455556666",
                "ScheduleName": "Platform",
                "ScheduleURL": "https://goalert.example.org/schedules/6f2f0c7f",
                # Each answer tells when it was made.
                "Start": f"2026-11-27T00:00:{len(self.requests) % 60:02}Z",
                "End": "2027-11-27T00:00:00Z",
                "Shifts": self.shifts,
            }
        )
