"""The clock of the coffee: each is called, and its agenda ordered, once, whatever dies and however many bots there are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.coffee.board import Board, CoffeeStatus, Manner, Spot
from bot.coffee.meeting import ENDS_ITSELF
from bot.config import CoffeeSection, load
from bot.inbox import Writer
from bot.incident.commands.coffee import EndCoffee, EndTimebox, SkipCoffee, StartCoffee
from bot.learning.occasions import Occasions
from bot.learning.occurrences import Every, Occurrences, Skipped
from bot.learning.planned import before_coffee, next_of
from bot.ports import Unavailable
from bot.rules import manner
from storage.memory import SqlMemory
from tests.clock import FakeClock
from tests.world import RULES, World, an_ask

BERLIN = ZoneInfo("Europe/Berlin")
FIRST = datetime(2026, 11, 5, 9, 0, tzinfo=UTC)
"""The Thursday after START at 10:00 in Berlin; then each second Thursday."""
SECOND = FIRST + timedelta(weeks=2)
MET = Every(timedelta(weeks=2), datetime.fromisoformat("2026-11-05T10:00"), BERLIN)
SECTION = CoffeeSection()
MANNER = Manner(spots=(Spot("console"),), publishers=("folder",))


@pytest.fixture
def house(world: World) -> World:
    world.rules = replace(RULES, manner=MANNER)
    return world


@asynccontextmanager
async def watching(world: World, met: Occurrences = MET) -> AsyncIterator[Occasions]:
    """A bot that looks."""
    writer = Writer(world.store, world.rules)
    writing = asyncio.create_task(writer.run())
    memory = SqlMemory(world.database, world.clock, "klatsch: occasions")
    try:
        yield Occasions(before_coffee(met, SECTION, world.clock), writer, memory, world.clock)
    finally:
        writer.stop()
        await writing


def until(clock: FakeClock, at: datetime) -> None:
    clock.forward(seconds=(at - clock.now()).total_seconds())


def board(world: World) -> Board:
    return world.lookups.board()


async def test_a_day_before_it_is_called_and_a_quarter_of_an_hour_before_the_agenda_is_ordered(house: World):
    async with watching(house) as bot:
        await bot.look()
        until(house.clock, FIRST - timedelta(days=1, seconds=1))
        await bot.look()
        assert board(house).coffee is None
        until(house.clock, FIRST - timedelta(days=1))
        await bot.look()
        coffee = board(house).coffee
        assert coffee is not None
        assert (coffee.starts_at, coffee.status) == (FIRST, CoffeeStatus.CALLED)
        until(house.clock, FIRST - timedelta(minutes=15))
        await bot.look()
        coffee = board(house).coffee
        assert coffee is not None
        assert coffee.status is CoffeeStatus.ORDERED


async def test_two_bots_that_die_at_any_time_call_each_coffee_once(house: World):
    for _ in range(18):
        async with watching(house) as one, watching(house) as other:
            await asyncio.gather(one.look(), other.look())
        house.clock.forward(days=1)
    numbers = [*board(house).past, *([board(house).coffee.number] if board(house).coffee else [])]
    starts = [one.starts_at for one in board(house).coffees.values()]
    assert numbers == [1, 2]
    assert starts == [FIRST, SECOND]


async def test_what_was_missed_is_made_up_for_until_people_part(house: World):
    async with watching(house) as bot:
        await bot.look()
    until(house.clock, FIRST + timedelta(minutes=20))
    async with watching(house) as bot:
        await bot.look()
    coffee = board(house).coffee
    assert coffee is not None
    assert (coffee.starts_at, coffee.status) == (FIRST, CoffeeStatus.ORDERED)


async def test_a_coffee_that_would_be_over_is_not_called(house: World):
    async with watching(house) as bot:
        await bot.look()
    until(house.clock, FIRST + SECTION.length)
    async with watching(house) as bot:
        await bot.look()
    assert board(house) == Board()


async def test_what_people_did_is_not_done_again_by_the_clock(house: World):
    async with watching(house) as bot:
        await bot.look()
        until(house.clock, FIRST - timedelta(days=1))
        await bot.look()
        house.do(an_ask(SkipCoffee()))
        until(house.clock, FIRST - timedelta(minutes=15))
        await bot.look()
        assert board(house).coffee is None
        until(house.clock, SECOND - timedelta(days=1))
        await bot.look()
        house.do(an_ask(StartCoffee()))
        house.clock.forward(minutes=5)
        house.do(an_ask(EndCoffee()))
        until(house.clock, SECOND - timedelta(minutes=15))
        await bot.look()
    assert [one.status for one in board(house).coffees.values()] == [CoffeeStatus.SKIPPED, CoffeeStatus.OVER]


async def test_where_people_meet_every_day_none_is_called_before_the_one_before_is_over(house: World):
    daily = Every(timedelta(days=1), datetime.fromisoformat("2026-11-05T10:00"), BERLIN)
    async with watching(house, daily) as bot:
        await bot.look()
        until(house.clock, FIRST - timedelta(minutes=15))
        await bot.look()
        # Who comes a minute late begins today's, and not tomorrow's.
        until(house.clock, FIRST + timedelta(minutes=1))
        await bot.look()
        house.do(an_ask(StartCoffee()))
        until(house.clock, FIRST + SECTION.length)
        await bot.look()
        running = board(house).coffee
        assert running is not None
        assert (running.starts_at, running.status) == (FIRST, CoffeeStatus.RUNNING)
        house.do(an_ask(EndCoffee()))
        until(house.clock, FIRST + SECTION.length + timedelta(hours=1))
        await bot.look()
        following = board(house).coffee
        assert following is not None
        assert (following.starts_at, following.status) == (FIRST + timedelta(days=1), CoffeeStatus.CALLED)
        until(house.clock, FIRST + timedelta(days=1, minutes=1))
        await bot.look()
    kept = board(house).coffee
    assert kept is not None
    assert (kept.starts_at, kept.status) == (FIRST + timedelta(days=1), CoffeeStatus.ORDERED)


async def test_one_that_began_late_and_that_nobody_ends_keeps_the_next_one_waiting_only_until_it_is_over(house: World):
    daily = Every(timedelta(days=1), datetime.fromisoformat("2026-11-05T10:00"), BERLIN)
    async with watching(house, daily) as one, watching(house, daily) as other:
        await one.look()
        until(house.clock, FIRST - timedelta(minutes=15))
        await one.look()
        until(house.clock, FIRST + timedelta(minutes=20))
        house.do(an_ask(StartCoffee()))
        # When today's would be over if it had begun in time.
        until(house.clock, FIRST + SECTION.length + ENDS_ITSELF)
        for bot in (one, other, one):
            await bot.look()
        forgotten = board(house).coffee
        assert forgotten is not None
        assert (forgotten.starts_at, forgotten.status) == (FIRST, CoffeeStatus.RUNNING)
        assert forgotten.closes is not None
        until(house.clock, forgotten.closes)
        house.do(an_ask(EndTimebox(coffee=forgotten.number, topic=0, round=0, due=forgotten.closes)))
        await other.look()
        following = board(house).coffee
        assert following is not None
        assert (following.starts_at, following.status) == (FIRST + timedelta(days=1), CoffeeStatus.CALLED)
        await one.look()
    assert board(house).coffee == following


async def test_on_a_day_off_there_is_none(house: World):
    met = Skipped(MET, BERLIN, lambda day: day == date(2026, 11, 5))
    async with watching(house, met) as bot:
        await bot.look()
        until(house.clock, FIRST - timedelta(minutes=1))
        await bot.look()
    assert board(house) == Board()
    assert next_of(met)(house.clock.now()) == SECOND


def test_when_the_next_one_is_cannot_be_said_without_the_holidays_and_the_board_is_shown_all_the_same():
    class Away:
        def after(self, at: datetime) -> datetime | None:
            raise Unavailable("the holidays cannot be read")

    assert next_of(Away())(FIRST) is None
    assert next_of(None)(FIRST) is None


def test_each_room_that_is_named_shows_the_board(tmp_path: Path):
    file = tmp_path / "config.yaml"
    file.write_text(
        "chat: {console: {folder: rooms}}\ncoffee: {to: ['console:coffee', announce, 'console:other']}\n",
        encoding="utf-8",
    )
    assert [str(spot) for spot in manner(load(file, {})).spots] == ["console:coffee", "console", "console:other"]
    file.write_text("chat: {console: {folder: rooms}}\n", encoding="utf-8")
    assert manner(load(file, {})).spots == (Spot("console"),)
