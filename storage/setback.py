"""A clock that is set back. PostgreSQL's has nobody who makes it safe, and a process that begins again on SQLite believes the
machine: what waits would wait for those hours a second time. So the time is remembered, and found to be earlier than it was,
everything that waits is due as much sooner."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, bindparam, select, update

from bot.ports import Clock
from storage import bulk
from storage.rows import time_of
from storage.tables import outbox, setting

SEEN = "clock"
"""The setting that remembers the time."""

UNNOTICED = timedelta(seconds=1)
"""What several processes that ask for the time may differ by, and no rung is worth moving for."""


def follow(connection: Connection, clock: Clock | None) -> timedelta:
    """Remember the time; answers by how much it was set back since it was remembered, after what waits was moved.

    Of several processes one does it, and the others need not wait for it.
    """
    held = select(setting.c.value).where(setting.c.name == SEEN).with_for_update(skip_locked=True)
    before = connection.execute(held).scalar()
    # Asked for behind the lock: whoever looks later has a later time.
    now = time_of(connection, clock)
    remembered = {"name": SEEN, "value": now.astimezone(UTC).isoformat()}
    if before is None:
        bulk.insert(connection, setting, [remembered], keys=("name",))
        return timedelta(0)
    back = datetime.fromisoformat(before) - now
    bulk.insert(connection, setting, [remembered], keys=("name",), changed=("value",))
    if back <= UNNOTICED:
        return timedelta(0)
    _sooner(connection, back)
    return back


def _sooner(connection: Connection, by: timedelta) -> None:
    """Leases, too: whoever holds one renews it, and whoever died held it long enough."""
    waiting = select(outbox.c.id, outbox.c.due_at, outbox.c.first_at).where(outbox.c.state == "waiting")
    found = connection.execute(waiting.order_by(outbox.c.id).with_for_update()).all()
    moved = update(outbox).where(outbox.c.id == bindparam("the_id"))
    values = [{"the_id": row.id, "due": row.due_at - by, "first": row.first_at - by} for row in found]
    if values:
        connection.execute(moved.values(due_at=bindparam("due"), first_at=bindparam("first")), values)
