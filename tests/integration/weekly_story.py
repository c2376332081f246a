"""A third story for the crash test: no bot ran for three Mondays, and now one does. The digest that was missed is asked for, posted with its
details, and mailed.

A fork server, as `crash_story` is.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

import bot.occasions
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
from tests.integration.crash_story import Job, Story, main
from tests.world import an_ask

OFTEN = 0.03
"""Seconds between two looks."""

AGO = timedelta(days=22)
"""When the last one was sent: at least three Mondays."""


def config_of(job: Job) -> Config:
    folder = Path(job.folder)
    file = folder / "config.yaml"
    file.write_text(
        f"""
storage: {{url: "{job.database}"}}
http: {{listen: "127.0.0.1:0", public_url: "https://klatsch.example.org"}}
chat: {{console: {{folder: "{folder}/rooms"}}}}
people: {{ana: {{name: Ana Ruiz}}}}
paging: {{email: {{type: smtp, host: 127.0.0.1, port: {job.smtp}, from: klatsch@example.org}}}}
postmortem: {{folder: "{folder}/drafts"}}
digest: {{to: [announce, "{job.mailbox}"]}}
""",
        encoding="utf-8",
    )
    bot.occasions.LOOKS_EVERY = OFTEN
    if job.topic != "nobody":
        before(job)
    return load(file, {})


def before(job: Job) -> None:
    """What happened while the bots of before ran, once."""
    database = Database(job.database)
    ago = FakeClock(datetime.now(UTC) - AGO)
    try:
        last = json.dumps({"at": ago.now().isoformat(), "came": True})
        SqlMemory(database, ago, "klatsch: occasions")._keep_first("weekly", last)
        if SqlLookups(database).incident(1) is None:
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
    finally:
        database.close()


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
