"""The bot is killed around everything that the weekly digest has: what follows the last one is decided, it is asked for, remembered, posted,
its details are posted, it is mailed. Each is there once in the end; a mail that was taken before we died is sent once more, as the same one."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from adapters.chat.console import Config as RoomsConfig
from adapters.chat.console import build
from storage.engine import Database
from storage.tables import outbox
from tests.clock import FakeClock
from tests.integration.crash_story import Job
from tests.integration.test_crash import ALL, KILLED, WORKERS, Step, Theatre, theatre

STORY = "tests.integration.weekly_story"


@dataclass(frozen=True)
class Read:
    """What is left for whoever comes to work: the message, its thread, and what the outbox did."""

    messages: tuple[str, ...]
    thread: Counter[str]
    rows: tuple[tuple[str, str], ...]
    covers: frozenset[timedelta]


def read(job: Job) -> Read:
    database = Database(job.database)
    platform = build("console", RoomsConfig(folder=f"{job.folder}/rooms"), clock=FakeClock())
    try:
        with database.read() as connection:
            rows = connection.execute(select(outbox.c.kind, outbox.c.state, outbox.c.body).order_by(outbox.c.id)).all()
        messages = platform.messages("incidents")
        main = [message for message in messages if not message.thread]
        assert all(message.thread in {one.id for one in main} for message in messages if message.thread)
        bodies = [json.loads(row.body) for row in rows]
        return Read(
            messages=tuple(message.document.to_plain() for message in main),
            thread=Counter(message.document.to_plain() for message in messages if message.thread),
            rows=tuple((row.kind, row.state) for row in rows),
            covers=frozenset(
                datetime.fromisoformat(one["end"]) - datetime.fromisoformat(one["start"]) for one in bodies
            ),
        )
    finally:
        platform.close()
        database.close()


def check(found: Read) -> None:
    """The comparison is worth something only if there was such a digest."""
    (message,) = found.messages
    assert "1 incident, 1 near miss" in message
    assert len(found.thread) > 2
    assert found.rows == (("say_weekly_digest", "done"), ("mail_weekly_digest", "done"))
    (covered,) = found.covers
    assert timedelta(days=14) < covered <= timedelta(days=22)


async def survives(stage: Theatre, step: Step) -> tuple[list[str], bool]:
    """What is wrong after a life in which the bot died at `step`, and whether it did."""
    async with stage.life() as life:
        died = await stage.run(life, kill_at=step) == KILLED
        if died and (ended := await stage.run(life)):
            return [f"{step}: the story did not end ({ended})\n{life.log()}"], died
        wrong = []
        found = await asyncio.to_thread(read, life.job)
        try:
            check(found)
            assert set(found.thread.values()) == {1}
        except AssertionError as error:
            wrong.append(f"{found}: {error}")
        mails = stage.pages(life)["email"]
        taken = [before for before, _ in life.killed_at] + [at for _, at in life.killed_at]
        if len(mails) != 1 or mails.total() > 1 + ("after email.send" in taken):
            wrong.append(f"mails: {mails}")
        return [f"{step} {life.killed_at}: {problem}" for problem in wrong], died


async def lives(folder: Path, server: str | None, *, every: int) -> None:
    async with theatre(folder, server, STORY) as stage:
        async with stage.life() as life:
            assert await stage.run(life) == 0, life.log()
            check(await asyncio.to_thread(read, life.job))
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


async def test_wherever_it_dies_the_digest_is_read_once(tmp_path: Path) -> None:
    await lives(tmp_path, None, every=2)


async def test_and_so_it_is_on_postgresql(tmp_path: Path, postgres_server: str) -> None:
    await lives(tmp_path, postgres_server, every=5)
