"""recoveries: what an endpoint missed is sent again in steps, after what is new."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from munadi.db.types import Json, UtcDateTime

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: None = None
depends_on: None = None

_PENDING, _RUNNING = sa.text("status = 'pending'"), sa.text("status = 'running'")
_RECOVERED = sa.text("recovery_id IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "recoveries",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("endpoint_id", sa.String(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("types", Json, nullable=False),
        sa.Column("only", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("scanned_at", UtcDateTime(), nullable=True),
        sa.Column("scanned_id", sa.String(), nullable=True),
        sa.Column("is_scanned", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["endpoint_id"], ["endpoints.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_recoveries_endpoint_id", "recoveries", ["endpoint_id"])
    op.create_index("recoveries_running", "recoveries", ["id"], sqlite_where=_RUNNING, postgresql_where=_RUNNING)
    # Workers of the version before write deliveries without these columns.
    op.add_column("deliveries", sa.Column("replayed", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("deliveries", sa.Column("recovery_id", sa.String(), nullable=True))
    op.drop_index("deliveries_waiting", table_name="deliveries")
    op.create_index(
        "deliveries_waiting",
        "deliveries",
        ["endpoint_id", "replayed", "next_attempt_at"],
        sqlite_where=_PENDING,
        postgresql_where=_PENDING,
    )
    op.create_index(
        "deliveries_by_recovery",
        "deliveries",
        ["recovery_id", "status"],
        sqlite_where=_RECOVERED,
        postgresql_where=_RECOVERED,
    )
