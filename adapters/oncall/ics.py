"""Shifts from an iCalendar file, at an address or on this machine: what calendar servers and on-call services publish (RFC 5545)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from stat import S_ISREG
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator, model_validator

from adapters.http import Http
from adapters.oncall.apart import read_apart, read_meetings_apart
from adapters.oncall.source import Common, address, digest, printable
from bot.calendars import LARGEST, CalendarSource, Fetched
from bot.coffee.dated import Meeting
from bot.config.around import Place
from bot.oncall.calendar import NamedShift
from bot.ports import Rejected, Unavailable

MOVED = "it moved; write the address that leads there without a detour"


class Config(Common):
    """`url` is an address, which may be a secret; or `file` a path. `user` and `password`, or a `token` that is sent as Bearer. `free`:
    what is marked as free time counts too."""

    type: Literal["ics"] = "ics"
    url: SecretStr = SecretStr("")
    file: Place | None = None
    user: str = ""
    password: SecretStr = SecretStr("")
    token: SecretStr = SecretStr("")
    free: bool = Field(default=False, strict=True)

    @field_validator("url")
    @classmethod
    def _address(cls, url: SecretStr) -> SecretStr:
        return SecretStr(address(re.sub(r"^webcals?://", "https://", url.get_secret_value())))

    @field_validator("password", "token")
    @classmethod
    def _printable(cls, secret: SecretStr) -> SecretStr:
        return printable(secret)

    @model_validator(mode="after")
    def _one_place(self) -> Config:
        if bool(self.url.get_secret_value()) == (self.file is not None):
            raise ValueError("needs a `url` or a `file`, and only one of them")
        if self.file is not None and (self.user or self.password.get_secret_value() or self.token.get_secret_value()):
            raise ValueError("has a `file`, for which nobody is asked for `user`, `password` or `token`")
        if self.token.get_secret_value() and (self.user or self.password.get_secret_value()):
            raise ValueError("has a `token` as well as `user` and `password`; one of the two is sent")
        if bool(self.user) != bool(self.password.get_secret_value()):
            raise ValueError("needs both `user` and `password`, or neither")
        return self


def build(name: str, config: Config, http: Http, zone: ZoneInfo) -> CalendarSource:
    """The calendar of the schedule `name`, in whose `zone` days and times without a zone are."""
    return Ics(name, config, http, zone)


class Ics:
    """A `CalendarSource`."""

    kind = "ics"

    def __init__(self, name: str, config: Config, http: Http, zone: ZoneInfo, *, path: str = "") -> None:
        self._provider = f"the calendar of {name}"
        self._path = path or f"oncall.schedules.{name}.calendar"
        self._config = config
        self._url = config.url.get_secret_value()
        self._http = http
        self._zone = zone
        # A disk that is away holds whoever reads it. Pages are looked up by the threads that all share.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="calendar")
        self.every = config.every
        self.place = digest("ics", str(config.file or ""), self._url, config.user)

    async def fetch(self, etag: str, modified: str, start: datetime, end: datetime) -> Fetched | None:
        """The whole file, whatever time is asked for."""
        if self._config.file is not None:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._thread, self._file, self._config.file, etag)
        config = self._config
        password, token = config.password.get_secret_value(), config.token.get_secret_value()
        headers = {"Accept": "text/calendar, */*;q=0.5"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if etag:
            headers["If-None-Match"] = etag
        if modified:
            headers["If-Modified-Since"] = modified
        answer = await self._http.request(
            "GET",
            self._url,
            provider=self._provider,
            headers=headers,
            basic=(config.user, password) if config.user else None,
            ok=(200, 304),
            most=LARGEST,
            # The path of a published calendar is often its only secret.
            secrets=(self._url, urlsplit(self._url).path.rstrip("/"), password, token),
            hints={
                **dict.fromkeys((301, 302, 303, 307, 308), MOVED),
                401: f"check user and password, or the token, of {self._path}",
                403: f"check user and password, or the token, of {self._path}",
                404: f"check {self._path}.url",
                410: f"check {self._path}.url",
            },
        )
        if answer.status_code == 304:
            return None
        return Fetched(answer.content, _said(answer.headers.get("etag")), _said(answer.headers.get("last-modified")))

    def _file(self, file: Path, etag: str) -> Fetched | None:
        about = f"{self._provider}: {file}"
        try:
            # What is no file (a pipe, a terminal) could be read for ever.
            status = file.stat()
            if not S_ISREG(status.st_mode):
                raise Rejected(f"{about} is no file; check {self._path}.file")
            version = f"{status.st_ino}-{status.st_mtime_ns}-{status.st_size}"
            if version == etag:
                return None
            with file.open("rb") as opened:
                body = opened.read(LARGEST + 1)
        except OSError as error:
            raise Unavailable(f"{about} cannot be read ({error.strerror}); check {self._path}.file") from None
        if len(body) > LARGEST:
            raise Rejected(f"{about} is larger than {LARGEST // 1_000_000} MB")
        return Fetched(body, version)

    def shifts(self, body: bytes, start: datetime, end: datetime) -> Sequence[NamedShift]:
        """In a process of its own, which gets seconds of the processor and a gigabyte of memory."""
        free, provider = self._config.free, self._provider
        return read_apart(body, start, end, self._zone, free=free, provider=provider)


class Meetings(Ics):
    """A `MeetingSource`."""

    def meetings(self, body: bytes, start: datetime, end: datetime) -> Sequence[Meeting]:
        return read_meetings_apart(body, start, end, self._zone, provider=self._provider)


def _said(value: str | None) -> str:
    """What can be said again the next time (https://www.rfc-editor.org/rfc/rfc9110#field.etag), empty for anything else: then
    all of it is asked for."""
    return value if value and re.fullmatch(r"[ -~]{1,500}", value) else ""
