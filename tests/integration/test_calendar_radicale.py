"""Shifts from a real CalDAV server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from adapters.http import Http
from bot.calendars import Fetched
from bot.incident.model import Person
from bot.oncall.calendar import names_of, understood
from bot.ports import Rejected
from tests.contract.calendars import END, START, built
from tests.servers.radicale import Radicale, radicale
from tests.until import PATIENCE

PEOPLE = {"ana": Person("ana", "Ana Ruiz", email="ana@example.org"), "ben": Person("ben", "Ben Weiss")}
WEEKS = """DTSTART;TZID=Europe/Berlin:20261130T090000
DTEND;TZID=Europe/Berlin:20261207T090000
RRULE:FREQ=WEEKLY;INTERVAL=2
EXDATE;TZID=Europe/Berlin:20261228T090000
SUMMARY:Schicht
ATTENDEE;CN=Ana Ruiz;PARTSTAT=ACCEPTED:mailto:ana@example.org"""


@pytest.fixture
def server() -> Iterator[Radicale]:
    with radicale() as server:
        yield server


async def test_a_calendar_of_a_real_server_is_followed_through_its_changes(server: Radicale) -> None:
    server.put("weeks", WEEKS)
    async with Http(seconds=PATIENCE, trust_env=False) as http:
        source = built("ics", http, url=server.url, user="klatsch", password=server.password)

        async def fetched(before: Fetched | None = None) -> Fetched | None:
            etag, modified = (before.etag, before.modified) if before else ("", "")
            return await source.fetch(etag, modified, START, END)

        def on_call(copy: Fetched | None) -> list[str]:
            assert copy is not None
            shifts = source.shifts(copy.body, START, START + timedelta(days=50))
            found = understood(shifts, names_of(PEOPLE, "ics")).shifts
            return [f"{shift.start:%m-%d %H} {' '.join(shift.people)}" for shift in found]

        first = await fetched()
        assert on_call(first) == ["11-30 08 ana", "12-14 08 ana", "01-11 08 ana"]
        # It sends the whole calendar again, whatever we say that we have; then it is the same.
        assert await fetched(first) == first

        server.put("one", "DTSTART:20261207T080000Z\nDTEND:20261214T080000Z\nSUMMARY:Ben Weiss")
        second = await fetched(first)
        assert on_call(second) == ["11-30 08 ana", "12-07 08 ben", "12-14 08 ana", "01-11 08 ana"]

        server.put("one", "DTSTART:20261208T080000Z\nDTEND:20261214T080000Z\nSUMMARY:Ben Weiss")
        third = await fetched(second)
        assert on_call(third)[1] == "12-08 08 ben"

        server.delete("weeks")
        assert on_call(await fetched(third)) == ["12-08 08 ben"]
        with pytest.raises(Rejected, match=r"answered 401.*check user and password"):
            await built("ics", http, url=server.url, user="klatsch", password="falsch").fetch("", "", START, END)
