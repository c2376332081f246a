"""What drills ask of the past: what one replays, and which ones replayed an incident."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, or_, select

from bot.incident import events as e
from bot.incident.drilling import MOST_TOGETHER, comes_again
from bot.incident.events import KINDS, Recorded
from storage import rows
from storage.tables import DRILL, event, incident

REPLAYED = tuple(KINDS[kind] for kind in (e.IncidentOpened, e.AlertsFired, e.AlertsCleared, e.AlertsLeft, e.Absorbed))
"""Kinds of events that a drill replays, and where they begin."""

MOST_REPLAYED = 20_000
"""Events of alerts: those of any storm, which tells of a burst at a time."""


def script(connection: Connection, number: int, since: int) -> list[Recorded]:
    """As `bot.store.Transaction.script`."""
    wanted = select(event).where(event.c.incident == number, event.c.kind.in_(REPLAYED)).order_by(event.c.seq)
    limit = MOST_TOGETHER + 1 if since else MOST_REPLAYED
    found: list[Recorded] = []
    while True:
        page = connection.execute(wanted.where(event.c.seq >= since).limit(limit)).all()
        read = [rows.recorded(row) for row in page]
        found += [one for one in read if not since or comes_again(one.event)]
        # Behind a page of merged incidents that had no alerts there may be more.
        if not since or len(page) < limit or len(found) >= limit:
            return found[:limit]
        since = read[-1].seq + 1


def drills_of(connection: Connection, numbers: Collection[int]) -> set[int]:
    """As `bot.store.Transaction.drills_of`. Drills are few, and have an index of their own."""
    # As `storage.codec` writes it. In a text of somebody's the quotes would be escaped.
    replays = or_(*(incident.c.body.contains(f'"replay":{{"of":{number},') for number in sorted(numbers)))
    return {*connection.execute(select(incident.c.number).where(DRILL, replays)).scalars()}
