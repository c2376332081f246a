"""Many rows in one statement, in the database's own words: a batch of alerts spends most of its time here.

SQLAlchemy's Core prepares every value of every row by itself, which costs as much as storing it. Here a table's
statement is written once, and a batch goes through the driver as it is: on SQLite one `executemany`, on PostgreSQL one
`INSERT … SELECT` over the rows as one JSON value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, lru_cache
from operator import itemgetter
from typing import Any

import msgspec
from sqlalchemy import Connection, Dialect, Row, Table

from bot.incident.effects import TIMERS
from bot.store import Standing
from storage import codec
from storage.tables import UtcTime

Values = Mapping[str, Any]

_encode = msgspec.json.Encoder().encode


def insert(
    connection: Connection,
    table: Table,
    rows: Sequence[Values],
    *,
    keys: tuple[str, ...] = (),
    changed: tuple[str, ...] = (),
    where: str = "",
) -> None:
    """Insert `rows`, which all have the columns of the first; a row that has these `keys` already takes over the
    `changed` columns, or stays as it is when there are none. `where` is the condition of the keys' partial index.

    No two of `rows` may have the same keys. Raises what the driver raises, wrapped as SQLAlchemy does."""
    if not rows:
        return
    columns = tuple(rows[0])
    if connection.dialect.name == "sqlite":
        statement = _sqlite_insert(table, columns, keys, changed, where)
        connection.exec_driver_sql(statement, _sqlite_rows(table, columns, rows))
    else:
        statement = _postgresql_insert(connection.dialect, table, columns, keys, changed, where)
        connection.exec_driver_sql(statement, (_encode(rows).decode(),))


def matching(
    connection: Connection,
    table: Table,
    columns: tuple[str, ...],
    *,
    where: str,
    source: str,
    among: str,
    values: Sequence[str],
) -> Sequence[Row[Any]]:
    """The rows of `source` whose column `among` is one of `values` and for which `where` holds. Times come as the
    driver gives them: see `utc`."""
    sqlite = connection.dialect.name == "sqlite"
    statement = _matching(table, columns, where, among, sqlite)
    # One parameter however many values: the statement stays the same and is prepared once.
    given = _encode(values).decode() if sqlite else list(values)
    return connection.exec_driver_sql(statement, (source, given)).all()


def locked(connection: Connection, key: int) -> datetime:
    """Wait for our turn with the advisory lock `key`, held until the transaction ends; the time then (PostgreSQL)."""
    at: datetime = connection.exec_driver_sql(_LOCKED, (key,)).scalar_one()
    return at.astimezone(UTC)


def standing(connection: Connection, groups: Sequence[str]) -> Standing:
    """`bot.store.Transaction.standing`, in one question."""
    sqlite = connection.dialect.name == "sqlite"
    given = _encode(groups).decode() if sqlite else list(groups)
    found = connection.exec_driver_sql(_SQLITE_STANDING if sqlite else _POSTGRESQL_STANDING, (given,)).all()
    held = {row.key: row.incident for row in found if row.key is not None}
    windows = codec.load_incidents((row.incident, row.body) for row in found if row.key is None)
    return Standing(held, tuple(windows.values()))


def incident_bodies(connection: Connection, numbers: Sequence[int]) -> list[tuple[int, str]]:
    """(number, body) of these incidents, locked until the transaction ends, in one order everywhere."""
    if not numbers:
        return []
    sqlite = connection.dialect.name == "sqlite"
    given = _encode(numbers).decode() if sqlite else list(numbers)
    found = connection.exec_driver_sql(_SQLITE_BODIES if sqlite else _POSTGRESQL_BODIES, (given,))
    return [(row.number, row.body) for row in found]


def settle(connection: Connection, state: str, pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Give those effects `state` that still wait with this (id, attempt); answers which those were.

    What was withdrawn while it was being done, and yet was done, counts as done: it has happened. A timer that was
    withdrawn stays so, because what it would ask for is pointless now.
    """
    if connection.dialect.name == "sqlite":
        values: tuple[Any, ...] = (state, _encode(pairs).decode(), _encode(TIMERS).decode())
        found = connection.exec_driver_sql(_SQLITE_SETTLE, values)
    else:
        values = ([id for id, _ in pairs], [attempt for _, attempt in pairs], state, list(TIMERS))
        found = connection.exec_driver_sql(_POSTGRESQL_SETTLE, values)
    return [(row[0], row[1]) for row in found]


_LOCKED = "SELECT clock_timestamp() FROM (SELECT pg_advisory_xact_lock(%s)) AS waited"
_SQLITE_STANDING = """
    SELECT key, incident, NULL AS body FROM alert_group WHERE key IN (SELECT value FROM json_each(?))
    UNION ALL SELECT NULL, number, body FROM incident WHERE live = 1 AND kind = 'maintenance'
"""
_POSTGRESQL_STANDING = """
    SELECT key, incident, NULL AS body FROM alert_group WHERE key = ANY(%s::text[])
    UNION ALL SELECT NULL, number, body FROM incident WHERE live = 1 AND kind = 'maintenance'
"""
_SQLITE_BODIES = """
    SELECT number, body FROM incident WHERE number IN (SELECT value FROM json_each(?)) ORDER BY number
"""
_POSTGRESQL_BODIES = """
    SELECT number, body FROM incident WHERE number = ANY(%s::int[]) ORDER BY number FOR UPDATE
"""
_SQLITE_SETTLE = """
    UPDATE outbox SET state = given.state
    FROM (SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS attempt, ? AS state
          FROM json_each(?)) AS given
    WHERE outbox.id = given.id AND outbox.attempt = given.attempt
    AND (outbox.state = 'waiting' OR (outbox.state = 'cancelled' AND given.state = 'done'
         AND outbox.kind NOT IN (SELECT value FROM json_each(?))))
    RETURNING id, attempt
"""
_POSTGRESQL_SETTLE = """
    UPDATE outbox SET state = given.state
    FROM (SELECT unnest(%s::bigint[]) AS id, unnest(%s::int[]) AS attempt, %s AS state) AS given
    WHERE outbox.id = given.id AND outbox.attempt = given.attempt
    AND (outbox.state = 'waiting' OR (outbox.state = 'cancelled' AND given.state = 'done'
         AND outbox.kind <> ALL(%s)))
    RETURNING outbox.id, outbox.attempt
"""


@lru_cache(maxsize=1024)
def sqlite_time(value: datetime) -> str:
    """An instant as `UtcTime` keeps it on SQLite. Remembered, because most times of a batch are the same few."""
    return value.astimezone(UTC).isoformat(" ", "microseconds")[:26]


def utc(value: datetime | str) -> datetime:
    """An instant as the driver hands it out."""
    if isinstance(value, str):
        return datetime.fromisoformat(f"{value}+00:00")
    return value.astimezone(UTC)


# Statements are put together from the names of our own tables and columns; every value is a parameter.


@cache
def _sqlite_insert(
    table: Table, columns: tuple[str, ...], keys: tuple[str, ...], changed: tuple[str, ...], where: str
) -> str:
    marks = ", ".join("?" * len(columns))
    return " ".join(
        ("INSERT INTO", table.name, f"({_names(columns)})", f"VALUES ({marks})", _conflict(keys, changed, where))
    )


@lru_cache(maxsize=64)
def _postgresql_insert(
    dialect: Dialect,
    table: Table,
    columns: tuple[str, ...],
    keys: tuple[str, ...],
    changed: tuple[str, ...],
    where: str,
) -> str:
    types = ", ".join(f'"{name}" {table.c[name].type.compile(dialect=dialect)}' for name in columns)
    into = f"{table.name} ({_names(columns)})"
    given = f"json_to_recordset(%s::json) AS given({types})"
    return " ".join(("INSERT INTO", into, "SELECT * FROM", given, _conflict(keys, changed, where)))


@cache
def _matching(table: Table, columns: tuple[str, ...], where: str, among: str, sqlite: bool) -> str:
    found = " ".join(("SELECT", _names(columns), "FROM", table.name, "WHERE", where, "AND source ="))
    if sqlite:
        return " ".join((found, "? AND", _names([among]), "IN (SELECT value FROM json_each(?))"))
    # `OFFSET 0` has PostgreSQL look up one value after the other. Left to itself it reads all rows of the source until
    # its statistics know better, and on a new database that is after the first storm.
    given = "(SELECT %s::text AS source, unnest(%s::text[]) AS value OFFSET 0) AS given"
    one = " ".join((found, "given.source AND", _names([among]), "= given.value OFFSET 0"))
    return " ".join(("SELECT found.* FROM", given, "CROSS JOIN LATERAL", f"({one}) AS found"))


def _conflict(keys: tuple[str, ...], changed: tuple[str, ...], where: str) -> str:
    if not keys:
        return ""
    condition = f" WHERE {where}" if where else ""
    target = f"ON CONFLICT ({_names(keys)}){condition}"
    if not changed:
        return f"{target} DO NOTHING"
    taken = ", ".join(f'"{name}" = excluded."{name}"' for name in changed)
    return f"{target} DO UPDATE SET {taken}"


def _names(columns: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


def _sqlite_rows(table: Table, columns: tuple[str, ...], rows: Sequence[Values]) -> list[tuple[Any, ...]]:
    values: Callable[[Values], tuple[Any, ...]] = itemgetter(*columns)
    times = [at for at, name in enumerate(columns) if isinstance(table.c[name].type, UtcTime)]
    if not times:
        return [values(row) for row in rows]
    prepared = []
    for row in rows:
        given = list(values(row))
        for at in times:
            if given[at] is not None:
                given[at] = sqlite_time(given[at])
        prepared.append(tuple(given))
    return prepared
