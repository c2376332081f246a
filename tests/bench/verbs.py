"""What a typed line costs with 10 and with 100,000 incidents in the past (`--past`): it may not grow with them."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from statistics import median

import msgspec
from sqlalchemy import text

from bot.chat.document import Document
from bot.config import load
from bot.incident.model import Incident, Status
from bot.main import Klatsch
from bot.ports import Said
from storage import migrate, rows
from storage.engine import Database
from storage.tables import UtcTime, incident
from tests.bench.places import Place
from tests.bench.report import Row
from tests.bench.served import configured
from tests.bench.waiting import settled

FEW = 10
TIMES = 40
MOST = 1.2
LINES = ("status INC-{open}", "list", "note a line for INC-{open}", "sev {sev} INC-{open}", "open sev3 number {turn}")


def run(where: Place) -> list[Row]:
    return asyncio.run(_measured(where))


async def _measured(where: Place) -> list[Row]:
    lots = where.past
    async with AsyncExitStack() as stack:
        few = await stack.enter_async_context(_klatsch(where, FEW).working())
        many = await stack.enter_async_context(_klatsch(where, lots).working())
        seconds: dict[tuple[str, int], list[float]] = {}
        for klatsch, count in ((few, FEW), (many, lots)):
            await _say(klatsch, f"open sev2 incident {count + 1}")
        for turn in range(TIMES * where.rounds // 3 or 1):
            for line in LINES:
                # Whoever comes second pays for what the first one left to the disk, so they take turns.
                for klatsch, count in ((few, FEW), (many, lots))[:: 1 if turn % 2 else -1]:
                    said = line.format(open=count + 1, sev=1 + turn % 3, turn=turn)
                    begun = time.perf_counter()
                    await _say(klatsch, said)
                    seconds.setdefault((line, count), []).append(time.perf_counter() - begun)
    return [_row(where, line, seconds[line, FEW], seconds[line, lots]) for line in LINES]


def _row(where: Place, line: str, few: list[float], many: list[float]) -> Row:
    ours, bare = median(many) * 1000, median(few) * 1000
    name = where.name(f"`{line.split()[0]}` after {where.past:,} incidents")
    return Row(name, f"{ours:.1f} ms", f"{bare:.1f} ms after {FEW}", ours / bare, f"≤ {MOST}", ours / bare <= MOST)


async def _say(klatsch: Klatsch, line: str) -> Document:
    answer = await klatsch.conversation.said(Said(platform="terminal", room="", by="ana", line=line))
    if "INC-" not in answer.summary and "incident" not in answer.summary:
        raise RuntimeError(f"{line!r} was answered with {answer.summary!r}")
    return answer


def _klatsch(where: Place, past: int) -> Klatsch:
    klatsch = Klatsch(load(configured(where.database(), 1, where.scratch()), {}), platforms={})
    _fill(klatsch.database, past)
    return klatsch


def _fill(database: Database, past: int) -> None:
    """`past` closed incidents with four events, two alerts and three effects each, by a handful of statements."""
    migrate.upgrade(database)
    then = datetime.now(UTC) - timedelta(days=30)
    closed = Incident(0, then, version=4, status=Status.CLOSED, title="Volumes were slow", service="storage")
    columns = dict(rows.incident_row(closed, then))
    # Its number is the first key of the body and the only thing that differs.
    body = msgspec.json.encode(closed).decode().removeprefix('{"number":0')
    columns.pop("number")
    columns.pop("body")
    numbers = (
        "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < :past)"
        if database.sqlite
        else "WITH n(n) AS (SELECT generate_series(1, :past))"
    )
    few = "(VALUES (1), (2), (3), (4))"
    names, marks = ", ".join(columns), ", ".join(f":{name}" for name in columns)
    statements = (
        f"INSERT INTO incident (number, body, {names}) {numbers} SELECT n, '{{\"number\":' || n || :rest, {marks} FROM n",
        'INSERT INTO event (incident, seq, at, recorded_at, kind, "by", source, source_ref, command, body) '
        f"{numbers} SELECT n, seq.column1, :opened_at, :opened_at, 'noted', 'ana', 'command', '', seq.column1, "
        f'\'{{"mark":"note","text":"it was slow"}}\' FROM n, {few} AS seq',
        "INSERT INTO alert (source, fingerprint, incident, latest, firing, starts_at, sender_group, name, summary, "
        f"labels, annotations, link) {numbers} SELECT 'bench', n || ':' || two.column1, n, 1, 0, :opened_at, '', "
        f"'VolumeLatencyHigh', '', '{{}}', '{{}}', '' FROM n, (VALUES (1), (2)) AS two",
        'INSERT INTO outbox ("key", incident, lane, kind, urgency, since, upto, state, due_at, first_at, attempt, errors, '
        f"body) {numbers} SELECT n || '.' || three.column1, n, n || '\\:console', 'set_topic', 5, 1, 1, 'done', :opened_at, "
        f":opened_at, 1, '[]', '{{\"platform\":\"console\"}}' FROM n, (VALUES (1), (2), (3)) AS three",
        "UPDATE counter SET value = :past WHERE name = 'incident'",
    )
    times = [name for name in columns if isinstance(incident.c[name].type, UtcTime)]
    # Not by `write`: it would cut the line to a database that takes so long.
    with database.engine.begin() as connection:
        for statement in statements:
            given = {"past": past, "rest": body, **columns}
            used = {name: value for name, value in given.items() if f":{name}" in statement}
            typed = text(statement)
            for name in times:
                if name in used:
                    used[name] = UtcTime().process_bind_param(used[name], connection.dialect)
                    if database.sqlite:
                        used[name] = f"{used[name]:%Y-%m-%d %H:%M:%S.%f}"
            connection.execute(typed, used)
    settled(database)
