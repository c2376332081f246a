"""The least anybody can do and still have the alerts on disk: the same rows in the same tables, written by the bare driver.

No rules, no questions, no state read back: one writer thread, a commit for all that waits. On SQLite `executemany`
at `synchronous=FULL`, on PostgreSQL one statement over `jsonb_to_recordset` for everything.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import psycopg
from sqlalchemy import Table

from bot.alerts.model import Notification
from storage.tables import alert, event, incident, outbox

BATCH_ALERTS = 2000
Rows = dict[str, list[tuple[Any, ...]]]

_INTO: Sequence[tuple[Table, tuple[str, ...], str, str]] = (
    (incident, ("number",), "", "version = excluded.version, updated_at = excluded.updated_at, body = excluded.body"),
    (event, (), "", ""),
    (outbox, ("fold",), "WHERE state = 'waiting' AND attempt = 0", "upto = excluded.upto"),
    (
        alert,
        ("source", "fingerprint", "incident"),
        "",
        "firing = excluded.firing, starts_at = excluded.starts_at, ends_at = excluded.ends_at, labels = excluded.labels, "
        "annotations = excluded.annotations, name = excluded.name, summary = excluded.summary, link = excluded.link",
    ),
)


def _columns(table: Table) -> list[str]:
    return [column.name for column in table.c if not (table is outbox and column.name == "id")]


def _conflict(keys: tuple[str, ...], where: str, changed: str) -> str:
    return f"ON CONFLICT ({', '.join(keys)}) {where} DO UPDATE SET {changed}" if keys else ""


class BareInbox:
    """As much of `bot.ports.Inbox` as the alerts' way in needs."""

    def __init__(self, write: Callable[[Rows], None]) -> None:
        self._write = write
        self._numbers: dict[str, int] = {}
        self._versions: dict[int, int] = {}
        self._queue: list[tuple[Notification, asyncio.Future[None]]] = []
        self._wake = asyncio.Event()
        self._thread = ThreadPoolExecutor(1)

    async def notified(self, notification: Notification) -> None:
        waiting = asyncio.get_running_loop().create_future()
        self._queue.append((notification, waiting))
        self._wake.set()
        await waiting

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._queue:
                batch, alerts = [], 0
                while self._queue and (not batch or alerts + len(self._queue[0][0].alerts) <= BATCH_ALERTS):
                    batch.append(self._queue.pop(0))
                    alerts += len(batch[-1][0].alerts)
                await loop.run_in_executor(self._thread, self._store, [notification for notification, _ in batch])
                for _, waiting in batch:
                    waiting.set_result(None)

    def _store(self, batch: Sequence[Notification]) -> None:
        now = datetime.now(UTC).isoformat()
        groups: dict[str, int] = {}
        alerts = {}
        for notification in batch:
            number = self._numbers.setdefault(notification.group, len(self._numbers) + 1)
            groups[notification.group] = number
            for item in notification.alerts:
                ends = item.ends_at.isoformat() if item.ends_at else None
                texts = (json.dumps(item.labels), json.dumps(item.annotations), item.link)
                state = (1, int(item.firing), item.starts_at.isoformat(), ends, item.group, item.name, item.summary)
                alerts[item.fingerprint] = (item.source, item.fingerprint, number, *state, *texts)
        rows: Rows = {"incident": [], "event": [], "outbox": [], "alert": list(alerts.values())}
        for key, number in sorted(groups.items(), key=lambda pair: pair[1]):
            version = self._versions[number] = self._versions.get(number, 0) + 1
            row = (number, version, "real", "investigating", "sev1", 1, 0, key, now, now, _BODY)
            rows["incident"].append(row)
            rows["event"].append((number, version, now, now, "alerts_fired", "alerts", "alert", "", version, _BODY, ""))
            for kind in ("refresh_card", "tell"):
                head = (f"{number}.{version}.{kind}", number, f"{number}:chat", kind, 5, f"{kind}:{number}:chat")
                rows["outbox"].append((*head, version, version, "waiting", now, now, 0, "[]", '{"platform":"chat"}'))
        self._write(rows)


_BODY = json.dumps({"samples": [{"fingerprint": f"{n:016x}", "name": "VolumeLatencyHigh"} for n in range(8)]})


def sqlite_writer(file: str) -> Callable[[Rows], None]:
    connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    statements = {
        table.name: f"INSERT INTO {table.name} ({', '.join(_quoted(table))}) "
        f"VALUES ({', '.join('?' * len(_columns(table)))}) {_conflict(keys, where, changed)}"
        for table, keys, where, changed in _INTO
    }

    def write(rows: Rows) -> None:
        connection.execute("BEGIN IMMEDIATE")
        for name, values in rows.items():
            connection.executemany(statements[name], values)
        connection.execute("COMMIT")

    return write


def postgresql_writer(url: str) -> Callable[[Rows], None]:
    connection = psycopg.connect(url, autocommit=True)
    parts = []
    for table, keys, where, changed in _INTO:
        types = ", ".join(f'"{name}" {_type(table, name)}' for name in _columns(table))
        parts.append(
            f"{table.name}_in AS (INSERT INTO {table.name} ({', '.join(_quoted(table))}) "
            f"SELECT * FROM jsonb_to_recordset(%({table.name})s::jsonb) AS given({types}) "
            f"{_conflict(keys, where, changed)})"
        )
    statement = f"WITH {', '.join(parts)} SELECT 1"
    names = {table.name: _columns(table) for table, *_ in _INTO}

    def write(rows: Rows) -> None:
        given = {
            name: json.dumps([dict(zip(names[name], row, strict=True)) for row in values])
            for name, values in rows.items()
        }
        connection.execute(statement.encode(), given)

    return write


def _quoted(table: Table) -> list[str]:
    return [f'"{name}"' for name in _columns(table)]


def _type(table: Table, name: str) -> str:
    kind = str(table.c[name].type).upper()
    return "timestamptz" if kind.startswith(("DATETIME", "TIMESTAMP")) else "int" if "INT" in kind else "text"
