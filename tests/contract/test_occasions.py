"""What comes round is done once, whatever dies in between, however many bots there are, and whatever the clocks do."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from bot.crons import parse_cron
from bot.destinations import Destination, Mailbox, Place
from bot.digests import Weekly, posts
from bot.handle import Request
from bot.inbox import Writer
from bot.learning.occasions import LOOKS_EVERY, Occasion, Occasions, covers
from bot.learning.occurrences import ByCron, Moved, Occurrences, working_days
from bot.ports import Overloaded, Unavailable
from bot.store import StoreUnavailable
from storage.memory import SqlMemory
from tests.clock import FakeClock
from tests.world import World

BERLIN = ZoneInfo("Europe/Berlin")
WEEK, DAY, HOUR, MINUTE = timedelta(weeks=1), timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
MONDAY = ByCron(parse_cron("mon 09:00"), BERLIN)
SLACK, OPS = Place("slack"), Mailbox("email", "ops@example.org")


class Died(BaseException):
    """The process is gone: nothing that would be done behind this is."""


class Mortal(SqlMemory):
    """A memory whose process dies before or behind a call that `dies` names."""

    def __init__(self, world: World, clock: FakeClock, dies: Callable[[str], bool]) -> None:
        super().__init__(world.database, clock, "klatsch: occasions")
        self._dies = dies

    async def keep(self, items: Mapping[str, str]) -> None:
        await self._through("keep", super().keep(items))

    async def keep_first(self, key: str, value: str) -> str:
        kept: str = await self._through("keep first", super().keep_first(key, value))
        return kept

    async def _through(self, what: str, call: object) -> object:
        if self._dies(f"before {what}"):
            call.close()
            raise Died
        done = await call
        if self._dies(f"after {what}"):
            raise Died
        return done


class House:
    """A database, its writer, and any number of bots that look, each with a clock of its own."""

    def __init__(self, world: World, writer: Writer) -> None:
        self.world = world
        self.writer = writer
        self.places: tuple[Destination, ...] = (SLACK, OPS)
        self.occurrences: Occurrences = MONDAY

    def weekly(self) -> Occasion:
        weekly = Weekly(to=self.places)

        def asks(at: datetime, since: datetime | None) -> Sequence[Request]:
            return [posts(weekly, covers(self.occurrences, at, since), at)]

        return Occasion("weekly", self.occurrences, asks)

    def bot(self, clock: FakeClock | None = None, dies: Callable[[str], bool] = lambda what: False) -> Occasions:
        clock = clock or self.world.clock
        return Occasions([self.weekly()], self.writer, Mortal(self.world, clock, dies), clock)

    def to(self, local: str) -> None:
        """The clocks in Berlin show it now."""
        at = datetime.fromisoformat(local).replace(tzinfo=BERLIN)
        self.world.clock.forward(seconds=(at - self.world.clock.now()).total_seconds())

    def sent(self, place: str = "slack:") -> list[tuple[datetime, datetime]]:
        """From when until when each digest that goes there is, in the order in which they were put into the outbox."""
        with self.world.database.read() as connection:
            found = connection.execute(text("SELECT key, body FROM outbox ORDER BY id")).all()
        bodies = [json.loads(row.body) for row in found if row.key.endswith(f":{place}")]
        return [(datetime.fromisoformat(one["start"]), datetime.fromisoformat(one["end"])) for one in bodies]


@pytest.fixture
async def house(world: World) -> AsyncIterator[House]:
    writer = Writer(world.store, world.rules)
    writing = asyncio.create_task(writer.run())
    yield House(world, writer)
    writer.stop()
    await writing


def berlin(*times: str) -> list[datetime]:
    return [datetime.fromisoformat(one).replace(tzinfo=BERLIN).astimezone(UTC) for one in times]


async def test_the_first_start_ever_begins_now_and_the_first_one_tells_of_the_week_before(house: House) -> None:
    house.to("2026-11-25T12:00")
    await house.bot().look()
    house.to("2026-11-30T08:59")
    await house.bot().look()
    assert house.sent() == []
    house.to("2026-11-30T09:00")
    await house.bot().look()
    assert house.sent() == [tuple(berlin("2026-11-23T09:00", "2026-11-30T09:00"))]
    assert house.sent("email:ops@example.org") == house.sent()


async def test_looking_again_and_again_asks_the_database_nothing_and_sends_nothing(house: House) -> None:
    asked: list[str] = []
    bot = house.bot(dies=lambda what: bool(asked.append(what)))
    await bot.look()
    for local in ("2026-10-28T09:00", "2026-11-02T09:00", "2026-11-02T09:01", "2026-11-08T09:00"):
        house.to(local)
        # What was asked when it was due, and the first time, is done.
        if local != "2026-11-02T09:00":
            asked.clear()
        await bot.look()
        assert bool(asked) is (local == "2026-11-02T09:00")
    assert len(house.sent()) == 1


async def test_until_it_is_cancelled_one_looks_every_few_seconds(house: House) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        house.to(f"2026-11-{len(slept):02}T09:00")
        if len(slept) > 3:
            raise Died

    memory = SqlMemory(house.world.database, house.world.clock, "klatsch: occasions")
    with pytest.raises(Died):
        await Occasions([house.weekly()], house.writer, memory, house.world.clock, sleep).run()
    assert (len(house.sent()), set(slept)) == (1, {LOOKS_EVERY})


async def test_the_next_one_begins_where_the_last_one_ended(house: House) -> None:
    bot = house.bot()
    await bot.look()
    # In between the clocks go back an hour, and forth again.
    for monday in ("2026-11-02", "2026-11-09", "2026-11-16"):
        house.to(f"{monday}T10:00")
        await bot.look()
    ends = berlin("2026-10-26T09:00", "2026-11-02T09:00", "2026-11-09T09:00", "2026-11-16T09:00")
    assert house.sent() == list(itertools.pairwise(ends))


async def test_a_bot_that_was_down_for_three_mondays_sends_one_about_three_weeks(house: House) -> None:
    bot = house.bot()
    await bot.look()
    house.to("2026-11-02T09:00")
    await bot.look()
    house.to("2026-11-26T20:00")
    await house.bot().look()
    assert house.sent()[1:] == [tuple(berlin("2026-11-02T09:00", "2026-11-23T09:00"))]
    house.to("2026-11-30T09:00")
    await house.bot().look()
    assert house.sent()[2:] == [tuple(berlin("2026-11-23T09:00", "2026-11-30T09:00"))]


async def test_one_that_was_down_for_months_tells_of_five_weeks(house: House) -> None:
    bot = house.bot()
    await bot.look()
    house.to("2026-11-02T09:00")
    await bot.look()
    house.to("2027-06-10T20:00")
    await house.bot().look()
    ((start, end),) = house.sent()[1:]
    assert end == berlin("2027-06-07T09:00")[0]
    assert end - start == 5 * WEEK


async def test_one_that_is_gone_for_a_while_and_misses_nothing_sends_nothing(house: House) -> None:
    await house.bot().look()
    house.to("2026-11-02T09:00")
    await house.bot().look()
    house.to("2026-11-08T23:00")
    await house.bot().look()
    assert len(house.sent()) == 1


async def test_clocks_that_differ_do_not_send_one_twice_nor_cover_a_time_twice(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    ahead, behind = FakeClock(house.world.clock.now() + 2 * MINUTE), FakeClock(house.world.clock.now())
    bots = [house.bot(ahead), house.bot(behind)]
    for _ in range(5 * 7 * 24 * 6):
        for bot in bots:
            await bot.look()
        ahead.forward(minutes=10)
        behind.forward(minutes=10)
    ends = [end for _, end in house.sent()]
    assert len(ends) == 5
    assert [start for start, _ in house.sent()[1:]] == ends[:-1]
    assert caplog.text == ""


async def test_two_that_find_different_ones_after_a_long_night_agree_on_one(house: House) -> None:
    """One is about to send what the other, whose clock is ahead, sends together with the next at that moment."""
    await house.bot().look()
    house.to("2026-11-02T09:00")
    await house.bot().look()
    house.to("2026-11-16T09:00")
    behind, ahead = FakeClock(house.world.clock.now() - MINUTE), house.bot()

    class Slow(SqlMemory):
        async def keep_first(self, key: str, value: str) -> str:
            if " after " in key:
                await ahead.look()
            return await super().keep_first(key, value)

    memory = Slow(house.world.database, behind, "klatsch: occasions")
    await Occasions([house.weekly()], house.writer, memory, behind).look()
    assert house.sent()[1:] == [tuple(berlin("2026-11-02T09:00", "2026-11-16T09:00"))]


@pytest.mark.parametrize("hours", [0.5, 1, 30, 24 * 30])
async def test_a_clock_that_is_set_back_sends_nothing_again_and_the_next_one_comes(house: House, hours: float) -> None:
    await house.bot().look()
    house.to("2026-11-02T09:00")
    await house.bot().look()
    house.world.clock.back(hours=hours)
    for _ in range(int(hours) + 2):
        await house.bot().look()
        house.world.clock.forward(hours=1)
    ends = [end for _, end in house.sent()]
    assert len(ends) == len(set(ends))
    assert ends.count(berlin("2026-11-02T09:00")[0]) == 1
    house.to("2026-11-09T09:00")
    await house.bot().look()
    assert house.sent()[-1][1] == berlin("2026-11-09T09:00")[0]


async def test_a_clock_that_was_a_year_ahead_does_not_silence_us_for_a_year(house: House) -> None:
    await house.bot().look()
    house.world.clock.forward(days=365)
    await house.bot().look()
    house.world.clock.back(days=365)
    house.to("2026-11-11T12:00")
    await house.bot().look()
    house.to("2026-11-16T09:00")
    await house.bot().look()
    # All of its week, not from when the clock was put right.
    assert house.sent()[-1] == tuple(berlin("2026-11-09T09:00", "2026-11-16T09:00"))


@pytest.mark.parametrize("dies", ["before keep first", "after keep first", "before keep", "after keep"])
async def test_wherever_it_dies_the_next_one_goes_on_and_each_place_has_it_once(house: House, dies: str) -> None:
    await house.bot().look()
    house.to("2026-11-02T09:00")
    with pytest.raises(Died):
        await house.bot(dies=lambda what: what == dies).look()
    # Whoever comes next has another place to tell, too.
    house.places = (Place("matrix"), SLACK)
    house.to("2026-11-02T09:10")
    await house.bot().look()
    await house.bot().look()
    week = tuple(berlin("2026-10-26T09:00", "2026-11-02T09:00"))
    assert house.sent("slack:") == [week]
    assert house.sent("matrix:") == ([] if dies == "after keep" else [week])
    assert house.sent("email:ops@example.org") == ([week] if "keep first" not in dies else [])


async def test_other_places_get_the_next_one_and_none_has_one_again(house: House) -> None:
    await house.bot().look()
    house.to("2026-11-02T09:00")
    await house.bot().look()
    house.places = (SLACK, Place("slack", "#ops"), OPS)
    house.to("2026-11-02T10:00")
    await house.bot().look()
    assert len(house.sent("slack:")) == len(house.sent(str(OPS))) == 1
    assert house.sent("slack:#ops") == []
    house.to("2026-11-09T09:00")
    await house.bot().look()
    assert len(house.sent("slack:")) == 2
    assert len(house.sent("slack:#ops")) == 1


async def test_what_cannot_be_looked_at_now_is_looked_at_again_and_holds_up_nothing_else(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    class Unknown:
        def after(self, at: datetime) -> datetime | None:
            raise Unavailable("holidays: they were not known within 30 s")

    class Broken:
        def after(self, at: datetime) -> datetime | None:
            raise ZeroDivisionError

    never: Callable[[datetime, datetime | None], Sequence[Request]] = lambda at, since: []  # noqa: E731 - one line
    unknown, broken = Occasion("unknown", Unknown(), never), Occasion("broken", Broken(), never)
    memory = SqlMemory(house.world.database, house.world.clock, "klatsch: occasions")
    bot = Occasions([unknown, broken, house.weekly()], house.writer, memory, house.world.clock)
    await bot.look()
    house.to("2026-11-02T09:00")
    await bot.look()
    assert len(house.sent()) == 1
    # Twice looked, and once said.
    said = "whether unknown is due could not be looked at: holidays: they were not known within 30 s"
    assert caplog.text.count(said) == 1
    assert "a bug while looking whether broken is due" in caplog.text


@pytest.mark.parametrize("error", [StoreUnavailable("gone"), Overloaded("gone"), Unavailable("gone")])
async def test_what_is_gone_for_a_while_delays_it_and_is_said_once(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    bot = house.bot()
    await bot.look()
    house.to("2026-11-02T09:00")

    async def gone(request: Request) -> object:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(house.writer, "submit", gone)
        await bot.look()
        await bot.look()
    assert house.sent() == []
    assert [record.getMessage() for record in caplog.records] == ["whether weekly is due could not be looked at: gone"]
    house.to("2026-11-02T09:30")
    await bot.look()
    assert len(house.sent()) == 1
    house.to("2026-11-09T09:00")
    with monkeypatch.context() as patched:
        patched.setattr(house.writer, "submit", gone)
        await bot.look()
    assert len(caplog.records) == 2


async def test_what_is_due_ahead_of_its_time_is_asked_for_once(house: House) -> None:
    called: list[datetime] = []

    def asks(at: datetime, since: datetime | None) -> Sequence[Request]:
        called.append(at)
        return []

    memory = SqlMemory(house.world.database, house.world.clock, "klatsch: occasions")
    bot = Occasions([Occasion("call", MONDAY, asks, ahead=DAY)], house.writer, memory, house.world.clock)
    house.to("2026-11-06T12:00")
    await bot.look()
    house.to("2026-11-08T08:59")
    await bot.look()
    assert called == []
    for _ in range(3):
        house.world.clock.forward(minutes=1)
        await bot.look()
    await Occasions([Occasion("call", MONDAY, asks, ahead=DAY)], house.writer, memory, house.world.clock).look()
    assert called == berlin("2026-11-09T09:00")


@pytest.mark.parametrize(
    ("since", "start"),
    [
        (None, "2026-11-02T09:00"),
        ("2026-10-26T09:00", "2026-10-26T09:00"),
        ("2026-10-12T09:00", "2026-10-12T09:00"),
        # Five weeks on the wall, where the clocks went back in between.
        ("2026-10-05T09:00", "2026-10-05T09:00"),
        ("2026-09-28T09:00", "2026-10-05T09:00"),
    ],
)
def test_one_covers_what_is_behind_the_one_before_and_five_weeks_at_most(since: str | None, start: str) -> None:
    (at,) = berlin("2026-11-09T09:00")
    assert covers(MONDAY, at, berlin(since)[0] if since else None) == berlin(start)[0]


def test_the_first_one_in_a_long_time_covers_a_week() -> None:
    # A week on the wall: the clocks went back in it.
    monday, before = berlin("2026-10-26T09:00", "2026-10-19T09:00")
    assert covers(MONDAY, monday, None) == before != monday - WEEK
    (at,) = berlin("2027-11-01T09:00")
    yearly = ByCron(parse_cron("0 9 1 11 *"), BERLIN)
    assert covers(yearly, at, None) == at - WEEK
    assert covers(yearly, at, at - 365 * DAY) == at - 5 * WEEK


async def test_who_begins_within_the_time_ahead_is_not_too_late(house: House) -> None:
    called: list[datetime] = []
    memory = SqlMemory(house.world.database, house.world.clock, "klatsch: occasions")
    occasion = Occasion("call", MONDAY, lambda at, since: called.append(at) or [], ahead=DAY)
    house.to("2026-11-08T20:00")
    await Occasions([occasion], house.writer, memory, house.world.clock).look()
    assert called == berlin("2026-11-09T09:00")


HOLIDAYS = [
    *("2026-12-25", "2027-01-01", "2027-03-08", "2027-03-26", "2027-03-29", "2027-05-06", "2027-05-17", "2027-12-27"),
    *("2028-01-01", "2028-03-08", "2028-04-14", "2028-04-17", "2028-05-01", "2028-06-05", "2028-10-03", "2028-12-25"),
    "2028-12-26",
]
"""Of Berlin, and 27 December 2027, when the house is closed. Some are Mondays, twice the day behind one too."""


def expected(start: datetime, end: datetime) -> list[datetime]:
    """Nine o'clock on each Monday or, where that is off, on the next day that is not: counted by hand, without any library."""
    day, found = start.astimezone(BERLIN).date(), list[datetime]()
    while day <= end.astimezone(BERLIN).date():
        if day.weekday() == 0:
            held = day
            while held.isoformat() in HOLIDAYS or held.weekday() > 4:
                held += DAY
            found.append(datetime(held.year, held.month, held.day, 9, tzinfo=BERLIN).astimezone(UTC))
        day += DAY
    return [one for one in found if start < one <= end]


async def test_two_years_of_mondays_each_exactly_once_whatever_restarts(house: House) -> None:
    """Two bots that restart and die wherever they like, whose clocks differ by a minute."""
    chance = random.Random(20261127)
    off = {date.fromisoformat(day) for day in HOLIDAYS}
    house.occurrences = Moved(MONDAY, BERLIN, off.__contains__, working_days(parse_cron("mon 09:00")))
    start = house.world.clock.now()
    clocks = [FakeClock(start), FakeClock(start + MINUTE)]

    def begun(which: int) -> Occasions:
        return house.bot(clocks[which], dies=lambda what: chance.random() < 0.05)

    bots = [begun(0), begun(1)]
    deaths = 0
    while clocks[0].now() < start + 2 * 365 * DAY:
        looking: Iterable[int] = chance.sample((0, 1), chance.choice((1, 1, 2)))
        for which, ended in zip(
            looking, await asyncio.gather(*(bots[one].look() for one in looking), return_exceptions=True), strict=True
        ):
            if isinstance(ended, Died) or chance.random() < 0.02:
                deaths += isinstance(ended, Died)
                bots[which] = begun(which)
        passed = chance.choice((1, 5, 60, 60, 6 * 60, 20 * 60))
        for clock in clocks:
            clock.forward(minutes=passed)
    for _ in range(10):
        # Whoever died last is succeeded.
        await house.bot(clocks[1]).look()
    await _each_once(house, expected(start, clocks[1].now()), deaths)


async def _each_once(house: House, mondays: list[datetime], deaths: int) -> None:
    assert 104 <= len(mondays) <= 105
    assert deaths > 20
    for place in (SLACK, OPS):
        sent = house.sent(str(place))
        assert [end for _, end in sent] == mondays
        # Nothing is left out between one and the next, and nothing told twice.
        assert [start for start, _ in sent[1:]] == mondays[:-1]
    kept = await SqlMemory(house.world.database, house.world.clock, "klatsch: occasions").recall_all("", 1000)
    assert len(kept) < 10
