"""Pause the calls of an app."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from munadi.db.types import UtcDateTime

revision: str = "0044"
down_revision: str | None = "0043"
# The oldest revision whose code may run on this one: that of the revision before, or this one (docs/decisions/047).
oldest_code: str = "0040"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    op.create_table(
        "app_pauses",
        sa.Column("app", sa.String(), nullable=False),
        sa.Column("calls", sa.String(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("app", "calls"),
    )
