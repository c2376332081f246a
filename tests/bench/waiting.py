"""An outbox full of effects that have nothing to do with each other: `lanes` incidents, each with its room."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import text

from bot.incident import effects as f
from bot.incident.model import Incident, Room
from bot.incident.outgoing import Outgoing
from storage import bulk, migrate, rows
from storage.engine import Database
from storage.tables import counter, incident, outbox


def fill(database: Database, lanes: int, effects: int) -> None:
    """`effects` topics to set, spread over `lanes`."""
    migrate.upgrade(database)
    at = datetime.now(UTC)
    incidents = [
        Incident(
            number, at, version=1, title=f"Volumes in az{number} are slow", rooms={"console": Room(f"inc-{number}")}
        )
        for number in range(1, lanes + 1)
    ]
    waiting = []
    for place in range(effects):
        number = place % lanes + 1
        effect = f.SetTopic("console")
        key, lane = f"{number}.bench.{place}", f"{number}:console"
        waiting.append(Outgoing(key, number, lane, effect, since=1, upto=1))
    with database.write() as connection:
        bulk.insert(connection, incident, [rows.incident_row(item, at) for item in incidents])
        bulk.insert(connection, outbox, [rows.effect_row(item, at) for item in waiting])
        connection.execute(counter.update().values(value=lanes))
    settled(database)


def settled(database: Database) -> None:
    """What the database's own housekeeping does within its first minute."""
    with database.write() as connection:
        connection.execute(text("ANALYZE"))
