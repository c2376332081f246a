"""The bot is killed in the middle of a drill: its opening, each step of the replay, what the room hears of it, its log. Each alert comes once, in
the order of then, and none is lost; nobody is paged."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from adapters.chat.console import Config as RoomsConfig
from adapters.chat.console import build
from bot.chat.drilled import BANNER
from bot.incident.timeline import sentence
from storage.engine import Database
from storage.lookups import SqlLookups
from tests.clock import FakeClock
from tests.integration.crash_story import Job
from tests.integration.drill_story import STEPS
from tests.integration.test_crash import ALL, KILLED, WORKERS, Step, Theatre, theatre

STORY = "tests.integration.drill_story"
ALERTS = tuple(f"1 alert fired: osd.{number} is down" for number in range(1, STEPS + 1))
ONCE = (
    *(
        "The alerts of INC-1 come again, 1000 times as fast as then",
        *ALERTS,
        "All alerts of the past incident have come",
    ),
    *("Report: A customer calls", "Resolved: drained"),
)


@dataclass(frozen=True)
class Played:
    """What is left of a drill: its timeline, what its room heard, its log, and what nobody did."""

    told: tuple[str, ...]
    thread: tuple[str, ...]
    cards: int
    unmarked: tuple[str, ...]
    logs: tuple[str, ...]
    undone: tuple[str, ...]
    incidents: int


def played(job: Job) -> Played:
    database = Database(job.database)
    platform = build("console", RoomsConfig(folder=f"{job.folder}/rooms"), clock=FakeClock())
    try:
        lookups = SqlLookups(database)
        messages = list(platform.messages("inc-2"))
        with database.read() as connection:
            waiting = connection.execute(text("SELECT key, state FROM outbox WHERE state IN ('waiting', 'failed')"))
            undone = tuple(f"{row.key} {row.state}" for row in waiting)
        heard = [line[8:] for one in messages if one.thread for line in one.document.to_plain().splitlines()]
        return Played(
            told=tuple(sentence(one.event, str) for one in lookups.history(2)),
            thread=tuple(line.partition(" (")[0] for line in heard),
            cards=sum(not one.thread for one in messages),
            unmarked=tuple(one.document.summary for one in messages if BANNER not in one.document.blocks),
            logs=tuple(path.name for path in Path(job.folder, "drafts").glob("INC-2*")),
            undone=undone,
            incidents=len(lookups.recent()),
        )
    finally:
        platform.close()
        database.close()


def check(found: Played) -> None:
    counted = Counter(found.told)
    assert {line: counted[line] for line in ONCE} == dict.fromkeys(ONCE, 1)
    assert tuple(line for line in found.told if line in ALERTS) == ALERTS
    heard = Counter(found.thread)
    assert {line: heard[line] for line in ALERTS} == dict.fromkeys(ALERTS, 1)
    assert tuple(line for line in found.thread if line in ALERTS) == ALERTS
    assert (found.cards, found.unmarked, found.undone, found.incidents) == (1, (), (), 2)
    assert found.logs == ("INC-2.md",)


async def survives(stage: Theatre, step: Step) -> tuple[list[str], bool]:
    """What is wrong after a life in which the bot died at `step`, and whether it did."""
    async with stage.life() as life:
        died = await stage.run(life, kill_at=step) == KILLED
        if died and (ended := await stage.run(life)):
            return [f"{step}: the story did not end ({ended})\n{life.log()}"], died
        wrong = []
        found = await asyncio.to_thread(played, life.job)
        try:
            check(found)
        except AssertionError as error:
            wrong.append(f"{found}: {error}")
        if any(stage.pages(life).values()):
            wrong.append(f"somebody was paged: {stage.pages(life)}")
        return [f"{step} {life.killed_at}: {problem}" for problem in wrong], died


async def lives(folder: Path, server: str | None, *, every: int) -> None:
    async with theatre(folder, server, STORY) as stage:
        async with stage.life() as life:
            assert await stage.run(life) == 0, life.log()
            check(await asyncio.to_thread(played, life.job))
            counted: Counter[str] = Counter()
            steps: list[Step] = []
            for what in life.steps:
                counted[what] += 1
                steps.append((what, counted[what]))
        # What a step before something leaves, on the disk and outside, is what the step before it left.
        chosen = steps if ALL else [step for step in steps if step[0].startswith("after ")][::every]
        waiting, wrong, died = iter(chosen), [], 0

        async def worker() -> None:
            nonlocal died
            for step in waiting:
                problems, dead = await survives(stage, step)
                wrong.extend(problems)
                died += dead

        await asyncio.gather(*(worker() for _ in range(WORKERS)))
    assert not wrong, f"{len(wrong)} problems, of which:\n" + "\n".join(wrong[:5])
    assert died >= len(chosen) * 2 // 3


async def test_wherever_it_dies_each_alert_comes_again_once_and_in_order(tmp_path: Path) -> None:
    await lives(tmp_path, None, every=5)


async def test_and_so_it_is_on_postgresql(tmp_path: Path, postgres_server: str) -> None:
    await lives(tmp_path, postgres_server, every=12)
