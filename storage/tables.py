"""Every table, in one place. Columns only for what is looked for; the rest is the body, JSON by `storage.codec`.

The conditions of the partial indexes (`storage.indexes`) are text and used as the same text: SQLite takes such an index only
when the words agree.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    text,
)
from sqlalchemy.types import TypeDecorator

metadata = MetaData()


class UtcTime(TypeDecorator[datetime]):
    """An instant. `timestamptz` on PostgreSQL; on SQLite the same in UTC, as text that sorts."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


LIVE = text("live = 1")
MAINTAINED = text("live = 1 AND kind = 'maintenance'")
LATEST = text("latest = 1")
WAITING = text("state = 'waiting'")
PAGED = text("kind = 'people_paged'")
FOLDABLE = text("state = 'waiting' AND attempt = 0")
TOLD = text(
    "kind IN ('incident_opened', 'status_changed', 'merged_into', 'noted', 'retracted', 'message_edited', 'message_removed',"
    " 'follow_up_added', 'follow_up_changed', 'postmortem_drafted', 'postmortem_assigned', 'postmortem_written')"
)
OWING = text("owing = 1")
DRILL = text("kind = 'drill'")
OPEN_TOPIC = text("state = 'open'")
LIVE_COFFEE = text("live = 1")

incident = Table(
    "incident",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("status", String(20), nullable=False),
    Column("severity", String(8), nullable=False),
    Column("live", SmallInteger, nullable=False, comment="1 while in triage or active"),
    Column("private", SmallInteger, nullable=False),
    Column("title", Text, nullable=False),
    Column("opened_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("body", Text, nullable=False),
    # With a default of the database's own: the release before inserts rows without it.
    Column("owing", SmallInteger, nullable=False, server_default="0", comment="1: it may have open follow-ups"),
)

alert_group = Table(
    "alert_group",
    metadata,
    Column("key", Text, primary_key=True, comment="alerts of this group belong to that live incident"),
    Column("incident", Integer, nullable=False),
    Index("alert_group_incident", "incident"),
)

event = Table(
    "event",
    metadata,
    Column("incident", Integer, primary_key=True, autoincrement=False),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcTime, nullable=False, comment="when it happened"),
    Column("recorded_at", UtcTime, nullable=False, comment="when it was said"),
    Column("kind", String(40), nullable=False),
    Column("by", Text, nullable=False),
    Column("source", String(20), nullable=False),
    Column("source_ref", Text, nullable=False),
    Column("command", Integer, nullable=False, comment="seq of the first event of the same command"),
    Column("body", Text, nullable=False),
    # With a default of the database's own: the release before inserts rows without it.
    Column("source_link", Text, nullable=False, server_default=""),
)

alert = Table(
    "alert",
    metadata,
    Column("source", Text, primary_key=True),
    Column("fingerprint", Text, primary_key=True),
    Column("incident", Integer, primary_key=True, autoincrement=False, comment="0: no route wanted it"),
    Column("latest", SmallInteger, nullable=False, comment="1: the row that the next notification is compared with"),
    Column("firing", SmallInteger, nullable=False),
    Column("starts_at", UtcTime, nullable=False),
    Column("ends_at", UtcTime),
    Column("sender_group", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("labels", Text, nullable=False),
    Column("annotations", Text, nullable=False),
    Column("link", Text, nullable=False),
    Index("alert_incident", "incident"),
)

outbox = Table(
    "outbox",
    metadata,
    # Never given twice: AUTOINCREMENT on SQLite, as its migration says.
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("key", Text, nullable=False, unique=True, comment="idempotency key, for ever"),
    Column("incident", Integer, nullable=False),
    Column("lane", Text, nullable=False, comment="incident and provider: in order inside"),
    Column("kind", String(40), nullable=False),
    Column("urgency", SmallInteger, nullable=False),
    Column("fold", Text, comment="rows nobody has begun with the same fold are one"),
    Column("since", Integer, nullable=False),
    Column("upto", Integer, nullable=False),
    Column("state", String(12), nullable=False, comment="waiting, done, failed, cancelled"),
    Column("due_at", UtcTime, nullable=False, comment="not before; a claim moves it ahead, that is the lease"),
    Column("first_at", UtcTime, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("errors", Text, nullable=False),
    Column("body", Text, nullable=False),
)

inbox = Table(
    "inbox",
    metadata,
    Column("key", Text, primary_key=True, comment="an inbound message's own id: handled once"),
    Column("at", UtcTime, nullable=False),
)

room = Table(
    "room",
    metadata,
    Column("platform", Text, primary_key=True),
    Column("room", Text, primary_key=True),
    Column("incident", Integer, nullable=False),
)

counter = Table(
    "counter",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("value", Integer, nullable=False),
)

setting = Table(
    "setting",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", Text, nullable=False),
)

memory = Table(
    "memory",
    metadata,
    Column("platform", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("at", UtcTime, nullable=False, comment="when it was last kept"),
    Index("memory_at", "platform", "at"),
)

file = Table(
    "file",
    metadata,
    Column("incident", Integer, primary_key=True, autoincrement=False),
    Column("message", Text, primary_key=True),
    Column("number", SmallInteger, primary_key=True, autoincrement=False, comment="which of the message's files"),
    Column("size", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("at", UtcTime, nullable=False, comment="when it was kept"),
    # The last one: what stands before it is read without it.
    Column("content", LargeBinary, nullable=False),
)

override = Table(
    "override",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False, comment="a later one wins"),
    Column("schedule", Text, nullable=False),
    Column("person", Text, nullable=False, comment="who is on call"),
    Column("instead", Text, nullable=False, comment="for whom, empty: for whoever it would be"),
    Column("start_at", UtcTime, nullable=False),
    Column("end_at", UtcTime, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("together", Integer, nullable=False, comment="id of the first that was made with it: a swap is two"),
    Column("dropped_by", Text, nullable=False, comment="empty: it stands"),
    Column("dropped_at", UtcTime),
    Index("override_end", "end_at"),
)

turn = Table(
    "turn",
    metadata,
    Column("step", Text, primary_key=True, comment="of a policy, whose targets take turns: `platform:0`"),
    Column("taken", Integer, nullable=False),
)

calendar = Table(
    "calendar",
    metadata,
    Column("schedule", Text, primary_key=True),
    Column(
        "source", String(64), nullable=False, comment="digest of where it comes from: another place, another calendar"
    ),
    Column("etag", Text, nullable=False),
    Column("modified", Text, nullable=False),
    Column("fetched_at", UtcTime, nullable=False, comment="when this copy came"),
    Column("checked_at", UtcTime, nullable=False, comment="when its source last said that it is the newest"),
    # The last one: what stands before it is read without it.
    Column("body", LargeBinary, nullable=False),
)

heartbeat = Table(
    "heartbeat",
    metadata,
    Column("key", Text, primary_key=True, comment="sender and group of alerts: each is expected by itself"),
    Column("route", Text, nullable=False, comment="the conditions of the route that expects it"),
    Column("source", Text, nullable=False, comment="empty: nothing was heard on this route so far"),
    Column("heard_at", UtcTime, nullable=False),
    Column("silent_at", UtcTime, comment="when a silence began that was told, and is not over"),
    Column("labels", Text, nullable=False),
    Column("annotations", Text, nullable=False),
)

topic = Table(
    "topic",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False, unique=True, comment="where it comes from: `7:12` is event 12 of INC-7"),
    Column("state", String(12), nullable=False, comment="open, discussed, dropped"),
    Column("coffee", Integer, nullable=False, comment="at which it was discussed, 0: at none"),
    Column("body", Text, nullable=False),
    Index("topic_coffee", "coffee"),
)

coffee = Table(
    "coffee",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("starts_at", UtcTime, nullable=False, unique=True, comment="of a planned one; of another when it began"),
    Column("live", SmallInteger, nullable=False, comment="1 until it is over or skipped"),
    Column("body", Text, nullable=False),
)
