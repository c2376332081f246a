"""The invitation to the lean coffee: a signed link, a rule where calendars know one, the same dates as ours whatever the clocks do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
import recurring_ical_events
from icalendar import Calendar
from itsdangerous import URLSafeSerializer
from starlette.applications import Starlette
from starlette.routing import Route

from adapters.web.calendars import CalendarLinks
from adapters.web.coffee import CoffeeCalendar, CoffeeLinks, written
from bot.coffee.invitation import Invitation
from bot.config import load
from bot.learning.invited import invitation
from bot.learning.occurrences import Occurrences
from bot.learning.planned import coffee
from bot.ports import Rejected, Unavailable
from bot.store import StoreUnavailable
from tests.golden_files import golden

BASE = "https://klatsch.example.org"
LINKS = CoffeeLinks("k" * 32, lambda: BASE)
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
MEET = "https://meet.example.org/coffee"
OFF = {date(2026, 12, 24), date(2026, 12, 31), date(2027, 3, 25), date(2028, 5, 25)}


def days_off(names: object) -> Callable[[date], bool]:
    return (lambda day: day in OFF) if names else (lambda day: False)


def planned(tmp_path: Path, block: str) -> tuple[Invitation, Occurrences]:
    path = tmp_path / "config.yaml"
    path.write_text(f'storage: {{url: "sqlite:///k.db"}}\ncoffee: {{zone: Europe/Berlin, link: "{MEET}", {block}}}\n')
    config = load(path, {})
    comes = coffee(config, days_off)
    assert comes is not None
    made = invitation(config, comes, MEET, NOW)
    assert made is not None
    return made, comes


def ours(comes: Occurrences, start: datetime, end: datetime) -> list[datetime]:
    found: list[datetime] = []
    at = comes.after(start - timedelta(seconds=1))
    while at is not None and at < end:
        found.append(at)
        at = comes.after(at)
    return found


def theirs(body: bytes, start: datetime, end: datetime) -> list[datetime]:
    """As a calendar program reads it."""
    found = recurring_ical_events.of(Calendar.from_ical(body)).between(start, end)
    return sorted(event["DTSTART"].dt.astimezone(UTC) for event in found)


RULES = {
    "weekly": 'cron: "thu 14:00"',
    "twice a week, in summer after midnight": 'cron: "sat,sun 00:30"',
    "every four weeks": "every: 4w, start: 2026-02-05T10:00",
    "with days off": 'cron: "thu 14:00", holidays: [DE-BE]',
    "every two weeks, with days off": "every: 2w, start: 2026-02-05T10:00, holidays: [DE-BE]",
}


@pytest.mark.parametrize("block", RULES.values(), ids=RULES)
def test_a_rule_that_calendars_know_is_one_series_with_our_dates(tmp_path: Path, block: str):
    made, comes = planned(tmp_path, block)
    body = written(made)
    (event,) = Calendar.from_ical(body).walk("VEVENT")
    assert "RRULE" in event
    assert Calendar.from_ical(body).walk("VTIMEZONE")
    # Two years, in which the clocks change four times.
    end = NOW + timedelta(days=700)
    found = theirs(body, NOW, end)
    assert len(found) > 20
    assert found == ours(comes, NOW, end)


def test_what_no_calendar_knows_is_its_next_dates(tmp_path: Path):
    for block in (
        'cron: "daily 09:00"',
        'cron: "0 14 1 * *"',
        'cron: "0 9 1-7 * thu"',
        "every: 10d, start: 2026-02-05T10:00",
    ):
        made, comes = planned(tmp_path, block)
        events = Calendar.from_ical(written(made)).walk("VEVENT")
        assert len(events) == 12
        assert not any("RRULE" in event for event in events)
        assert (
            [event["DTSTART"].dt for event in events]
            == list(made.dates)
            == ours(comes, NOW, made.dates[-1] + timedelta(1))
        )
        assert len({str(event["UID"]) for event in events}) == 12


def test_people_are_invited_as_long_as_something_says_when(tmp_path: Path):
    class Once:
        def after(self, at: datetime) -> datetime | None:
            return last if at < last else None

    def invited(text: str, comes: Occurrences | None) -> Invitation | None:
        (tmp_path / "config.yaml").write_text(f"chat: {{zone: Europe/Lisbon, console: {{}}}}\n{text}")
        return invitation(load(tmp_path / "config.yaml", {}), comes, MEET, NOW)

    last = datetime(2026, 12, 3, 9, tzinfo=UTC)
    assert invited("", Once()) is None
    assert invited("coffee: {link: 'https://meet.example.org/'}", None) is None
    made = invited("coffee: {calendar: {type: ics, file: x.ics}}", Once())
    assert made is not None
    assert (made.dates, made.zone) == ((last,), ZoneInfo("Europe/Lisbon"))


def test_the_invitation_as_it_is_sent(tmp_path: Path):
    made, _ = planned(tmp_path, 'cron: "thu 14:00", length: 50m, holidays: [DE-BE]')
    body = written(made)
    golden("coffee/invitation.ics", body.decode().replace("\r\n", "\n"))
    later = replace(made)
    assert written(later) == body
    event = Calendar.from_ical(body).walk("VEVENT")[0]
    assert str(event["LOCATION"]) == str(event["URL"]) == MEET
    assert event["DURATION"].dt == timedelta(minutes=50)
    at_once = Calendar.from_ical(written(replace(made, length=timedelta()))).walk("VEVENT")[0]
    assert at_once["DURATION"].dt == timedelta(minutes=1)
    nowhere = Calendar.from_ical(written(replace(made, link=""))).walk("VEVENT")[0]
    assert "LOCATION" not in nowhere


@pytest.fixture
def made(tmp_path: Path) -> Invitation:
    return planned(tmp_path, 'cron: "thu 14:00"')[0]


@pytest.fixture
async def get(made: Invitation) -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette(routes=[Route("/coffee.ics", CoffeeCalendar(LINKS, lambda: made).show)])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE) as client:
        yield client


async def test_the_link_opens_it_and_says_when_it_is_the_same(get: httpx.AsyncClient, made: Invitation):
    answer = await get.get(LINKS.link())
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    assert answer.content == written(made)
    assert answer.headers["x-robots-tag"] == "noindex"
    tag = answer.headers["etag"]
    assert (tag[0], tag[-1], len(tag)) == ('"', '"', 34)
    for held in (tag, f"W/{tag}"):
        again = await get.get(LINKS.link(), headers={"If-None-Match": held})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    changed = await get.get(LINKS.link(), headers={"If-None-Match": '"of another week"'})
    assert changed.status_code == 200


def test_the_link_is_the_same_in_every_release():
    """People subscribe once, and for years."""
    assert LINKS.link() == f"{BASE}/coffee.ics?token=ImNvZmZlZSI.MF7UW-hGTgW_ddbp7IVgvkWndJA"


async def test_no_other_link_of_ours_opens_it_and_nothing_is_told_to_a_stranger(get: httpx.AsyncClient):
    other = CalendarLinks("k" * 32, lambda: BASE).link("coffee").partition("token=")[2]
    another = CoffeeLinks("x" * 32, lambda: BASE).link().partition("token=")[2]
    schedule = URLSafeSerializer("k" * 32, salt="calendar").dumps("coffee")
    for token in ("", "coffee", other, another, schedule, "é" * 3000):
        answer = await get.get("/coffee.ics", params={"token": token})
        assert (answer.status_code, answer.text.partition(",")[0]) == (
            404,
            "This link to the coffee's calendar is not one of ours",
        )
    assert CoffeeLinks("k" * 32, lambda: "").link() == ""


async def test_what_cannot_be_known_now_is_asked_for_again(made: Invitation, caplog: pytest.LogCaptureFixture):
    def away() -> Invitation:
        raise Unavailable("the holidays could not be looked up")

    def gone() -> Invitation:
        raise StoreUnavailable("connection refused at db.internal")

    def garbled() -> Invitation:
        raise Rejected("the calendar of the coffee: the calendar has more than 20000 meetings in 460 days")

    later = "The database does not answer; try again in a minute."
    for answers, code, said, after in (
        (away, 503, "Not now: the holidays could not be looked up", "300"),
        (gone, 503, later, None),
        (
            garbled,
            503,
            "Not now: the calendar of the coffee: the calendar has more than 20000 meetings in 460 days",
            "300",
        ),
        (lambda: None, 404, "There is no coffee: nothing stands under `coffee:` in the configuration.", None),
    ):
        app = Starlette(routes=[Route("/coffee.ics", CoffeeCalendar(LINKS, answers).show)])
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE) as client:
            answer = await client.get(LINKS.link())
        assert (answer.status_code, answer.text, answer.headers.get("retry-after")) == (code, said, after)
    assert "the coffee's calendar could not be shown: connection refused at db.internal" in caplog.text
