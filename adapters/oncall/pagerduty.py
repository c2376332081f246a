"""Shifts from PagerDuty, by its REST API (https://developer.pagerduty.com/api-reference/3a6b910f11050-list-all-of-the-on-calls)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec
from pydantic import SecretStr, field_validator

from adapters.http import Http
from adapters.oncall.source import Common, Moment, address, digest, listed, printable, within
from bot.calendars import LARGEST, CalendarSource, Fetched
from bot.oncall.calendar import NamedShift
from bot.ports import Rejected

PAGE = 100
"""Shifts of one answer; the most that PagerDuty gives (https://developer.pagerduty.com/docs/pagination)."""

MOST_PAGES = 50
"""More pages than this are no schedule of people."""


class Config(Common):
    """`schedule` is the id of a schedule. `url` is the API's address: another one in the EU service region."""

    type: Literal["pagerduty"] = "pagerduty"
    url: str = "https://api.pagerduty.com"
    token: SecretStr
    schedule: str

    @field_validator("url")
    @classmethod
    def _root(cls, url: str) -> str:
        if not url:
            raise ValueError("must be the API's address, like https://api.eu.pagerduty.com")
        return address(url, root=True)

    @field_validator("schedule")
    @classmethod
    def _id(cls, schedule: str) -> str:
        if not re.fullmatch(r"[A-Z0-9]{4,30}", schedule):
            raise ValueError("must be the schedule's id, like PI7DH85; its address in PagerDuty ends with it")
        return schedule

    @field_validator("token")
    @classmethod
    def _given(cls, token: SecretStr) -> SecretStr:
        if not token.get_secret_value():
            raise ValueError("is empty; make a read-only API key in PagerDuty")
        return printable(token)


class User(msgspec.Struct, frozen=True):
    id: str = ""
    summary: str | None = ""
    name: str | None = ""
    email: str | None = ""


class Shift(msgspec.Struct, frozen=True):
    """Of several escalation policies that use the schedule each has a shift of its own. `start` and `end` null: for ever."""

    user: User
    start: Moment | None = None
    end: Moment | None = None


class Page(msgspec.Struct, frozen=True):
    oncalls: list[msgspec.Raw]
    more: bool = False


def build(name: str, config: Config, http: Http, zone: ZoneInfo) -> CalendarSource:
    """The calendar of the schedule `name`; all of its times have an offset, so no `zone` is needed."""
    return PagerDuty(name, config, http)


class PagerDuty:
    """A `CalendarSource`. People are known by mail address, id in PagerDuty (`people.ID.pagerduty`) or name."""

    kind = "pagerduty"

    def __init__(self, name: str, config: Config, http: Http) -> None:
        self._provider = f"the calendar of {name}"
        self._path = f"oncall.schedules.{name}.calendar"
        self._config = config
        self._http = http
        self.every = config.every
        self.place = digest("pagerduty", config.url, config.schedule)

    async def fetch(self, etag: str, modified: str, start: datetime, end: datetime) -> Fetched | None:
        """All pages, as one list. PagerDuty computes no shifts that are more than 90 days ahead."""
        found: list[msgspec.Raw] = []
        size = 0
        for number in range(MOST_PAGES):
            answer = await self._page(start, end, number * PAGE)
            size += len(answer)
            page = listed(answer, Page, self._provider)
            found += page.oncalls
            if size > LARGEST:
                raise Rejected(f"{self._provider}: PagerDuty's answers are larger than {LARGEST // 1_000_000} MB")
            if not page.more:
                return Fetched(msgspec.json.encode(found))
        raise Rejected(
            f"{self._provider}: PagerDuty has more than {MOST_PAGES * PAGE} shifts in {(end - start).days} days"
        )

    async def _page(self, start: datetime, end: datetime, offset: int) -> bytes:
        asked = {
            "schedule_ids[]": self._config.schedule,
            # The people themselves, with their mail addresses.
            "include[]": "users",
            "since": _written(start),
            "until": _written(end),
            "time_zone": "UTC",
            "limit": PAGE,
            "offset": offset,
        }
        token = self._config.token.get_secret_value()
        answer = await self._http.request(
            "GET",
            f"{self._config.url}/oncalls?{urlencode(asked)}",
            provider=self._provider,
            headers={
                "Authorization": f"Token token={token}",
                "Accept": "application/vnd.pagerduty+json;version=2",
                "Content-Type": "application/json",
            },
            ok=(200,),
            most=LARGEST,
            secrets=(token,),
            hints={
                400: f"check {self._path}.schedule",
                401: f"check {self._path}.token",
                403: f"the key of {self._path}.token may not read who is on call",
                404: f"check {self._path}.schedule and {self._path}.url",
            },
        )
        return answer.content

    def shifts(self, body: bytes, start: datetime, end: datetime) -> Sequence[NamedShift]:
        found = {_named(shift, start, end) for shift in listed(body, list[Shift], self._provider)}
        return within(found, start, end)


def _named(shift: Shift, start: datetime, end: datetime) -> NamedShift:
    user = shift.user
    called = tuple(dict.fromkeys(name for name in (user.email, user.id, user.name, user.summary) if name))
    return NamedShift((called,), (shift.start or start).astimezone(UTC), (shift.end or end).astimezone(UTC))


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
