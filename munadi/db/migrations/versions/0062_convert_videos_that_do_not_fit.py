"""Convert videos that do not fit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from munadi.db.types import Json, UtcDateTime

revision: str = "0062"
down_revision: str | None = "0061"
# Code of before it reads no draft that newer code stores: files have more facts, and it would send the file itself.
oldest_code: str = "0062"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    op.create_table(
        "conversions",
        sa.Column("media_id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("recipe", Json, nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("is_long", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("holder", sa.String(), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("failure", sa.String(), nullable=True),
        sa.Column("needed_at", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("media_id", "key"),
    )
    op.create_index(
        "conversions_to_do",
        "conversions",
        ["is_long", "needed_at"],
        unique=False,
        sqlite_where=sa.text("status <> 'failed'"),
        postgresql_where=sa.text("status <> 'failed'"),
    )
    op.add_column("brands", sa.Column("fit", sa.String(), server_default="refuse", nullable=False))
    op.add_column("media", sa.Column("rendition_of", sa.String(), nullable=True))
    op.add_column("media", sa.Column("rendition_key", sa.String(), nullable=True))
    op.add_column("publications", sa.Column("renditions", Json, nullable=True))
