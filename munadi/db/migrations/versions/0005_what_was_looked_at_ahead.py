"""what was looked at ahead."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from munadi.db.types import UtcDateTime

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    with op.batch_alter_table("contents", schema=None) as batch_op:
        batch_op.add_column(sa.Column("preflight_draft", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("preflight_for", UtcDateTime(), nullable=True))
