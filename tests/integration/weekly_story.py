"""A third story for the crash test: no bot ran for three weeks, and now one does. The digest that was missed is asked for, posted with its
details, and mailed.

A fork server, as `crash_story` is.
"""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

import bot.learning.occasions
from bot.config import Config, load
from bot.handle import Rules, handle
from bot.incident import commands as c
from bot.incident.model import Kind, Mark, Severity
from storage.engine import Database
from storage.lookups import SqlLookups
from storage.memory import SqlMemory
from storage.store import SqlStore
from storage.tables import outbox
from tests.clock import FakeClock
from tests.integration.crash_story import NOBODY, Job, Story, main, past, written
from tests.world import an_ask

OFTEN = 0.03
"""Seconds between two looks."""

AGO = timedelta(days=22)
"""When the last one was sent. The next is none of this story's, whenever that is told: the day it comes on was yesterday, or is today
and its hour is long gone."""


def config_of(job: Job) -> Config:
    past(job, before)
    file = written(
        job,
        f"""
people: {{ana: {{name: Ana Ruiz}}}}
digest: {{cron: "{day_of(job)} 09:00", to: [announce, "{job.mailbox}"]}}
""",
    )
    bot.learning.occasions.LOOKS_EVERY = OFTEN
    return load(file, {})


def day_of(job: Job) -> str:
    """The day of the week on which the past began: the same in all of a life, be it one over midnight."""
    if job.topic == NOBODY:
        return "mon"
    with closing(Database(job.database)) as database:
        began = SqlLookups(database).incident(1)
    assert began is not None
    return f"{began.opened_at:%a}".lower()


def before(database: Database) -> None:
    """What happened while the bots of before ran."""
    ago = FakeClock(datetime.now(UTC) - AGO)
    last = json.dumps({"at": ago.now().isoformat(), "came": True})
    SqlMemory(database, ago, "klatsch: occasions")._keep_first("weekly", last)
    ago.forward(hours=1)
    store = SqlStore(database, ago)
    handle(store, [an_ask(c.Open(title="Volumes slow", severity=Severity.SEV2))], Rules())
    asks = [
        an_ask(c.Note(text="The spare was on site", mark=Mark.LUCKY), 1),
        an_ask(c.AddFollowUp(text="Alert when more than 5 % of OSDs are slow", owner="ana"), 1),
        an_ask(c.Resolve(), 1),
        an_ask(c.Open(title="Almost drained the wrong rack", kind=Kind.NEARMISS)),
    ]
    handle(store, asks, Rules())


class Monday(Story):
    async def tell(self) -> None:
        await self.until(self.both_are_done, "the digest where it belongs")
        await self.quiet()
        await self.until(self.it_is_remembered, "the digest to be remembered")

    def both_are_done(self) -> bool:
        with self._klatsch.database.read() as connection:
            found = connection.execute(select(outbox.c.state).where(outbox.c.key.like("weekly:%"))).scalars()
            return list(found) == ["done", "done"]

    def it_is_remembered(self) -> bool:
        kept = self._klatsch._memory("occasions")._recall("weekly")
        return kept is not None and datetime.fromisoformat(json.loads(kept)["at"]) > datetime.now(UTC) - AGO / 2


if __name__ == "__main__":
    main(config_of, Monday)
