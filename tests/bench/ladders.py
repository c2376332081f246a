"""Open incidents whose ladders are being climbed: somebody was paged for each, and its clock says when the next one is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import update

from bot.alerts.model import Alert, Notification
from bot.handle import Rules, handle
from storage import migrate
from storage.engine import Database
from storage.store import SqlStore
from storage.tables import outbox
from tests.bench.waiting import settled
from tests.clock import FakeClock

AT_ONCE = 500


def climb(database: Database, count: int, rules: Rules, *, due_in: timedelta | None = None) -> datetime:
    """`count` incidents that alerts opened, all done that is due; answers when the clocks are due that are set `due_in` from now
    (None: as the ladder says, and what is answered means nothing)."""
    migrate.upgrade(database)
    store = SqlStore(database, FakeClock(datetime.now(UTC)))
    for first in range(0, count, AT_ONCE):
        alerts = tuple(_alert(number) for number in range(first, min(first + AT_ONCE, count)))
        handle(store, [Notification("bench", alerts)], rules)
    due = datetime.now(UTC) + (due_in or timedelta())
    with database.write() as connection:
        clock = outbox.c.kind == "wake_escalation"
        connection.execute(update(outbox).where(~clock).values(state="done", attempt=1))
        if due_in is not None:
            connection.execute(update(outbox).where(clock).values(due_at=due, first_at=due))
    settled(database)
    return due


def _alert(number: int) -> Alert:
    labels = {"alertname": "VolumeLatencyHigh", "severity": "critical", "region": "eu-2", "az": f"az{number}"}
    summary = {"summary": f"Volumes in az{number} are slow"}
    return Alert("bench", f"ladder{number}", True, datetime.now(UTC), labels=labels, annotations=summary)
