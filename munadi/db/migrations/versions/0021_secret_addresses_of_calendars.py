"""secret addresses of calendars."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from munadi.db.types import UtcDateTime

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    op.create_table(
        "calendar_feeds",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("brand_ref", sa.String(), nullable=False),
        sa.Column("secret_hash", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["brand_ref"], ["brands.ref"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("secret_hash", name="calendar_feeds_one_per_secret"),
    )
    op.create_index(op.f("ix_calendar_feeds_brand_ref"), "calendar_feeds", ["brand_ref"])
