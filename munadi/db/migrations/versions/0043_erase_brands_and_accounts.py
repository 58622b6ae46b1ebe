"""Erase brands and accounts: the erasures, and the brands that are being erased."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from munadi.db.types import Json, UtcDateTime

revision: str = "0043"
down_revision: str | None = "0042"
branch_labels: None = None
depends_on: None = None
oldest_code: str = "0040"


def upgrade() -> None:
    op.create_table(
        "erasures",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("brand_ref", sa.String(), nullable=True),
        sa.Column("account_id", sa.String(), nullable=True),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("counts", Json, nullable=False),
        sa.Column("workflows", Json, nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("waits_for", sa.String(), nullable=True),
        sa.Column("requested_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("erasures_by_brand", "erasures", ["brand_ref"], unique=False)
    op.create_index(
        "erasures_by_code",
        "erasures",
        ["code"],
        unique=False,
        sqlite_where=sa.text("code IS NOT NULL"),
        postgresql_where=sa.text("code IS NOT NULL"),
    )
    op.create_index(
        "erasures_running",
        "erasures",
        ["id"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )

    with op.batch_alter_table("brands", schema=None) as batch_op:
        batch_op.add_column(sa.Column("erasing_at", UtcDateTime(), nullable=True))
