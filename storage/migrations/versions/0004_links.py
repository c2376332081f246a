"""The link that opens the message in chat an event came of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # No row is written again: both databases keep the default beside the table.
    op.add_column("event", sa.Column("source_link", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("event", "source_link")
