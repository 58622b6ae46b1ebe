"""keeping accounts connected: when a token is to be renewed, and how the account fares."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from munadi.db.types import Json, UtcDateTime

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("grant_expires_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("granted_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("renewed_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("keep_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("last_success_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("last_failure", Json, nullable=True))
        batch_op.create_index(
            "accounts_to_keep",
            ["keep_at"],
            unique=False,
            sqlite_where=sa.text("keep_at IS NOT NULL"),
            postgresql_where=sa.text("keep_at IS NOT NULL"),
        )
    # Accounts that are connected already get their keepers, from the relay.
    op.execute("UPDATE accounts SET granted_at = created_at")
    op.execute("UPDATE accounts SET keep_at = updated_at WHERE deleted_at IS NULL")
