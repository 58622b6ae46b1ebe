"""who did what: the audit log, sessions that end at the server, and what endpoints of which key hear."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from munadi.db.types import UtcDateTime

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=True),
        sa.Column("brand_ref", sa.String(), nullable=True),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=True),
        sa.Column("request_id", sa.String(), nullable=True),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("audit_by_age", "audit", ["at"])
    op.create_index("audit_by_brand", "audit", ["brand_ref", "id"])
    op.create_index("audit_by_key", "audit", ["key_id", "id"])
    op.create_index("audit_by_target", "audit", ["target", "id"])
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["key_id"], ["api_keys.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("sessions_by_end", "sessions", ["ends_at"])
    # Endpoints that there are already stay as they are: full, and made by a key that is not known.
    op.add_column("endpoints", sa.Column("payload", sa.String(), nullable=False, server_default="full"))
    op.add_column("endpoints", sa.Column("created_by_key", sa.String(), nullable=True))
