"""What the chat adapters know again after a restart."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.tables import UtcTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "memory",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False, comment="when it was last kept"),
        sa.PrimaryKeyConstraint("platform", "key"),
    )
    op.create_index("memory_at", "memory", ["platform", "at"], unique=False)


def downgrade() -> None:
    op.drop_table("memory")
