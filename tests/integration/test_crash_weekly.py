"""The bot is killed around everything that the weekly digest has: what follows the last one is decided, it is asked for, remembered, posted,
its details are posted, it is mailed. Each is there once in the end; a mail that was taken before we died is sent once more, as the same one."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from storage.tables import outbox
from tests.integration.crash_story import Job
from tests.integration.lives import Play, lives
from tests.integration.theatre import Life, Theatre, left_by


@dataclass(frozen=True)
class Read:
    """What is left for whoever comes to work: the message, its thread, and what the outbox did."""

    messages: tuple[str, ...]
    thread: Counter[str]
    rows: tuple[tuple[str, str], ...]
    covers: frozenset[timedelta]


def read(job: Job) -> Read:
    with left_by(job) as (database, platform):
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


def check(found: Read) -> None:
    """The comparison is worth something only if there was such a digest."""
    (message,) = found.messages
    assert "1 incident, 1 near miss" in message
    assert len(found.thread) > 2
    assert set(found.thread.values()) == {1}
    assert found.rows == (("say_weekly_digest", "done"), ("mail_weekly_digest", "done"))
    (covered,) = found.covers
    assert timedelta(days=14) < covered <= timedelta(days=22)


def outside(stage: Theatre, life: Life) -> list[str]:
    mails = stage.pages(life)["email"]
    return [f"mails: {mails}"] if len(mails) != 1 or mails.total() > 1 + life.unsettled["email"] else []


WEEKLY = Play("tests.integration.weekly_story", read, check, outside)


async def test_wherever_it_dies_the_digest_is_read_once(tmp_path: Path) -> None:
    await lives(WEEKLY, tmp_path, None, every=2)


async def test_and_so_it_is_on_postgresql(tmp_path: Path, postgres_server: str) -> None:
    await lives(WEEKLY, tmp_path, postgres_server, every=5)
