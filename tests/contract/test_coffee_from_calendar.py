"""The lean coffee that a calendar of others times: the next meeting of that name, with its place, over restarts and without its server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from adapters.http import Http
from adapters.oncall.meetings import Config, build
from bot.calendars import MeetingSource
from bot.coffee.board import Coffee, CoffeeStatus, TopicState
from bot.coffee.dated import Meeting
from bot.config import ConfigError, load
from bot.inbox import Writer
from bot.incident.commands import coffee as k
from bot.learning.meeting_calendar import MeetingCalendar
from bot.learning.rescheduled import Rescheduled
from bot.main import Klatsch
from bot.ports import Unavailable
from bot.providers import configured
from bot.terminal.learning_findings import digests
from storage.calendars import SqlCalendars
from storage.engine import Database
from tests.clock import FakeClock
from tests.contract.servers.http import Answer
from tests.contract.servers.ics import IcsServer
from tests.unit.calendar_texts import calendar
from tests.world import World

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
MEET = "https://meet.example.org/coffee"
COFFEE = f"""DTSTART;TZID=Europe/Berlin:20261001T100000
DURATION:PT1H
RRULE:FREQ=WEEKLY;INTERVAL=4
EXDATE;TZID=Europe/Berlin:20261224T100000
SUMMARY:Lean Operator coffee
LOCATION:{MEET}"""
OTHER = "DTSTART:20261201T090000Z\nDURATION:PT1H\nSUMMARY:All hands\nLOCATION:https://meet.example.org/hands"
BODY = calendar(COFFEE, OTHER, "DTSTART:20261202T090000Z\nSUMMARY:Coffee\nSTATUS:CANCELLED")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    http = Http()
    yield http
    await http.close()


def source(http: Http, server: IcsServer, **more: str) -> MeetingSource:
    url = f"{server.url}/feed/secret-path/platform.ics"
    return build(
        "calendar", Config.model_validate({"type": "ics", "url": url, "match": "coffee", **more}), http, BERLIN
    )


def reading(world: World, at: MeetingSource, match: str = "COFFEE") -> MeetingCalendar:
    return MeetingCalendar(at, SqlCalendars(world.database), FakeClock(NOW), match)


async def test_the_next_meeting_of_that_name_is_the_next_coffee_and_there_people_meet(world: World, http: Http):
    async with IcsServer(BODY) as server:
        met = reading(world, source(http, server))
        await met.look()
    assert met.after(NOW) == utc("2027-01-21T09:00:00")
    assert met.following(NOW) == Meeting(utc("2027-01-21T09:00:00"), "Lean Operator coffee", MEET)
    assert met.after(utc("2026-10-01T08:00:00")) == utc("2026-10-29T09:00:00")
    # Summer has come, and the wall shows the same.
    assert met.after(utc("2027-03-19T00:00:00")) == utc("2027-04-15T08:00:00")


async def test_its_last_good_copy_outlives_a_restart_a_server_that_is_away_and_one_that_sends_rubbish(
    world: World, http: Http, caplog: pytest.LogCaptureFixture
):
    async with IcsServer(BODY) as server:
        await reading(world, source(http, server)).look()
        met = reading(world, source(http, server))
        server.orders += [Answer(503), Answer(200, b"<html>log in</html>")]
        for _ in range(2):
            await met.look()
        assert met.after(NOW) == utc("2027-01-21T09:00:00")
        await met.look()
        server.body = calendar(COFFEE.replace("20261001T100000", "20261008T100000"))
        await met.look()
        assert met.after(NOW) == utc("2026-12-03T09:00:00")
        assert server.spared == 1
    assert "a bug" not in caplog.text
    assert "the answer" in caplog.text or "503" in caplog.text
    assert "secret-path" not in caplog.text


async def test_a_server_that_is_away_is_told_of_once_each_time_it_goes(
    world: World, http: Http, caplog: pytest.LogCaptureFixture
):
    async with IcsServer(BODY) as server:
        met = reading(world, source(http, server))
        for answers in ([Answer(503), Answer(503)], [], [Answer(503)]):
            server.orders += answers
            for _ in answers or [None]:
                await met.look()
    assert [one.getMessage().partition(":")[0] for one in caplog.records] == [
        "when the next coffee is could not be looked up"
    ] * 2


async def test_what_is_the_same_still_is_noted_with_its_time(world: World, http: Http):
    clock, copies = FakeClock(NOW), SqlCalendars(world.database)
    async with IcsServer(BODY) as server:
        met = MeetingCalendar(source(http, server), copies, clock, "coffee")
        await met.look()
        clock.forward(hours=1)
        await met.look()
    kept = copies.find("klatsch: coffee")
    assert kept is not None
    assert (kept.fetched_at, kept.checked_at) == (NOW, NOW + timedelta(hours=1))


async def test_until_it_is_cancelled_it_is_asked_for_and_a_bug_of_ours_ends_nothing(
    world: World, http: Http, caplog: pytest.LogCaptureFixture
):
    looked = asyncio.Event()

    async def broken() -> None:
        looked.set()
        raise ZeroDivisionError

    async with IcsServer(BODY) as server:
        met = reading(world, source(http, server))
        running = asyncio.create_task(met.run(broken))
        await looked.wait()
        await asyncio.sleep(0)
        assert not running.done()
        running.cancel()
        assert len(server.requests) == 1
    assert met.after(NOW) == utc("2027-01-21T09:00:00")
    assert "a bug while looking when the next coffee is" in caplog.text


async def test_what_was_never_read_says_so_and_what_another_calendar_said_is_not_believed(world: World, http: Http):
    async with IcsServer(BODY) as server:
        with pytest.raises(Unavailable, match="has not been read yet"):
            reading(world, source(http, server)).after(NOW)
        await reading(world, source(http, server)).look()
        other = build("calendar", Config.model_validate({"url": f"{server.url}/other.ics", "match": "x"}), http, BERLIN)
        with pytest.raises(Unavailable):
            reading(world, other).after(NOW)
        none = reading(world, source(http, server), "tea")
        assert none.after(NOW) is None


@pytest.fixture
async def writer(world: World) -> AsyncIterator[Writer]:
    writer = Writer(world.store, world.rules)
    writing = asyncio.create_task(writer.run())
    yield writer
    writer.stop()
    await writing


def weekly(start: str) -> bytes:
    return calendar(f"DTSTART;TZID=Europe/Berlin:{start}\nDURATION:PT1H\nRRULE:FREQ=WEEKLY\nSUMMARY:coffee")


async def test_a_coffee_that_is_called_follows_its_calendar(world: World, http: Http, writer: Writer):
    world.clock.forward(seconds=(NOW - world.clock.now()).total_seconds())
    for command in (k.AddTopic(text="Why do OSDs flap?"), k.CallCoffee(starts_at=utc("2026-11-28T09:00:00"))):
        world.ask(command)
    async with IcsServer(weekly("20261128T143000")) as server:
        met = reading(world, source(http, server))
        await met.look(Rescheduled(met, world.lookups, writer, FakeClock(NOW)).look)
        coffee = world.lookups.board().coffee
        assert coffee is not None
        assert (coffee.number, coffee.starts_at) == (1, utc("2026-11-28T13:30:00"))
        server.body = calendar(OTHER)
        await met.look(Rescheduled(met, world.lookups, writer, FakeClock(NOW)).look)
    board = world.lookups.board()
    assert (board.coffee, [one.status for one in board.past.values()]) == (None, [CoffeeStatus.SKIPPED])
    assert board.topics[1].state is TopicState.OPEN


async def test_a_calendar_that_is_away_moves_nothing(world: World, http: Http, writer: Writer):
    world.ask(k.CallCoffee(starts_at=utc("2026-11-28T11:00:00")))
    async with IcsServer(weekly("20261128T100000")) as server:
        met = reading(world, source(http, server))
        server.orders += [Answer(503)]
        await met.look(Rescheduled(met, world.lookups, writer, FakeClock(NOW)).look)
    called = Coffee(1, utc("2026-11-28T11:00:00"), closes=utc("2026-11-28T12:50:00"))
    assert world.lookups.board().coffee == replace(called, version=1)


PLACES = {
    "a link in LOCATION": (f"LOCATION:{MEET}", MEET),
    "its URL counts more": (f"LOCATION:https://x.example.org/\nURL:{MEET}", MEET),
    "a room of stone": ("LOCATION:Kitchen", ""),
    "what runs in a browser": ("URL:javascript:alert(1)", ""),
    "nothing": ("", ""),
}


@pytest.mark.parametrize(("lines", "link"), PLACES.values(), ids=PLACES)
async def test_where_people_meet_is_an_address_of_the_web_or_nothing(tmp_path: Path, http: Http, lines: str, link: str):
    file = tmp_path / "coffee.ics"
    file.write_bytes(calendar(f"DTSTART:20261203T090000Z\nSUMMARY:coffee\n{lines}"))
    at = build("calendar", Config.model_validate({"file": str(file), "match": "coffee"}), http, BERLIN)
    fetched = await at.fetch("", "", NOW, NOW)
    assert fetched is not None
    (found,) = at.meetings(fetched.body, NOW, utc("2027-01-01T00:00:00"))
    assert found.link == link


def a_config(folder: Path, block: str) -> Path:
    path = folder / "config.yaml"
    path.write_text(f'storage: {{url: "sqlite:///{folder}/klatsch.db"}}\ncoffee: {{calendar: {{{block}}}}}\n')
    return path


async def test_a_bot_that_is_configured_so_invites_to_what_the_calendar_says(tmp_path: Path):
    file = tmp_path / "coffee.ics"
    file.write_bytes(BODY)
    config = load(a_config(tmp_path, 'type: ics, file: coffee.ics, match: "coffee"'), {})
    async with Klatsch(config, clock=FakeClock(NOW)).working() as klatsch:
        assert klatsch.learning.calendar is not None
        await klatsch.learning.calendar.look()
        invitation = klatsch.learning.invitation()
    assert invitation is not None
    assert (invitation.series, invitation.link) == (None, MEET)
    assert invitation.dates[:2] == (utc("2027-01-21T09:00:00"), utc("2027-02-18T09:00:00"))


WRONG = {
    "no name": ("type: ics, file: coffee.ics", "coffee.calendar"),
    "no place": ("type: ics, match: coffee", "coffee.calendar"),
    "another type": ("type: outlook, match: coffee", "coffee.calendar.type"),
    "a slip": ("type: ics, file: coffee.ics, match: coffee, tilte: x", "coffee.calendar.tilte"),
}


@pytest.mark.parametrize(("block", "where"), WRONG.values(), ids=WRONG)
def test_a_block_that_is_wrong_is_refused_by_its_key(tmp_path: Path, block: str, where: str):
    with pytest.raises(ConfigError) as refused:
        configured(a_config(tmp_path, block), {})
    assert where in str(refused.value)


async def test_check_says_when_the_next_coffee_is_and_keeps_nothing(tmp_path: Path):
    (tmp_path / "coffee.ics").write_bytes(BODY)
    config = load(a_config(tmp_path, "type: ics, file: coffee.ics, match: coffee"), {})
    World(Database(f"sqlite:///{tmp_path}/klatsch.db")).close()
    async with Klatsch(config, clock=FakeClock(NOW)).looking() as klatsch:
        (said,) = await digests(klatsch)
        assert said.text == "the next one is on Thu 21 Jan 2027 09:00 UTC"
        assert SqlCalendars(klatsch.database).find("klatsch: coffee") is None
    (tmp_path / "coffee.ics").unlink()
    async with Klatsch(config, clock=FakeClock(NOW)).looking() as klatsch:
        (said,) = await digests(klatsch)
    assert said.text.startswith("when the next one is could not be found out: the calendar of the coffee: ")
    assert said.text.endswith("check coffee.calendar.file")
