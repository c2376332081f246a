"""A fake of PagerDuty's `GET /oncalls` that is as strict as its API reference
(https://developer.pagerduty.com/api-reference/3a6b910f11050-list-all-of-the-on-calls)."""

from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.contract.servers.http import Answer, HttpServer, Request

KNOWN = {
    "time_zone",
    "limit",
    "offset",
    "total",
    "include[]",
    "user_ids[]",
    "schedule_ids[]",
    "since",
    "until",
    "earliest",
}
MOST = 100


def user(id: str, name: str, email: str) -> dict[str, Any]:
    return {"id": id, "type": "user", "summary": name, "name": name, "email": email, "role": "user"}


class PagerDutyOncalls(HttpServer):
    """`oncalls` are what it computed: user, schedule, start, end, and an escalation level for each policy."""

    def __init__(self, token: str, schedule: str) -> None:
        super().__init__(self._answer)
        self.token = token
        self.schedule = schedule
        self.oncalls: list[dict[str, Any]] = []

    def shift(self, who: dict[str, Any], start: str | None, end: str | None, level: int = 1) -> None:
        schedule = {"id": self.schedule, "type": "schedule_reference", "summary": "Platform"}
        policy = {"id": "PPOLICY", "type": "escalation_policy_reference", "summary": "Platform"}
        self.oncalls.append(
            {
                "user": who,
                "schedule": schedule,
                "escalation_policy": policy,
                "escalation_level": level,
                "start": start,
                "end": end,
            }
        )

    def _answer(self, request: Request) -> Answer:
        given = request.headers.get("authorization", "")
        if given != f"Token token={self.token}":
            return _error(401, 2006, "Authentication failed")
        if request.headers.get("accept") != "application/vnd.pagerduty+json;version=2":
            return _error(406, 2015, "Not acceptable")
        parts = urlsplit(request.target)
        if request.method != "GET" or parts.path != "/oncalls":
            return _error(404, 2100, "Not Found")
        asked = parse_qs(parts.query, strict_parsing=True)
        try:
            return self._page(asked)
        except (KeyError, ValueError, AssertionError) as error:
            return _error(400, 2001, f"Invalid Input Provided: {error}")

    def _page(self, asked: dict[str, list[str]]) -> Answer:
        assert asked.keys() <= KNOWN, f"unknown parameter in {sorted(asked)}"
        since, until = (datetime.fromisoformat(asked[name][0]) for name in ("since", "until"))
        assert since <= until, "until is before since"
        limit, offset = int(asked.get("limit", ["25"])[0]), int(asked.get("offset", ["0"])[0])
        assert 1 <= limit <= MOST, "limit is not between 1 and 100"
        found = [
            one if "users" in asked.get("include[]", ()) else {**one, "user": _reference(one["user"])}
            for one in self.oncalls
            if self.schedule in asked.get("schedule_ids[]", [self.schedule]) and _overlaps(one, since, until)
        ]
        page = found[offset : offset + limit]
        more = offset + limit < len(found)
        return Answer.of({"oncalls": page, "limit": limit, "offset": offset, "more": more, "total": None})


def _reference(who: dict[str, Any]) -> dict[str, Any]:
    """Without `include[]` there is no mail address."""
    return {"id": who["id"], "type": "user_reference", "summary": who["summary"]}


def _overlaps(one: dict[str, Any], since: datetime, until: datetime) -> bool:
    begins = one["start"] is None or datetime.fromisoformat(one["start"]) < until
    return begins and (one["end"] is None or datetime.fromisoformat(one["end"]) > since)


def _error(status: int, code: int, message: str) -> Answer:
    return Answer.of({"error": {"message": message, "code": code}}, status)
