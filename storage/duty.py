"""Who is on call otherwise than the rotation says, and whose turn it is. Few rows, so each is looked at as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, select, text, update

from bot.oncall.overrides import Override
from storage.tables import counter, override, turn

_MORE_TURNS = text(
    "INSERT INTO turn (step, taken) VALUES (:step, :more)"
    " ON CONFLICT (step) DO UPDATE SET taken = turn.taken + excluded.taken"
)


def overrides(connection: Connection, at: datetime) -> list[Override]:
    """Those that stand and have not ended at `at`, by id."""
    statement = select(override).where(override.c.end_at > at, override.c.dropped_by == "").order_by(override.c.id)
    return [
        Override(row.id, row.schedule, row.person, row.start_at, row.end_at, row.instead, row.made_by, row.together)
        for row in connection.execute(statement)
    ]


def take_ids(connection: Connection, count: int) -> int:
    """The first of `count` new ids."""
    # A batch may take both counters, in the order in which people typed: whoever wants this one holds that of incidents before it,
    # so that two processes never wait for each other in a circle.
    before = select(counter.c.value).where(counter.c.name == "incident").with_for_update()
    connection.execute(before).scalar_one()
    taken = update(counter).where(counter.c.name == "override").values(value=counter.c.value + count)
    last: int = connection.execute(taken.returning(counter.c.value)).scalar_one()
    return last - count + 1


def add(connection: Connection, added: Sequence[Override], at: datetime) -> None:
    values = [
        {
            "id": one.id,
            "schedule": one.schedule,
            "person": one.person,
            "instead": one.instead,
            "start_at": one.start,
            "end_at": one.end,
            "made_by": one.by,
            "made_at": at,
            "together": one.together,
            "dropped_by": "",
            "dropped_at": None,
        }
        for one in added
    ]
    connection.execute(override.insert(), values)


def drop(connection: Connection, ids: Sequence[int], by: str, at: datetime) -> None:
    gone = update(override).where(override.c.id.in_(bindparam("ids", expanding=True)))
    connection.execute(gone.values(dropped_by=by, dropped_at=at), {"ids": list(ids)})


def turns(connection: Connection) -> dict[str, int]:
    """How many turns were taken, by step."""
    return {row.step: row.taken for row in connection.execute(select(turn))}


def take_turns(connection: Connection, taken: Mapping[str, int]) -> None:
    """So many more of each."""
    connection.execute(_MORE_TURNS, [{"step": step, "more": taken[step]} for step in sorted(taken)])
