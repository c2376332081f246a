"""The bot is killed around everything a night on call has that an incident by day has not: an override, the hand-over it makes, a
calendar that is read, a silence that opens an incident, a rung, and an answer. Each is there once in the end; a page that its
provider took before we died is sent once more, as the same one."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from adapters.chat.console import Config as RoomsConfig
from adapters.chat.console import build
from bot.incident import events as e
from bot.incident.timeline import sentence
from storage.engine import Database
from storage.lookups import SqlLookups
from storage.tables import calendar, outbox, override
from tests.clock import FakeClock
from tests.integration.crash_story import Job
from tests.integration.test_crash import ALL, KILLED, WORKERS, Life, Step, Theatre, theatre, without_times

STORY = "tests.integration.night_story"


@dataclass(frozen=True)
class Morning:
    """What is left, without times."""

    happened: Counter[str]
    rungs: tuple[tuple[int, int, tuple[str, ...]], ...]
    incidents: int
    handed_over: int
    overrides: tuple[tuple[str, str, str], ...]
    calendars: tuple[str, ...]
    undone: tuple[str, ...]


def morning(job: Job) -> Morning:
    database = Database(job.database)
    platform = build("console", RoomsConfig(folder=f"{job.folder}/rooms"), clock=FakeClock())
    try:
        lookups = SqlLookups(database)
        history = lookups.history(1)
        paged = [r.event for r in history if isinstance(r.event, e.PeoplePaged)]
        with database.read() as connection:
            overrides = connection.execute(select(override).order_by(override.c.id)).all()
            calendars = connection.execute(select(calendar.c.schedule)).scalars()
            undone = connection.execute(select(outbox.c.key).where(outbox.c.state.in_(("waiting", "failed")))).scalars()
            return Morning(
                happened=Counter(without_times(sentence(r.event, str)) for r in history),
                rungs=tuple((event.round, event.step, event.people) for event in paged),
                incidents=len(lookups.recent()),
                handed_over=sum("hands over" in m.document.to_plain() for m in platform.messages("incidents")),
                overrides=tuple((row.person, row.made_by, row.dropped_by) for row in overrides),
                calendars=tuple(calendars),
                undone=tuple(undone),
            )
    finally:
        platform.close()
        database.close()


def check(found: Morning) -> None:
    """The comparison is worth something only if it was such a night."""
    assert found.rungs == ((0, 0, ("ben",)), (0, 1, ("ana",)))
    assert found.happened["ana acknowledged by the link"] == 1
    assert (found.incidents, found.handed_over, found.calendars) == (1, 1, ("platform",))
    assert found.overrides == (("ben", "ben", ""),)
    assert found.undone == ()


def pages(stage: Theatre, life: Life) -> list[str]:
    """What is wrong with the pages of this life."""
    arrived = stage.pages(life)
    wrong = [] if [len(arrived[way]) for way in ("ntfy", "email")] == [1, 1] else [f"other pages: {arrived}"]
    for way, counted in arrived.items():
        extra, allowed = counted.total() - len(counted), life.may_page_again(way)
        if extra > allowed:
            wrong.append(f"{extra} pages too many by {way}, {allowed} cannot be avoided")
    return wrong


async def survives(stage: Theatre, step: Step, expected: Morning) -> tuple[list[str], bool]:
    """What is wrong after a night in which the bot died at `step`, and whether it did."""
    async with stage.life() as life:
        died = await stage.run(life, kill_at=step) == KILLED
        if died and (ended := await stage.run(life)):
            return [f"{step}: the night did not end ({ended})\n{life.log()}"], died
        found = await asyncio.to_thread(morning, life.job)
        wrong = pages(stage, life) + ([] if found == expected else [f"{found}\ninstead of {expected}"])
        return [f"{step} {life.killed_at}: {problem}" for problem in wrong], died


NAMED = (
    "after calendar.fetch",
    "after console.say",
    "before email.trigger",
    "after email.trigger",
    "after ntfy.trigger",
)


def sharp(steps: list[Step]) -> list[Step]:
    """Around what only a night has, and every second of the commits until the first page: the calendar's copy, the override, the
    hand-over and what is remembered of it, the silence and what it opens. What follows dies in the other story."""
    paged = steps.index(("after email.trigger", 1))
    early = [step for step in steps[:paged] if step[0] == "after commit"]
    return [*((name, 1) for name in NAMED), *early[1::2]]


async def nights(folder: Path, server: str | None, *, every: int) -> None:
    async with theatre(folder, server, STORY) as stage:
        async with stage.life() as life:
            assert await stage.run(life) == 0, life.log()
            assert pages(stage, life) == []
            expected = await asyncio.to_thread(morning, life.job)
            counted: Counter[str] = Counter()
            steps = []
            for what in life.steps:
                counted[what] += 1
                steps.append((what, counted[what]))
        check(expected)
        chosen = steps if ALL else sharp(steps)[::every]
        waiting, wrong, died = iter(chosen), [], 0

        async def worker() -> None:
            nonlocal died
            for step in waiting:
                problems, dead = await survives(stage, step, expected)
                wrong.extend(problems)
                died += dead

        await asyncio.gather(*(worker() for _ in range(WORKERS)))
    assert not wrong, f"{len(wrong)} problems, of which:\n" + "\n".join(wrong[:5])
    # Which looks see something first is chance, so some steps of one night do not come in another.
    assert died >= len(chosen) * 2 // 3


async def test_a_night_in_which_the_bot_dies_ends_as_any_other(tmp_path: Path) -> None:
    await nights(tmp_path, None, every=1)


async def test_the_same_on_postgresql(tmp_path: Path, postgres_server: str) -> None:
    await nights(tmp_path, postgres_server, every=3)
