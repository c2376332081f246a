"""The weekly digest and the lean coffee: what a week's digest is made of is found however long the past is, and topics are kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.tables import UtcTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TOLD = (
    "kind IN ('incident_opened', 'status_changed', 'merged_into', 'noted', 'retracted', 'message_edited', 'message_removed',"
    " 'follow_up_added', 'follow_up_changed', 'postmortem_drafted', 'postmortem_assigned', 'postmortem_written')"
)


def upgrade() -> None:
    counters = sa.table("counter", sa.column("name", sa.String), sa.column("value", sa.Integer))
    op.bulk_insert(counters, [{"name": "topic", "value": 0}, {"name": "coffee", "value": 0}])
    op.add_column(
        "incident",
        sa.Column(
            "owing", sa.SmallInteger(), server_default="0", nullable=False, comment="1: it may have open follow-ups"
        ),
    )
    # Whoever has any may have open ones: written anew, each says so exactly.
    op.execute("UPDATE incident SET owing = 1 WHERE body LIKE '%\"followups\":[{%'")
    _partial("incident_owing", "incident", "number", "owing = 1")
    _partial("incident_drill", "incident", "number", "kind = 'drill'")
    _partial("event_told", "event", "recorded_at", TOLD)
    op.create_table(
        "topic",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="where it comes from: `7:12` is event 12 of INC-7"),
        sa.Column("state", sa.String(length=12), nullable=False, comment="open, discussed, dropped"),
        sa.Column("coffee", sa.Integer(), nullable=False, comment="at which it was discussed, 0: at none"),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index("topic_coffee", "topic", ["coffee"], unique=False)
    _partial("topic_open", "topic", "id", "state = 'open'")
    op.create_table(
        "coffee",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("starts_at", UtcTime(), nullable=False, comment="of a planned one; of another when it began"),
        sa.Column("live", sa.SmallInteger(), nullable=False, comment="1 until it is over or skipped"),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("starts_at"),
    )
    _partial("coffee_live", "coffee", "number", "live = 1")


def _partial(name: str, table: str, column: str, where: str) -> None:
    op.create_index(name, table, [column], unique=False, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def downgrade() -> None:
    op.drop_table("coffee")
    op.drop_table("topic")
    op.drop_index("event_told", "event")
    op.drop_index("incident_drill", "incident")
    op.drop_index("incident_owing", "incident")
    op.drop_column("incident", "owing")
    op.execute("DELETE FROM counter WHERE name IN ('topic', 'coffee')")
