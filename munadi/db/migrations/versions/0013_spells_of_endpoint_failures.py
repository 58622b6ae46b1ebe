"""spells of endpoint failures: how many in a row, since when, and what of it was reported."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from munadi.db.types import UtcDateTime

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    op.add_column("endpoints", sa.Column("failures", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("endpoints", sa.Column("last_failure_at", UtcDateTime(), nullable=True))
    op.add_column("endpoints", sa.Column("failing_notified_at", UtcDateTime(), nullable=True))
    op.add_column("endpoints", sa.Column("exhausted_notified_at", UtcDateTime(), nullable=True))
