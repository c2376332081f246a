"""On call: overrides, turns within a step, the last good copies of calendars, and heartbeats; and where maintenance is found
however many incidents are open."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.tables import UtcTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    overrides = sa.table("counter", sa.column("name", sa.String), sa.column("value", sa.Integer))
    op.bulk_insert(overrides, [{"name": "override", "value": 0}])
    op.create_table(
        "override",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False, comment="a later one wins"),
        sa.Column("schedule", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False, comment="who is on call"),
        sa.Column("instead", sa.Text(), nullable=False, comment="for whom, empty: for whoever it would be"),
        sa.Column("start_at", UtcTime(), nullable=False),
        sa.Column("end_at", UtcTime(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column(
            "together", sa.Integer(), nullable=False, comment="id of the first that was made with it: a swap is two"
        ),
        sa.Column("dropped_by", sa.Text(), nullable=False, comment="empty: it stands"),
        sa.Column("dropped_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("override_end", "override", ["end_at"], unique=False)
    op.create_index(
        "event_paged",
        "event",
        ["at"],
        unique=False,
        sqlite_where=sa.text("kind = 'people_paged'"),
        postgresql_where=sa.text("kind = 'people_paged'"),
    )
    op.create_index(
        "incident_maintained",
        "incident",
        ["number"],
        unique=False,
        sqlite_where=sa.text("live = 1 AND kind = 'maintenance'"),
        postgresql_where=sa.text("live = 1 AND kind = 'maintenance'"),
    )
    op.create_table(
        "turn",
        sa.Column("step", sa.Text(), nullable=False, comment="of a policy, whose targets take turns: `platform:0`"),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("step"),
    )
    op.create_table(
        "calendar",
        sa.Column("schedule", sa.Text(), nullable=False),
        sa.Column(
            "source",
            sa.String(length=64),
            nullable=False,
            comment="digest of where it comes from: another place, another calendar",
        ),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("modified", sa.Text(), nullable=False),
        sa.Column("fetched_at", UtcTime(), nullable=False, comment="when this copy came"),
        sa.Column("checked_at", UtcTime(), nullable=False, comment="when its source last said that it is the newest"),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("schedule"),
    )
    op.create_table(
        "heartbeat",
        sa.Column("key", sa.Text(), nullable=False, comment="sender and group of alerts: each is expected by itself"),
        sa.Column("route", sa.Text(), nullable=False, comment="the conditions of the route that expects it"),
        sa.Column("source", sa.Text(), nullable=False, comment="empty: nothing was heard on this route so far"),
        sa.Column("heard_at", UtcTime(), nullable=False),
        sa.Column("silent_at", UtcTime(), nullable=True, comment="when a silence began that was told, and is not over"),
        sa.Column("labels", sa.Text(), nullable=False),
        sa.Column("annotations", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )


def downgrade() -> None:
    op.drop_index("incident_maintained", "incident")
    op.drop_index("event_paged", "event")
    op.execute("DELETE FROM counter WHERE name = 'override'")
    for name in ("heartbeat", "calendar", "turn", "override"):
        op.drop_table(name)
