"""The signals that are expected. Rows are few (`bot.alerts.heartbeat.MOST` a sender), and written inside the folding lock."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, delete, select

from bot.alerts.heartbeat import Signal
from storage import bulk, codec
from storage.tables import heartbeat

CHANGES = tuple(column.name for column in heartbeat.c if column.name != "key")
CHUNK = 500
"""Values in one IN list."""


def signals(connection: Connection, keys: Collection[str] | None = None) -> list[Signal]:
    """Those with these keys; None: all."""
    if keys is None:
        found = [*connection.execute(select(heartbeat))]
    else:
        listed = sorted(keys)
        parts = [listed[start : start + CHUNK] for start in range(0, len(listed), CHUNK)]
        found = [
            row for part in parts for row in connection.execute(select(heartbeat).where(heartbeat.c.key.in_(part)))
        ]
    return [
        Signal(
            key=row.key,
            route=row.route,
            source=row.source,
            heard_at=row.heard_at,
            silent_at=row.silent_at,
            labels=codec.load_labels(row.labels),
            annotations=codec.load_labels(row.annotations),
        )
        for row in found
    ]


def keep(connection: Connection, kept: Sequence[Signal], gone: Collection[str]) -> None:
    """Store `kept` in place of what there was of them, and forget those with the keys `gone`."""
    if gone:
        connection.execute(delete(heartbeat).where(heartbeat.c.key.in_(sorted(gone))))
    values = [
        {
            "key": signal.key,
            "route": signal.route,
            "source": signal.source,
            "heard_at": signal.heard_at,
            "silent_at": signal.silent_at,
            "labels": codec.dump(signal.labels),
            "annotations": codec.dump(signal.annotations),
        }
        for signal in kept
    ]
    bulk.insert(connection, heartbeat, values, keys=("key",), changed=CHANGES)
