"""Let brands be for tests: their accounts are the sandbox's, and their events say so."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0056"
down_revision: str | None = "0055"
# Older code does not know that an account is a test brand's, and would call the network for it.
oldest_code: str = "0056"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_test", sa.Boolean(), nullable=True))

    with op.batch_alter_table("brands", schema=None) as batch_op:
        batch_op.add_column(sa.Column("mode", sa.String(), server_default="live", nullable=False))

    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_test", sa.Boolean(), nullable=True))
