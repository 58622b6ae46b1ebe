"""Approve posts before they are published. Older code would publish what an edit made of an approved post."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from munadi.db.types import Json

revision: str = "0047"
down_revision: str | None = "0046"
# Older code does not read the approval, nor know the hold and the failure that go with it.
oldest_code: str = "0047"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    with op.batch_alter_table("brands", schema=None) as batch_op:
        batch_op.add_column(sa.Column("approval", sa.String(), server_default="proposals", nullable=False))

    with op.batch_alter_table("contents", schema=None) as batch_op:
        batch_op.add_column(sa.Column("approval", Json, nullable=True))
        batch_op.add_column(sa.Column("approved_draft", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("proposed_as", sa.String(), nullable=True))
