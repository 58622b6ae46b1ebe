"""Send alerts to people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from munadi.db.types import Json, UtcDateTime

revision: str = "0055"
down_revision: str | None = "0054"
branch_labels: None = None
depends_on: None = None
# Older code erases no brand that has alerts; it tries again until newer code does.
oldest_code: str = "0047"


def upgrade() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("brand_ref", sa.String(), nullable=True),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("shown", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("types", Json, nullable=False),
        sa.Column("quiet_hours", Json, nullable=True),
        sa.Column("digest", sa.String(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("knows_overdue", sa.Boolean(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", UtcDateTime(), nullable=True),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.Column("last_sent_at", UtcDateTime(), nullable=True),
        sa.Column("created_by_key", sa.String(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_ref"],
            ["brands.ref"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("alerts_of_brand", "alerts", ["brand_ref"], unique=False)
