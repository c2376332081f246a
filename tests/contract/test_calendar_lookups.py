"""What only the on-call lookups of PagerDuty and GoAlert promise."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from adapters.http import Http
from adapters.oncall import goalert, pagerduty
from bot.calendars import CalendarSource
from bot.incident.model import Person
from bot.oncall.calendar import NamedShift, names_of, understood
from bot.ports import Rejected
from tests.contract.calendars import END, SECRET, START, built
from tests.contract.servers.goalert_calendar import GoAlertCalendar
from tests.contract.servers.http import Answer
from tests.contract.servers.pagerduty_oncalls import PagerDutyOncalls, user
from tests.until import PATIENCE

ANA = user("PT23IWX", "Ana", "ana@example.org")


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with Http(seconds=PATIENCE, trust_env=False) as http:
        yield http


@pytest.fixture
async def duty() -> AsyncIterator[PagerDutyOncalls]:
    async with PagerDutyOncalls(SECRET, "PI7DH85") as server:
        yield server


@pytest.fixture
async def subscribed() -> AsyncIterator[GoAlertCalendar]:
    async with GoAlertCalendar(SECRET) as server:
        yield server


def asks(http: Http, server: PagerDutyOncalls) -> CalendarSource:
    return built("pagerduty", http, url=server.url, token=SECRET, schedule="PI7DH85")


async def shifts(source: CalendarSource) -> list[NamedShift]:
    found = await source.fetch("", "", START, END)
    assert found is not None
    return list(source.shifts(found.body, START, END))


async def test_pagerduty_is_asked_page_by_page_for_the_time_that_is_wanted(http: Http, duty: PagerDutyOncalls) -> None:
    for day in range(250):
        begin = START + timedelta(hours=day)
        duty.shift(ANA, begin.isoformat(), (begin + timedelta(hours=1)).isoformat())
    duty.shift(ANA, "2025-01-01T00:00:00Z", "2025-01-02T00:00:00Z")
    assert len(await shifts(asks(http, duty))) == 250
    asked = [parse_qs(urlsplit(request.target).query) for request in duty.requests]
    assert [page["offset"] for page in asked] == [["0"], ["100"], ["200"]]
    assert {page["until"][0] for page in asked} == {"2027-02-25T00:00:00Z"}


async def test_more_pages_than_a_schedule_of_people_has_are_not_read(
    http: Http, duty: PagerDutyOncalls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pagerduty, "MOST_PAGES", 2)
    for _ in range(201):
        duty.shift(ANA, None, None)
    with pytest.raises(Rejected, match="PagerDuty has more than 200 shifts in 91 days"):
        await shifts(asks(http, duty))
    assert len(duty.requests) == 2


async def test_who_is_on_call_at_pagerduty_for_ever_is_for_as_long_as_we_look(
    http: Http, duty: PagerDutyOncalls
) -> None:
    duty.shift(ANA, None, None)
    (shift,) = await shifts(asks(http, duty))
    assert (shift.start, shift.end) == (START, END)


@pytest.mark.parametrize(
    ("person", "known"),
    [
        (Person("a1", "Somebody", email="ANA@example.org"), True),
        (Person("a1", "Ana"), True),
        (Person("a1", "Somebody", options={"pagerduty": "PT23IWX"}), True),
        (Person("a1", "Somebody", options={"goalert": "PT23IWX"}), False),
    ],
)
async def test_people_of_pagerduty_are_known_by_mail_address_id_or_name(
    http: Http, duty: PagerDutyOncalls, person: Person, known: bool
) -> None:
    duty.shift(ANA, "2026-11-27T09:00:00Z", "2026-11-28T09:00:00Z")
    ben = Person("ben", "Ana Maria", email="ben@example.org")
    found = understood(await shifts(asks(http, duty)), names_of({"a1": person, "ben": ben}, "pagerduty"))
    assert [shift.people for shift in found.shifts] == ([("a1",)] if known else [])


async def test_a_time_without_an_offset_is_not_taken_for_one_of_this_machine(
    http: Http, duty: PagerDutyOncalls
) -> None:
    source = asks(http, duty)
    with pytest.raises(Rejected, match="the answer is no list of shifts"):
        source.shifts(b'[{"user": {"id": "P1"}, "start": "2026-11-27T09:00:00", "end": null}]', START, END)


async def test_goalert_without_shifts_may_have_null_and_is_no_trouble(http: Http, subscribed: GoAlertCalendar) -> None:
    source = built("goalert", http, url=subscribed.url, token=SECRET)
    assert await shifts(source) == []
    subscribed.shifts = None
    assert await shifts(source) == []


async def test_goalert_says_the_same_for_as_long_as_nothing_changes(http: Http, subscribed: GoAlertCalendar) -> None:
    source = built("goalert", http, url=subscribed.url, token=SECRET)
    subscribed.shift("0b6a", "Ana Ruiz", "2026-11-27T09:00:00Z", "2026-11-28T09:00:00Z")
    first, second = [await source.fetch("", "", START, END) for _ in range(2)]
    assert first == second
    subscribed.shift("0b6b", "Ben Weiss", "2026-11-28T09:00:00Z", "2026-11-29T09:00:00Z")
    assert await source.fetch("", "", START, END) != first


async def test_goalert_that_allows_no_subscriptions_is_named(http: Http, subscribed: GoAlertCalendar) -> None:
    subscribed.allowed = False
    with pytest.raises(Rejected, match=r"answered 403.*that GoAlert allows calendar subscriptions"):
        await shifts(built("goalert", http, url=subscribed.url, token=SECRET))


async def test_json_of_somebody_else_is_not_goalert_s(http: Http, subscribed: GoAlertCalendar) -> None:
    subscribed.orders.append(Answer.of({"Type": f"{goalert.TYPE}.1", "Shifts": []}))
    with pytest.raises(Rejected, match="the answer is no calendar of GoAlert; check oncall"):
        await shifts(built("goalert", http, url=subscribed.url, token=SECRET))
