"""endpoint lanes: one process at a time sends to an endpoint, and a failing endpoint gets probes only."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from munadi.db.types import UtcDateTime

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: None = None
depends_on: None = None

_PENDING = sa.text("status = 'pending'")


def upgrade() -> None:
    op.create_table(
        "endpoint_lanes",
        sa.Column("endpoint_id", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=True),
        sa.Column("leased_until", UtcDateTime(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("retry_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["endpoint_id"], ["endpoints.id"]),
        sa.PrimaryKeyConstraint("endpoint_id"),
    )
    # A replay reads a range of time.
    op.create_index("events_by_time", "events", ["created_at"])
    # What is due is looked up per endpoint now, never over all of them.
    op.drop_index("deliveries_due", table_name="deliveries")
    op.create_index(
        "deliveries_waiting",
        "deliveries",
        ["endpoint_id", "next_attempt_at"],
        sqlite_where=_PENDING,
        postgresql_where=_PENDING,
    )
