"""The partial indexes: `metadata` from here has them, and so is the whole schema.

They stand apart from the tables because to name one is to import the dialects of both databases, a tenth of the start of a
bot that uses one of them. Only the migrations make indexes; a test holds the two against each other.
"""

from __future__ import annotations

from sqlalchemy import Index, Table, TextClause

from storage.public import UNRESOLVED, public_incident
from storage.tables import (
    DRILL,
    FOLDABLE,
    LATEST,
    LIVE,
    LIVE_COFFEE,
    MAINTAINED,
    OPEN_TOPIC,
    OWING,
    PAGED,
    TOLD,
    WAITING,
    alert,
    coffee,
    event,
    incident,
    metadata,
    outbox,
    topic,
)

__all__ = ["PARTIAL", "metadata"]


def _partial(name: str, table: Table, where: TextClause, *columns: str, unique: bool = False) -> Index:
    of = [table.c[column] for column in columns]
    return Index(name, *of, unique=unique, sqlite_where=where, postgresql_where=where)


PARTIAL = (
    # By number alone: the newest open ones are read from it in order, and what is live is few.
    _partial("incident_live", incident, LIVE, "number"),
    _partial("incident_maintained", incident, MAINTAINED, "number"),
    _partial("alert_latest", alert, LATEST, "source", "fingerprint", unique=True),
    # The group first: where both begin with the source, PostgreSQL without statistics takes this one for the other.
    _partial("alert_sender_group", alert, LATEST, "sender_group", "source"),
    _partial("event_paged", event, PAGED, "at"),
    _partial("event_told", event, TOLD, "recorded_at"),
    _partial("incident_owing", incident, OWING, "number"),
    _partial("incident_drill", incident, DRILL, "number"),
    _partial("topic_open", topic, OPEN_TOPIC, "id"),
    _partial("coffee_live", coffee, LIVE_COFFEE, "number"),
    _partial("outbox_due", outbox, WAITING, "urgency", "due_at", "id"),
    _partial("outbox_lane", outbox, WAITING, "lane", "id"),
    _partial("outbox_incident", outbox, WAITING, "incident", "kind"),
    _partial("outbox_fold", outbox, FOLDABLE, "fold", unique=True),
    _partial("public_incident_unresolved", public_incident, UNRESOLVED, "page", "began_at", "ref"),
)
