"""Calendars are kept current while we serve, and whatever becomes of their sources, what was known is known on."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import bot.refreshing
from bot.calendars import CalendarCopy, Fetched
from bot.duty import Duty
from bot.incident.model import Person
from bot.oncall.calendar import NamedShift
from bot.oncall.escalation import Roster
from bot.oncall.schedules import Schedule, on_call
from bot.ports import Rejected, Unavailable
from bot.refreshing import Refreshing, used_instead
from bot.store import StoreUnavailable
from storage.calendars import SqlCalendars
from storage.engine import Database
from tests.clock import START
from tests.until import PATIENCE, until
from tests.world import World

PEOPLE = {"ana": Person("ana", "Ana Ruiz"), "ben": Person("ben", "Ben Weiss")}
EVERY = timedelta(minutes=5)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """On SQLite alone: that the copies are the same on PostgreSQL is shown where they are kept."""
    world = World(Database(f"sqlite:///{tmp_path}/klatsch.db"))
    yield world
    world.close()


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that is busy reads no copy too late; where somebody is to come too late, the test says so."""
    for limit in ("START_WITHIN", "START_AT_ALL_WITHIN", "RECALLED_WITHIN"):
        monkeypatch.setattr(bot.refreshing, limit, PATIENCE)


class Source:
    """A calendar whose body is the names of who is on call, all of the time that is asked for. What is in `answers` is answered
    first, or raised; `waits` is waited for before."""

    kind = "ics"
    every = EVERY

    def __init__(self, body: str = "ana", place: str = "a" * 64) -> None:
        self.body = body
        self.place = place
        self.answers: list[Exception | str] = []
        self.waits: asyncio.Event | None = None
        self.asked: list[str] = []
        self.read = 0

    async def fetch(self, etag: str, modified: str, start: datetime, end: datetime) -> Fetched | None:
        self.asked.append(etag)
        if self.waits is not None:
            await self.waits.wait()
        body = self.answers.pop(0) if self.answers else self.body
        if isinstance(body, Exception):
            raise body
        return None if etag == f"etag of {body}" else Fetched(body.encode(), f"etag of {body}")

    def shifts(self, body: bytes, start: datetime, end: datetime) -> Sequence[NamedShift]:
        self.read += 1
        if body.startswith(b"<html>"):
            raise Rejected("the calendar of platform: the calendar is a web page")
        return [NamedShift(((name,),), start, end) for name in body.decode().split()]


class Bot:
    """One process: what it knows of its calendars, and when it asks again."""

    def __init__(self, world: World, **sources: Source) -> None:
        self.world = world
        zone = ZoneInfo("Europe/Berlin")
        self.duty = Duty(Roster({name: Schedule(name, zone) for name in sources}, people=frozenset(PEOPLE)))
        self.copies = SqlCalendars(world.database)
        self.pauses: list[float] = []
        self._next = asyncio.Event()
        self.calendars = Refreshing(sources, self.copies, PEOPLE, self.duty, world.clock, self._sleep)

    async def _sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await self._next.wait()

    async def again(self, **later: float) -> None:
        """Time passes, and every source is asked once more."""
        self.world.clock.forward(**later)
        count, woken = len(self.pauses), self._next
        self._next = asyncio.Event()
        woken.set()
        await until(lambda: len(self.pauses) > count, "the next answer", every=0.001)

    def on_call(self, schedule: str = "platform") -> tuple[str, ...]:
        return on_call(self.duty.roster.schedules[schedule], self.world.clock.now())


async def test_what_a_calendar_says_is_known_before_anybody_is_served(world: World) -> None:
    bot_ = Bot(world, platform=Source("ana"))
    async with bot_.calendars.followed():
        assert bot_.on_call() == ("ana",)
        assert bot_.calendars.troubles == []
    assert bot_.copies.find("platform") == CalendarCopy("a" * 64, b"ana", "etag of ana", "", START, START)


async def test_a_change_is_known_when_it_is_asked_for_the_next_time(world: World) -> None:
    source = Source("ana")
    bot_ = Bot(world, platform=source)
    async with bot_.calendars.followed():
        source.body = "ben"
        await bot_.again(minutes=5)
        assert bot_.on_call() == ("ben",)
        await bot_.again(minutes=5)
    assert source.asked == ["", "etag of ana", "etag of ben"]
    assert source.read == 2
    kept = bot_.copies.find("platform")
    assert kept is not None
    assert (kept.body, kept.fetched_at, kept.checked_at) == (b"ben", START + EVERY, START + 2 * EVERY)


async def test_what_did_not_change_is_not_written_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    bot_ = Bot(world, platform=Source("ana"))
    async with bot_.calendars.followed():
        monkeypatch.delattr(SqlCalendars, "keep")
        await bot_.again(minutes=5)
        assert bot_.calendars.troubles == []


async def test_it_is_asked_again_after_five_minutes_a_little_spread(world: World) -> None:
    bot_ = Bot(world, **{f"s{n}": Source() for n in range(20)})
    async with bot_.calendars.followed():
        await until(lambda: len(bot_.pauses) == 20, "all to wait")
    assert all(270 <= pause <= 330 for pause in bot_.pauses)
    assert len(set(bot_.pauses)) > 10


async def test_a_calendar_that_does_not_change_is_read_on_so_that_its_end_never_comes(world: World) -> None:
    source = Source()
    bot_ = Bot(world, platform=source)
    async with bot_.calendars.followed():
        await bot_.again(hours=5)
        assert source.read == 1
        await bot_.again(hours=1)
        assert source.read == 2
        assert bot_.duty.roster.schedules["platform"].calendar[0].end == world.clock.now() + timedelta(days=90)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Unavailable("the calendar of platform: answered 500"), "answered 500"),
        (Rejected("the calendar of platform: answered 404"), "answered 404"),
        ("<html>Log in</html>", "is a web page"),
        ("", "it has no shift any more; that is believed when it has said so for 1d"),
        (RuntimeError("a bug"), "internal error (RuntimeError)"),
    ],
    ids=["500", "404", "HTML", "empty", "bug"],
)
async def test_while_it_cannot_be_had_the_last_good_copy_is_used_and_its_age_is_told(
    world: World, caplog: pytest.LogCaptureFixture, answer: Exception | str, reason: str
) -> None:
    source = Source("ana")
    bot_ = Bot(world, platform=source)
    async with bot_.calendars.followed():
        source.answers = [answer, answer]
        await bot_.again(minutes=5)
        await bot_.again(hours=3)
        assert bot_.on_call() == ("ana",)
        (trouble,) = bot_.calendars.troubles
        assert trouble.startswith("the calendar of platform: ")
        assert reason in trouble
        assert trouble.endswith("; its last good copy is used, 3h5m old")
        assert sum(reason in record.message for record in caplog.records) == 1
        source.body = "ben"
        await bot_.again(minutes=5)
        assert (bot_.on_call(), bot_.calendars.troubles) == (("ben",), [])
    kept = bot_.copies.find("platform")
    assert kept is not None
    assert kept.body == b"ben"


async def test_a_calendar_that_stays_empty_for_a_day_is_believed(world: World) -> None:
    source = Source("ana")
    bot_ = Bot(world, platform=source)
    async with bot_.calendars.followed():
        source.body = ""
        for _ in range(4):
            await bot_.again(hours=6)
            assert bot_.on_call() == ("ana",)
        await bot_.again(hours=6)
        assert (bot_.on_call(), bot_.calendars.troubles) == ((), [])


async def test_a_calendar_that_was_always_empty_is_no_trouble(world: World) -> None:
    bot_ = Bot(world, platform=Source(""))
    async with bot_.calendars.followed():
        assert (bot_.on_call(), bot_.calendars.troubles) == ((), [])


async def test_who_cannot_be_had_is_tried_again_soon_and_then_less_often(world: World) -> None:
    source = Source()
    bot_ = Bot(world, platform=source)
    source.answers = [Unavailable("down")] * 12
    async with bot_.calendars.followed():
        for _ in range(11):
            await bot_.again(seconds=1)
    assert bot_.pauses[0] <= 1
    assert 150 <= bot_.pauses[-1] <= 300


async def test_what_a_person_must_mend_is_not_tried_often_and_who_asks_us_to_wait_is_heard(world: World) -> None:
    source = Source()
    bot_ = Bot(world, platform=source)
    source.answers = [
        Rejected("gone"),
        Unavailable("busy", timedelta(minutes=20)),
        Unavailable("busy", timedelta(days=1)),
    ]
    async with bot_.calendars.followed():
        await bot_.again(minutes=5)
        await bot_.again(minutes=5)
    assert bot_.pauses == [300, 1200, 3600]


# Starts


async def test_after_a_restart_the_copy_is_known_at_once_and_the_source_is_asked_with_its_etag(world: World) -> None:
    async with Bot(world, platform=Source("ana")).calendars.followed():
        pass
    source = Source("ana")
    bot_ = Bot(world, platform=source)
    await bot_.calendars.recall()
    assert bot_.on_call() == ("ana",)
    assert source.asked == []
    async with bot_.calendars.followed():
        assert source.asked == ["etag of ana"]
    assert source.read == 1


async def test_a_copy_of_another_address_is_not_used(world: World) -> None:
    async with Bot(world, platform=Source("ana", place="a" * 64)).calendars.followed():
        pass
    source = Source(place="b" * 64)
    source.answers = [Unavailable("down")]
    bot_ = Bot(world, platform=source)
    await bot_.calendars.recall()
    async with bot_.calendars.followed():
        assert (bot_.on_call(), source.asked) == ((), [""])
        assert bot_.calendars.troubles == ["down; there is no copy of it, so nobody is on call by it"]


async def test_a_copy_that_cannot_be_read_any_more_is_told_and_fetched_anew(world: World) -> None:
    SqlCalendars(world.database).keep("platform", CalendarCopy("a" * 64, b"<html>", "etag of ana", "", START, START))
    source = Source("ana")
    bot_ = Bot(world, platform=source)
    await bot_.calendars.recall()
    assert (
        "its last good copy cannot be used: the calendar of platform: the calendar is a web"
        in bot_.calendars.troubles[0]
    )
    async with bot_.calendars.followed():
        assert (bot_.on_call(), bot_.calendars.troubles, source.asked) == (("ana",), [], [""])


async def test_a_source_that_hangs_holds_up_no_other_and_no_start(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Bot(world, platform=Source("ana")).calendars.followed():
        pass
    monkeypatch.setattr(bot.refreshing, "START_WITHIN", 0.05)
    monkeypatch.setattr(bot.refreshing, "START_AT_ALL_WITHIN", 0.2)
    hangs, never = Source("ben"), Source("ben")
    hangs.waits = never.waits = asyncio.Event()
    bot_ = Bot(world, platform=hangs, storage=Source("ben"), network=never)
    await bot_.calendars.recall()
    began = asyncio.get_running_loop().time()
    async with bot_.calendars.followed():
        assert asyncio.get_running_loop().time() - began >= 0.2
        await until(lambda: bot_.on_call("storage") == ("ben",) and len(bot_.calendars.troubles) == 2, "who answers")
        assert [bot_.on_call(name) for name in ("platform", "storage", "network")] == [("ana",), ("ben",), ()]
        assert bot_.calendars.troubles == [
            "the calendar of platform: no answer within 0 s of the start; its last good copy is used, less than a minute old",
            "the calendar of network: no answer within 0 s of the start; there is no copy of it, so nobody is on call by it",
        ]
        hangs.waits.set()
        await until(lambda: bot_.on_call() == ("ben",), "the late answer")
        await until(lambda: not bot_.calendars.troubles, "the end of the trouble")


async def test_a_copy_that_takes_long_to_read_is_used_all_the_same_while_its_source_hangs(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a machine on which everything begins at once. Else nobody would be on call until the source is back."""
    async with Bot(world, platform=Source("ana")).calendars.followed():
        pass
    monkeypatch.setattr(bot.refreshing, "RECALLED_WITHIN", 0.0)
    monkeypatch.setattr(bot.refreshing, "START_AT_ALL_WITHIN", 0.0)
    hangs = Source("ben")
    hangs.waits = asyncio.Event()
    bot_ = Bot(world, platform=hangs)
    await bot_.calendars.recall()
    assert bot_.on_call() == ()
    async with bot_.calendars.followed():
        await until(lambda: bot_.on_call() == ("ana",), "what the copy says")
        (trouble,) = bot_.calendars.troubles
        assert trouble.endswith("of the start; its last good copy is used, less than a minute old")
        hangs.waits.set()
        await until(lambda: bot_.on_call() == ("ben",), "the late answer")
        await until(lambda: not bot_.calendars.troubles, "the end of the trouble")


async def test_a_copy_that_takes_longer_to_read_than_its_source_is_older_and_not_used(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot.refreshing, "RECALLED_WITHIN", 0.0)
    async with Bot(world, platform=Source("ana")).calendars.followed():
        pass
    source, read = Source("ben"), threading.Event()
    # The source answers when its copy is being read: what it says replaces the copy.
    source.waits = asyncio.Event()
    shifts, loop, answer = source.shifts, asyncio.get_running_loop(), source.waits.set

    def slowly(body: bytes, start: datetime, end: datetime) -> Sequence[NamedShift]:
        if body == b"ana":
            loop.call_soon_threadsafe(answer)
            read.wait(PATIENCE)
        return shifts(body, start, end)

    monkeypatch.setattr(source, "shifts", slowly)
    bot_ = Bot(world, platform=source)
    await bot_.calendars.recall()
    async with bot_.calendars.followed():
        assert (bot_.on_call(), bot_.calendars._calendars[0]._late) == (("ben",), True)
        read.set()
        await until(lambda: not bot_.calendars._calendars[0]._late, "the end of reading")
        assert (bot_.on_call(), bot_.calendars.troubles) == (("ben",), [])


async def test_who_hangs_is_told_of_and_waited_for_and_not_asked_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot.refreshing, "ANSWERED_WITHIN", 0.01)
    source = Source("ana")
    source.waits = asyncio.Event()
    bot_ = Bot(world, platform=source)
    async with bot_.calendars.followed():
        assert "no answer within 0 s" in bot_.calendars.troubles[0]
        await bot_.again(minutes=1)
        assert source.asked == [""]
        source.waits.set()
        await bot_.again(minutes=1)
        assert bot_.on_call() == ("ana",)


async def test_whoever_leaves_waits_for_nobody(world: World) -> None:
    source = Source()
    bot_ = Bot(world, platform=source)
    async with bot_.calendars.followed():
        source.waits = asyncio.Event()
        asked = len(source.asked)
        bot_._next.set()
        await until(lambda: len(source.asked) > asked, "the question")
    assert len(asyncio.all_tasks()) == 1


# What is wrong with us and with them


async def test_names_that_nobody_has_are_told_and_the_others_are_on_call(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    source = Source("ana zoe yan x1 x2 x3 x4")
    bot_ = Bot(world, platform=source)
    told = (
        "the calendar of platform names `zoe`, `yan`, `x1`, `x2`, `x3` and 1 more, whom nobody under `people:` is: "
        "they are not paged"
    )
    async with bot_.calendars.followed():
        assert (bot_.on_call(), bot_.calendars.troubles) == (("ana",), [told])
        await bot_.again(hours=7)
        assert [record.message for record in caplog.records if record.levelno == logging.WARNING] == [told]
        source.body = "ana"
        await bot_.again(minutes=5)
        assert bot_.calendars.troubles == []


async def test_without_a_database_a_calendar_is_current_and_is_kept_as_soon_as_there_is_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot_ = Bot(world, platform=Source("ana"))
    keep = SqlCalendars.keep

    def away(*_: object) -> None:
        raise StoreUnavailable("the disk is full")

    monkeypatch.setattr(SqlCalendars, "keep", away)
    async with bot_.calendars.followed():
        assert bot_.on_call() == ("ana",)
        assert "no copy could be kept for a restart (the disk is full)" in bot_.calendars.troubles[0]
        monkeypatch.setattr(SqlCalendars, "keep", keep)
        await bot_.again(minutes=5)
        assert bot_.calendars.troubles == []
    kept = bot_.copies.find("platform")
    assert kept is not None
    assert kept.body == b"ana"


def test_an_age_is_told_as_people_tell_it() -> None:
    copy = CalendarCopy("a" * 64, b"", "", "", START, START)
    ages = [used_instead(copy, START + timedelta(seconds=seconds)) for seconds in (59, 61, 90_061, -5)]
    assert [age.removeprefix("its last good copy is used, ") for age in ages] == [
        "less than a minute old",
        "1m old",
        "1d1h1m old",
        "less than a minute old",
    ]
