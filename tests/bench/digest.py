"""What a weekly digest costs after two years of 5,000 incidents and 200,000 events; when all of that was one week; and where it is due in many
places at once."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from adapters.clock import SystemClock
from bot.chat.templates import Templates
from bot.coffee.weekly.around import Around
from bot.coffee.weekly.digest import weekly
from bot.coffee.weekly.gathered import Gathered
from bot.coffee.weekly.render import edition
from bot.digests import EVERYBODY, Digests, Weekly
from bot.duty import Duty
from bot.incident.effects import SayWeeklyDigest
from bot.incident.model import Person
from bot.oncall.escalation import Roster
from bot.ports import Attempt
from bot.words import Wording
from storage.engine import Database
from storage.tables import TOLD
from storage.weeks import SqlWeeks
from tests.bench.beside import Beside, in_turn
from tests.bench.past import EVENTS, SERVICES, live
from tests.bench.places import Place
from tests.bench.quiet import QuietChat
from tests.bench.report import Row, at_most, beside, middle

INCIDENTS = 5_000
WEEK, YEARS = timedelta(days=7), timedelta(days=730)
END = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
LOOKS = 3
"""In a round."""

ROOMS = 5

MOST = 2_000
"""Milliseconds."""

ZONE = ZoneInfo("Europe/Berlin")
PEOPLE = {id_: Person(id_, name) for id_, name in (("ana", "Ana Ruiz"), ("ben", "Ben Okafor"))}
AROUND = Around(END, ZONE, people=PEOPLE, wheel=SERVICES)


@dataclass(slots=True)
class Took:
    """Seconds: to gather, beside bare questions for the same rows; for all of it, and how many of those the processor was ours; of the processor,
    to post it in so many rooms at once, beside one."""

    gather: Beside = field(default_factory=Beside)
    whole: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)
    posted: Beside = field(default_factory=Beside)


def run(where: Place) -> list[Row]:
    found = []
    for name, span in (("a week of two years", YEARS), ("all of it in one week", WEEK)):
        took, database = Took(), Database(where.database())
        live(database, INCIDENTS, END - span, END)
        templates = Templates()
        # As in a bot that serves (`bot.terminal.serve.steady`): the collector looks through what a digest makes, and not each time through all
        # that was there before, which is half of the time here.
        gc.collect()
        gc.freeze()
        for turn in range(where.rounds * LOOKS):
            _looked(database, templates, turn, took)
        database.close()
        found += _rows(where.name(f"digest, {INCIDENTS * EVENTS:,} events, {name}"), took)
    return found


def _rows(name: str, took: Took) -> list[Row]:
    gather, bare = middle(took.gather.ours, float), middle(took.gather.bare, float)
    five, one = middle(took.posted.ours, float), middle(took.posted.bare, float)
    return [
        beside(f"{name}: gathered, of the same rows asked for bare", gather * 1000, bare * 1000, "ms"),
        at_most(f"{name}: gathered, decided and put into words", middle(took.whole, float) * 1000, "ms", MOST),
        at_most(f"{name}: the same, of our own process", middle(took.busy, float) * 1000, "ms of the processor", None),
        beside(f"{name}: posted in {ROOMS} rooms, of one", five * 1000, one * 1000, "ms of the processor", most=2),
    ]


def _looked(database: Database, templates: Templates, turn: int, took: Took) -> None:
    weeks = SqlWeeks(database)
    ways: dict[str, Callable[[], object]] = {
        "ours": lambda: weeks.week(END - WEEK, END),
        "bare": lambda: _bare(database),
    }
    for which, way in in_turn(turn, "ours", "bare"):
        begun = time.perf_counter()
        ways[way]()
        took.gather.add(which, time.perf_counter() - begun)
    begun, busy = time.perf_counter(), time.process_time()
    _told(weeks.week(END - WEEK, END), templates)
    took.whole.append(time.perf_counter() - begun)
    took.busy.append(time.process_time() - busy)
    words = Wording(templates, PEOPLE, ZONE.key, {})
    weeklies = {EVERYBODY: Weekly(zone=ZONE, wheel=SERVICES)}
    digests = Digests(weeks, SystemClock(), words, weeklies, people=PEOPLE, duty=Duty(Roster()))
    for which, rooms in in_turn(turn, ROOMS, 1):
        busy = time.process_time()
        asyncio.run(_posted(digests, rooms))
        took.posted.add(which, time.process_time() - busy)


async def _posted(digests: Digests, rooms: int) -> None:
    says = [SayWeeklyDigest("console", f"#{room}", EVERYBODY, END - WEEK, END) for room in range(rooms)]
    await asyncio.gather(*(digests.say(Attempt(say.room), QuietChat(), say) for say in says))


def _told(gathered: Gathered, templates: Templates) -> None:
    found = edition(weekly(gathered, AROUND), AROUND, templates, "en")
    if not found.main.blocks or not found.details:
        raise RuntimeError("the digest has nothing to say")


def _bare(database: Database) -> None:
    """The rows that cannot be done without, by the driver, and nothing made of them."""
    with database.read() as connection:
        events = f"FROM event WHERE {TOLD.text} AND recorded_at >= :start AND recorded_at < :end"
        _asked(
            connection,
            f"SELECT incident, seq, recorded_at, kind, by, command, body {events}",
        )
        _asked(connection, f"SELECT number, body FROM incident WHERE number IN (SELECT incident {events}) OR owing = 1")


def _asked(connection: Connection, statement: str) -> None:
    between = {"start": END - WEEK, "end": END}
    if connection.dialect.name == "sqlite":
        between = {name: f"{at:%Y-%m-%d %H:%M:%S.%f}" for name, at in between.items()}
    if not connection.execute(text(statement), between).all():
        raise RuntimeError("nothing was found")
