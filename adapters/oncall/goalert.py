"""Shifts from GoAlert, by a calendar subscription of a schedule (https://github.com/target/goalert, `calsub`).

A subscription has to show the full schedule: without that GoAlert tells of the shifts of whoever made it, and of nobody else's.
"""

from __future__ import annotations

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

TYPE = "calendar-subscription/v1"


class Config(Common):
    """`url` is the server's address, `token` the one in the subscription's address."""

    type: Literal["goalert"] = "goalert"
    url: str
    token: SecretStr

    @field_validator("url")
    @classmethod
    def _root(cls, url: str) -> str:
        if not url:
            raise ValueError("must be the server's address, like https://goalert.example.org")
        return address(url, root=True)

    @field_validator("token")
    @classmethod
    def _given(cls, token: SecretStr) -> SecretStr:
        if not token.get_secret_value():
            raise ValueError("is empty; it stands behind `token=` in the subscription's address")
        return printable(token)


class Shift(msgspec.Struct, frozen=True):
    Start: Moment
    End: Moment
    UserID: str
    UserName: str = ""


class Answer(msgspec.Struct, frozen=True):
    """What we read of it; a schedule without shifts may have none or null."""

    Type: str = ""
    Shifts: list[Shift] | None = None


def build(name: str, config: Config, http: Http, zone: ZoneInfo) -> CalendarSource:
    """The calendar of the schedule `name`; all of its times have an offset, so no `zone` is needed."""
    return GoAlert(name, config, http)


class GoAlert:
    """A `CalendarSource`. People are known by their id in GoAlert (`people.ID.goalert`) or by name; it tells no mail addresses."""

    kind = "goalert"

    def __init__(self, name: str, config: Config, http: Http) -> None:
        self._provider = f"the calendar of {name}"
        self._path = f"oncall.schedules.{name}.calendar"
        self._url = config.url
        self._token = config.token.get_secret_value()
        self._http = http
        self.every = config.every
        self.place = digest("goalert", self._url, self._token)

    async def fetch(self, etag: str, modified: str, start: datetime, end: datetime) -> Fetched | None:
        """From now on for a year, whatever time is asked for."""
        answer = await self._http.request(
            "GET",
            f"{self._url}/api/v2/calendar?{urlencode({'token': self._token})}",
            provider=self._provider,
            # Exactly this: anything else is answered with an iCalendar file, in which nobody has a name.
            headers={"Accept": "application/json"},
            ok=(200,),
            most=LARGEST,
            secrets=(self._token,),
            hints={
                401: f"check {self._path}.token",
                403: f"check {self._path}.token, and that GoAlert allows calendar subscriptions",
                404: f"check {self._path}.url",
            },
        )
        found = listed(answer.content, Answer, self._provider)
        if found.Type != TYPE:
            raise Rejected(f"{self._provider}: the answer is no calendar of GoAlert; check {self._path}.url")
        # It tells when it was made, too: without that it is the same for as long as nothing changes.
        return Fetched(msgspec.json.encode(found.Shifts or []))

    def shifts(self, body: bytes, start: datetime, end: datetime) -> Sequence[NamedShift]:
        return within((_named(shift) for shift in listed(body, list[Shift], self._provider)), start, end)


def _named(shift: Shift) -> NamedShift:
    called = tuple(name for name in (shift.UserID, shift.UserName) if name)
    return NamedShift((called,), shift.Start.astimezone(UTC), shift.End.astimezone(UTC))
