"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.tables import UtcTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alert",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("incident", sa.Integer(), autoincrement=False, nullable=False, comment="0: no route wanted it"),
        sa.Column(
            "latest",
            sa.SmallInteger(),
            nullable=False,
            comment="1: the row that the next notification is compared with",
        ),
        sa.Column("firing", sa.SmallInteger(), nullable=False),
        sa.Column("starts_at", UtcTime(), nullable=False),
        sa.Column("ends_at", UtcTime(), nullable=True),
        sa.Column("sender_group", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("labels", sa.Text(), nullable=False),
        sa.Column("annotations", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", "fingerprint", "incident"),
    )
    op.create_index("alert_incident", "alert", ["incident"], unique=False)
    op.create_index(
        "alert_latest",
        "alert",
        ["source", "fingerprint"],
        unique=True,
        sqlite_where=sa.text("latest = 1"),
        postgresql_where=sa.text("latest = 1"),
    )
    op.create_index(
        "alert_sender_group",
        "alert",
        ["sender_group", "source"],
        unique=False,
        sqlite_where=sa.text("latest = 1"),
        postgresql_where=sa.text("latest = 1"),
    )
    op.create_table(
        "alert_group",
        sa.Column("key", sa.Text(), nullable=False, comment="alerts of this group belong to that live incident"),
        sa.Column("incident", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("alert_group_incident", "alert_group", ["incident"], unique=False)
    op.create_table(
        "counter",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "event",
        sa.Column("incident", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", UtcTime(), nullable=False, comment="when it happened"),
        sa.Column("recorded_at", UtcTime(), nullable=False, comment="when it was said"),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("source_ref", sa.Text(), nullable=False),
        sa.Column("command", sa.Integer(), nullable=False, comment="seq of the first event of the same command"),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("incident", "seq"),
    )
    op.create_table(
        "inbox",
        sa.Column("key", sa.Text(), nullable=False, comment="an inbound message's own id: handled once"),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "incident",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("severity", sa.String(length=8), nullable=False),
        sa.Column("live", sa.SmallInteger(), nullable=False, comment="1 while in triage or active"),
        sa.Column("private", sa.SmallInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("opened_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index(
        "incident_live",
        "incident",
        ["number"],
        unique=False,
        sqlite_where=sa.text("live = 1"),
        postgresql_where=sa.text("live = 1"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="idempotency key, for ever"),
        sa.Column("incident", sa.Integer(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False, comment="incident and provider: in order inside"),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("urgency", sa.SmallInteger(), nullable=False),
        sa.Column("fold", sa.Text(), nullable=True, comment="rows nobody has begun with the same fold are one"),
        sa.Column("since", sa.Integer(), nullable=False),
        sa.Column("upto", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False, comment="waiting, done, failed, cancelled"),
        sa.Column("due_at", UtcTime(), nullable=False, comment="not before; a claim moves it ahead, that is the lease"),
        sa.Column("first_at", UtcTime(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("errors", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "outbox_due",
        "outbox",
        ["urgency", "due_at", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "outbox_fold",
        "outbox",
        ["fold"],
        unique=True,
        sqlite_where=sa.text("state = 'waiting' AND attempt = 0"),
        postgresql_where=sa.text("state = 'waiting' AND attempt = 0"),
    )
    op.create_index(
        "outbox_incident",
        "outbox",
        ["incident", "kind"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "outbox_lane",
        "outbox",
        ["lane", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "public_component",
        sa.Column("page", sa.String(length=64), nullable=False),
        sa.Column("component", sa.String(length=128), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("page", "component"),
    )
    op.create_table(
        "public_incident",
        sa.Column("page", sa.String(length=64), nullable=False),
        sa.Column("ref", sa.String(length=32), nullable=False),
        sa.Column("began_at", UtcTime(), nullable=False, comment="when its first post was"),
        sa.Column("latest", sa.Integer(), nullable=False, comment="number of its last post"),
        sa.Column("unresolved", sa.SmallInteger(), nullable=False, comment="1 until its last post says resolved"),
        sa.PrimaryKeyConstraint("page", "ref"),
    )
    op.create_index("public_incident_began", "public_incident", ["page", "began_at", "ref"], unique=False)
    op.create_index(
        "public_incident_unresolved",
        "public_incident",
        ["page", "began_at", "ref"],
        unique=False,
        sqlite_where=sa.text("unresolved = 1"),
        postgresql_where=sa.text("unresolved = 1"),
    )
    op.create_table(
        "public_post",
        sa.Column("page", sa.String(length=64), nullable=False),
        sa.Column("ref", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("components", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("page", "ref", "number"),
    )
    op.create_table(
        "room",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("room", sa.Text(), nullable=False),
        sa.Column("incident", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("platform", "room"),
    )
    op.create_table(
        "setting",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.execute("INSERT INTO counter (name, value) VALUES ('incident', 0)")


def downgrade() -> None:
    op.drop_table("setting")
    op.drop_table("room")
    op.drop_table("public_post")
    op.drop_table("public_incident")
    op.drop_table("public_component")
    op.drop_table("outbox")
    op.drop_table("incident")
    op.drop_table("inbox")
    op.drop_table("event")
    op.drop_table("counter")
    op.drop_table("alert_group")
    op.drop_table("alert")
