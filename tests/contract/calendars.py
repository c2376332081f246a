"""The sources of calendars that the shared suite runs over: each with Ana on call for a day, and its server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from adapters.http import Http
from adapters.registry import CALENDARS
from bot.calendars import CalendarSource
from tests.contract.servers.goalert_calendar import GoAlertCalendar
from tests.contract.servers.http import HttpServer
from tests.contract.servers.ics import IcsServer
from tests.contract.servers.pagerduty_oncalls import PagerDutyOncalls, user
from tests.unit.calendar_texts import calendar

START, END = datetime(2026, 11, 26, tzinfo=UTC), datetime(2027, 2, 25, tzinfo=UTC)
SECRET = "s3cret-token-of-the-calendar"
BERLIN = ZoneInfo("Europe/Berlin")

ANAS_DAY = calendar(
    "DTSTART:20261127T090000Z\nDTEND:20261128T090000Z\nSUMMARY:Schicht\nATTENDEE;CN=Ana Ruiz:mailto:ana@example.org"
)


@dataclass
class Offered:
    """A source and the server it asks. `wrong`: the same with a wrong secret."""

    source: CalendarSource
    wrong: CalendarSource
    server: HttpServer


def built(kind: str, http: Http, **block: object) -> CalendarSource:
    provider = CALENDARS[kind]
    config = provider.config().model_validate({"type": kind, **block})
    return provider.build()("platform", config, http, BERLIN)


@asynccontextmanager
async def ics(http: Http) -> AsyncIterator[Offered]:
    async with IcsServer(ANAS_DAY, token=SECRET) as server:
        url = f"{server.url}/feed/secret-path/platform.ics"
        yield Offered(built("ics", http, url=url, token=SECRET), built("ics", http, url=url, token="wrong"), server)


@asynccontextmanager
async def goalert(http: Http) -> AsyncIterator[Offered]:
    async with GoAlertCalendar(SECRET) as server:
        server.shift(
            "0b6a9c1e-5a52-4d1c-9f0e-7d8f3b2a1c00", "Ana Ruiz", "2026-11-27T10:00:00+01:00", "2026-11-28T09:00:00Z"
        )
        url = f"{server.url}/"
        yield Offered(
            built("goalert", http, url=url, token=SECRET), built("goalert", http, url=url, token="wrong"), server
        )


@asynccontextmanager
async def pagerduty(http: Http) -> AsyncIterator[Offered]:
    async with PagerDutyOncalls(SECRET, "PI7DH85") as server:
        ana = user("PT23IWX", "Ana Ruiz", "ana@example.org")
        server.shift(ana, "2026-11-27T04:00:00-05:00", "2026-11-28T09:00:00Z")
        # The same shift, by another escalation policy.
        server.shift(ana, "2026-11-27T04:00:00-05:00", "2026-11-28T09:00:00Z", level=2)
        block = {"url": server.url, "schedule": "PI7DH85"}
        yield Offered(
            built("pagerduty", http, token=SECRET, **block), built("pagerduty", http, token="wrong", **block), server
        )


SOURCES: dict[str, Callable[[Http], AbstractAsyncContextManager[Offered]]] = {
    "ics": ics,
    "goalert": goalert,
    "pagerduty": pagerduty,
}
