"""Who is on call, for the calendar on somebody's phone: a signed link, the same events each time, right when clocks change."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest
from icalendar import Calendar
from starlette.applications import Starlette
from starlette.routing import Route

from adapters.web.acknowledge import AckLinks
from adapters.web.calendars import CalendarLinks, Calendars, written
from bot.duty import Duty
from bot.oncall.escalation import Roster
from bot.oncall.overrides import Override
from bot.oncall.schedules import Rotation, Schedule, shifts
from tests.clock import FakeClock
from tests.world import PEOPLE

BASE = "https://klatsch.example.org"
KEY = "k" * 32
WEEK = timedelta(weeks=1)
BERLIN = ZoneInfo("Europe/Berlin")
ROTATION = Rotation(("ana", "ben"), WEEK, datetime.fromisoformat("2026-03-02T09:00"))
LINKS = CalendarLinks(KEY, lambda: BASE)


@pytest.fixture
def duty() -> Duty:
    schedules = {name: Schedule(name, BERLIN, ROTATION) for name in ("platform", "storage")}
    return Duty(Roster(schedules, people=frozenset(PEOPLE)))


@pytest.fixture
async def get(duty: Duty) -> AsyncIterator[httpx.AsyncClient]:
    # The clocks change within what it shows.
    clock = FakeClock(datetime(2026, 9, 20, 12, tzinfo=UTC))
    calendars = Calendars(LINKS, duty, PEOPLE, clock)
    app = Starlette(routes=[Route("/oncall/{schedule}.ics", calendars.show)])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE) as client:
        yield client


async def test_a_calendar_program_reads_who_is_on_call_and_each_hand_over_keeps_its_time_of_day(
    get: httpx.AsyncClient,
) -> None:
    answer = await get.get(LINKS.link("platform"))
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    calendar = Calendar.from_ical(answer.content)
    assert str(calendar["x-wr-calname"]) == "On call: platform"
    events = calendar.walk("VEVENT")
    assert {str(event["summary"]) for event in events} == {
        "Ana Ruiz on call: platform",
        "Ben Okafor on call: platform",
    }
    starts = [event.decoded("dtstart").astimezone(BERLIN) for event in events][1:]
    assert {(start.strftime("%a %H:%M"), start.utcoffset()) for start in starts} == {
        ("Mon 09:00", timedelta(hours=2)),
        ("Mon 09:00", timedelta(hours=1)),
    }
    assert [event.decoded("dtend") for event in events][:-1] == [event.decoded("dtstart") for event in events][1:]


async def test_a_person_s_link_shows_their_shifts_alone(get: httpx.AsyncClient, duty: Duty) -> None:
    events = Calendar.from_ical((await get.get(LINKS.link("platform", "ben"))).content).walk("VEVENT")
    assert {str(event["summary"]) for event in events} == {"Ben Okafor on call: platform"}
    assert {str(event["attendee"]) for event in events} == {"mailto:ben@example.org"}
    found = shifts(
        duty.roster.schedules["platform"], datetime(2026, 8, 21, tzinfo=UTC), datetime(2027, 1, 18, tzinfo=UTC)
    )
    assert len(events) == sum("ben" in one.people for one in found)


async def test_what_did_not_change_is_not_sent_again_and_an_override_changes_it(
    get: httpx.AsyncClient, duty: Duty
) -> None:
    url = LINKS.link("platform")
    first = await get.get(url)
    again = await get.get(url, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    start = datetime(2026, 9, 24, 16, tzinfo=UTC)
    duty.overrides([Override(1, "platform", "ana", start, start + timedelta(hours=4))])
    changed = await get.get(url, headers={"If-None-Match": first.headers["etag"]})
    assert changed.status_code == 200
    uids = [str(event["uid"]) for event in Calendar.from_ical(changed.content).walk("VEVENT")]
    assert "platform-ana-20260924T160000Z@klatsch" in uids
    assert len(uids) == len(set(uids))


def test_a_shift_that_reaches_over_what_is_shown_is_the_same_event_each_day(duty: Duty) -> None:
    shown = []
    for day in (datetime(2026, 9, 22, tzinfo=UTC), datetime(2026, 9, 23, tzinfo=UTC)):
        calendar = Calendar.from_ical(written(duty.roster.schedules["platform"], "", PEOPLE, day, day + 3 * WEEK))
        shown.append([event.to_ical() for event in calendar.walk("VEVENT")])
    assert shown[0] == shown[1]
    assert len(shown[0]) == 4


@pytest.mark.parametrize(
    "path",
    [
        "/oncall/platform.ics",
        "/oncall/platform.ics?token=",
        "/oncall/platform.ics?token=nonsense",
        "/oncall/storage.ics?token={platform}",
        "/oncall/platform.ics?token={other key}",
        "/oncall/platform.ics?token={acknowledge}",
        "/oncall/gone.ics?token={gone}",
        "/oncall/platform.ics?token={platform}x",
    ],
)
async def test_without_a_link_of_ours_nobody_learns_anything(get: httpx.AsyncClient, path: str) -> None:
    tokens = {
        "platform": LINKS.link("platform"),
        "other key": CalendarLinks("x" * 32, lambda: BASE).link("platform"),
        "acknowledge": AckLinks(KEY, BASE).link(7, "ana").replace("/ack/", "?token="),
        "gone": LINKS.link("gone"),
    }
    for name, url in tokens.items():
        path = path.replace(f"{{{name}}}", url.partition("token=")[2])
    answer = await get.get(path)
    assert answer.status_code == 404
    assert "Ana" not in answer.text


def test_a_calendar_s_link_acknowledges_nothing_and_without_an_address_there_is_none() -> None:
    from itsdangerous import BadSignature

    token = LINKS.link("platform", "ana").partition("token=")[2]
    with pytest.raises(BadSignature):
        AckLinks(KEY, BASE).read(token)
    assert CalendarLinks(KEY, lambda: "").link("platform") == ""
