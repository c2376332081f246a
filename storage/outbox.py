"""The effects that wait: claimed under a lease, fenced by the attempt, first of each lane first.

One claim statement for both databases; SQLAlchemy leaves `FOR UPDATE SKIP LOCKED` out on SQLite, where there is one writer.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Exists,
    Integer,
    Interval,
    Row,
    Select,
    Update,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    not_,
    select,
    text,
    union_all,
    update,
)

from bot.incident.effects import KINDS, LEAST_URGENT, TIMERS, URGENT, SendPage
from bot.ports import Clock
from bot.store import Claimed, Retry
from storage import codec, rows
from storage.engine import Database
from storage.rows import time_of
from storage.setback import follow
from storage.tables import UtcTime, outbox

log = logging.getLogger(__name__)

REASONS_KEPT = 10

LOOKS_EVERY = 20.0
"""Seconds between two looks whether the clock was set back; so long what waits may stand still then."""

OF_THEIR_TIME = (*TIMERS, KINDS[SendPage])
"""The kinds that may wait for a time of their own, and not only for somebody to begin."""

UNDERSTOOD = tuple(KINDS.values())
"""What a newer release queued while both run is left to the newer one."""


_PLANNED_ANEW = text("SET LOCAL plan_cache_mode = force_custom_plan")


@lru_cache(maxsize=128)
def claim_statement(*, asks_the_time: bool = False, urgent: bool = False, full: tuple[str, ...] = ()) -> Update:
    """Take due effects nobody earlier in their lane is waiting before, the most urgent first; with `urgent` only such, and
    not those of the ways that are `full`.

    Parameters: `most`, how many; `now` and `lease_end`, or only `lease`, a length of time, when the statement
    `asks_the_time` itself (PostgreSQL). Built once: building it takes as long as running it.
    """
    # A question of its own in the statement: asked once, so that the index can be used up to there.
    now: ColumnElement[datetime] = (
        select(func.clock_timestamp()).scalar_subquery() if asks_the_time else bindparam("now", type_=UtcTime)
    )
    lease_end = now + bindparam("lease", type_=Interval) if asks_the_time else bindparam("lease_end", type_=UtcTime)
    most = bindparam("most", type_=Integer)
    # The index begins with the urgency: a range of them is a walk over all clocks that wait for their time. Every incident has
    # one of those, so the urgencies in which they are stand alone. The parts are asked in turn until there are enough.
    parts = [outbox.c.urgency == _plain(urgency) for urgency in range(URGENT + 1)]
    if not urgent:
        parts.append(outbox.c.urgency > _plain(URGENT))
    each = [
        select(outbox.c.id)
        .where(WAITING_OUTBOX, part, outbox.c.due_at <= now, IS_UNDERSTOOD, ~_blocked(), *map(_not_by, full))
        .order_by(outbox.c.urgency, outbox.c.due_at, outbox.c.id)
        .limit(most)
        .with_for_update(skip_locked=True)
        .subquery()
        for part in parts
    ]
    first = union_all(*(select(one.c.id) for one in each)).limit(most).cte("first")
    return (
        update(outbox)
        .where(outbox.c.id.in_(select(first.c.id)))
        .values(due_at=lease_end, attempt=outbox.c.attempt + 1)
        .returning(*outbox.c)
    )


@lru_cache(maxsize=1)
def _earliest() -> Select[datetime | None]:
    """When the first is due of what nobody earlier in its lane waits before. The first of each urgency is looked for, which the
    index knows; the first of all would be found by looking at all."""
    each = union_all(*(select(_plain(urgency).label("urgency")) for urgency in range(LEAST_URGENT + 1))).subquery()
    first = (
        select(outbox.c.due_at)
        .where(WAITING_OUTBOX, outbox.c.urgency == each.c.urgency, IS_UNDERSTOOD, ~_blocked())
        .order_by(outbox.c.due_at, outbox.c.id)
        .limit(1)
        .correlate(each)
        .scalar_subquery()
    )
    return select(func.min(first)).select_from(each)


def _plain(value: int | str) -> ColumnElement[Any]:
    """One of our own constants, as part of the statement: a statement with a hundred parameters costs more than what it asks."""
    return literal_column(repr(value))


def _not_by(way: str) -> ColumnElement[bool]:
    """It is no page by that way, whose lanes end with its name; or for an empty one, nothing but a page."""
    page = outbox.c.kind == KINDS[SendPage]
    return not_(and_(page, outbox.c.lane.endswith(f":{way}", autoescape=True))) if way else page


WAITING_OUTBOX = outbox.c.state == _plain("waiting")
IS_UNDERSTOOD = outbox.c.kind.in_([_plain(kind) for kind in UNDERSTOOD])


def _blocked() -> Exists:
    """Something earlier in its lane is waiting."""
    earlier = outbox.alias("earlier")
    return exists().where(
        earlier.c.lane == outbox.c.lane, earlier.c.id < outbox.c.id, earlier.c.state == _plain("waiting")
    )


class SqlOutbox:
    """`bot.store.Outbox`."""

    def __init__(self, database: Database, clock: Clock | None, *, looks_every: float = LOOKS_EVERY) -> None:
        """`looks_every`: seconds between two looks whether the clock was set back."""
        self._database = database
        self._clock = clock
        self._looks_every = looks_every
        self._look_at = time.monotonic()

    def claim(self, limit: int, lease: timedelta, *, urgent: bool = False, full: Collection[str] = ()) -> list[Claimed]:
        statement = claim_statement(asks_the_time=self._clock is None, urgent=urgent, full=tuple(sorted(full)))
        self._follow()
        with self._database.write() as connection:
            if not self._database.sqlite:
                # A plan that is kept was made while the table was nearly empty: with many rows it looks for what is earlier
                # in a lane by reading all of it, until the server's first ANALYZE.
                connection.execute(_PLANNED_ANEW)
            if self._clock is None:
                taken = connection.execute(statement, {"most": limit, "lease": lease}).all()
            else:
                now = self._clock.now()
                taken = connection.execute(statement, {"most": limit, "now": now, "lease_end": now + lease}).all()
            # What an update returns is in no order.
            taken = sorted(taken, key=lambda row: (row.urgency, row.id))
            return [item for row in taken if (item := self._read(connection, row, row.due_at - lease)) is not None]

    def _follow(self) -> None:
        if time.monotonic() < self._look_at:
            return
        with self._database.write() as connection:
            back = follow(connection, self._clock)
        self._look_at = time.monotonic() + self._looks_every
        if back:
            log.warning("the clock was set back by %s; what waits is due as much sooner", back)

    def _read(self, connection: Connection, row: Row[Any], claimed_at: datetime) -> Claimed | None:
        """None for a row that nobody can read, which is failed here: whoever claimed it again and again would do nothing
        else."""
        try:
            return rows.claimed(row, claimed_at)
        except (msgspec.MsgspecError, KeyError) as error:
            log.error(
                "effect %s (%s of INC-%d) cannot be read and is failed: %s", row.key, row.kind, row.incident, error
            )
            reason = codec.dump([f"it cannot be read: {error}"])
            connection.execute(update(outbox).where(outbox.c.id == row.id).values(state="failed", errors=reason))
            return None

    def renew(self, held: Sequence[Claimed], lease: timedelta) -> None:
        self._move(held, lease)

    def release(self, held: Sequence[Claimed]) -> None:
        self._move(held, timedelta(0))

    def _move(self, held: Sequence[Claimed], ahead: timedelta) -> None:
        if not held:
            return
        with self._database.write() as connection:
            until = time_of(connection, self._clock) + ahead
            moved = _mine().values(due_at=bindparam("until"))
            connection.execute(moved, [{"the_id": h.id, "the_attempt": h.attempt, "until": until} for h in held])

    def retry(self, retries: Sequence[Retry]) -> None:
        if not retries:
            return
        with self._database.write() as connection:
            now = time_of(connection, self._clock)
            ids = [item.id for item in retries]
            found = connection.execute(select(outbox.c.id, outbox.c.errors).where(outbox.c.id.in_(ids)))
            kept = {row.id: row.errors for row in found}
            later = _mine().values(due_at=bindparam("until"), errors=bindparam("reasons"))
            values = [
                {
                    "the_id": item.id,
                    "the_attempt": item.attempt,
                    "until": now + item.after,
                    "reasons": codec.dump([*codec.load_reasons(kept.get(item.id, "[]")), item.reason][-REASONS_KEPT:]),
                }
                for item in retries
            ]
            connection.execute(later, values)

    def next_due(self) -> timedelta | None:
        with self._database.read() as connection:
            now = time_of(connection, self._clock)
            due: datetime | None = connection.execute(_earliest()).scalar_one()
        return None if due is None else max(timedelta(0), due - now)

    def take_over(self) -> None:
        """The leases of a process that died are free at once, and what only waited for it to begin is due. Only for SQLite,
        where we are the one process."""
        with self._database.write() as connection:
            follow(connection, self._clock)
            now = time_of(connection, self._clock)
            connection.execute(
                update(outbox)
                .where(WAITING_OUTBOX, outbox.c.kind.not_in(OF_THEIR_TIME), outbox.c.due_at > now)
                .values(due_at=now)
            )
            connection.execute(
                update(outbox)
                .where(WAITING_OUTBOX, outbox.c.kind.in_(OF_THEIR_TIME), outbox.c.attempt > 0, outbox.c.due_at > now)
                .values(due_at=now)
            )


def _mine() -> Update:
    # Found by its id. With a constant here, PostgreSQL without statistics would look for it in an index of all that waits.
    waiting = outbox.c.state == "waiting"
    return update(outbox).where(
        outbox.c.id == bindparam("the_id"), outbox.c.attempt == bindparam("the_attempt"), waiting
    )
