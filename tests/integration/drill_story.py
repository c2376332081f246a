"""A fourth story for the crash test: a past incident is replayed, its alerts come again in five steps, somebody injects something in
the middle, and it ends with its log.

A fork server, as `crash_story` is.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import bot.incident.drilling
from bot.config import Config, load
from bot.handle import Rules, handle
from bot.incident import commands as c
from bot.incident.events import AlertFact
from bot.ports import Said
from storage.engine import Database
from storage.store import SqlStore
from tests.clock import FakeClock
from tests.integration.crash_story import Job, Story, main, past, written
from tests.world import an_ask

STEPS = 5
APART = timedelta(seconds=60)
"""Between two alerts of then. A thousand times as fast that is a moment."""


def config_of(job: Job) -> Config:
    file = written(
        job,
        f"""
people:
  ana: {{name: Ana Ruiz, email: "{job.mailbox}", ntfy: "{job.topic}", page: [ntfy, email]}}
""",
    )
    # Each alert is a step of its own.
    bot.incident.drilling.TOGETHER = timedelta(milliseconds=1)
    past(job, a_past)
    return load(file, {})


def a_past(database: Database, steps: int = STEPS, apart: timedelta = APART) -> None:
    """What happened yesterday: so many alerts, each so long after the one before, and nobody is told of it any more."""
    ago = FakeClock(datetime.now(UTC) - timedelta(days=1))
    store = SqlStore(database, ago)
    handle(store, [an_ask(c.Open(title="OSDs down"))], Rules())
    for number in range(1, steps + 1):
        ago.forward(seconds=apart.total_seconds())
        fact = AlertFact(f"f{number}", "OSDDown", f"osd.{number} is down")
        handle(store, [an_ask(c.FoldAlerts(fired_count=1, fired=(fact,)), 1)], Rules())
    handle(store, [an_ask(c.Cancel(), 1)], Rules())


class Drill(Story):
    async def tell(self) -> None:
        await self.types("drill INC-1 speed=1000x Who sees it", "incidents")
        await self.until(self.it_has_a_room, "the room of the drill")
        await self.types("drill inject A customer calls", "inc-2")
        await self.until(self.all_came, "the end of the replay")
        await self.quiet()
        await self.types("resolve drained", "inc-2")
        await self.quiet()

    async def types(self, line: str, room: str) -> None:
        """Typed once; whoever got no answer types it again, and it is the same message."""
        self._said += 1
        said = Said("console", room, "ana", line, message=f"typed-{self._said}")
        answer = await self._klatsch.conversation.said(said)
        if answer.tone in ("refused", "bad"):
            raise AssertionError(f"{line}: {answer.to_plain()}")

    def it_has_a_room(self) -> bool:
        incident = self._klatsch.lookups.incident(2)
        return incident is not None and "console" in incident.rooms

    def all_came(self) -> bool:
        incident = self._klatsch.lookups.incident(2)
        return incident is not None and incident.replay is not None and incident.replay.over


if __name__ == "__main__":
    main(config_of, Drill)
