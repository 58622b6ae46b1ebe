"""Repeat posts by a rule."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from munadi.db.types import Json, UtcDateTime

revision: str = "0065"
down_revision: str | None = "0064"
# A new table, and columns that code of before leaves as they are.
oldest_code: str = "0062"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    op.create_table(
        "series",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("brand_ref", sa.String(), nullable=False),
        sa.Column("rrule", sa.String(), nullable=False),
        sa.Column("start", sa.String(), nullable=False),
        sa.Column("timezone", sa.String(), nullable=False),
        sa.Column("content", Json, nullable=False),
        sa.Column("variants", Json, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_through", sa.Date(), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=True),
        sa.Column("missed", sa.Integer(), nullable=False),
        sa.Column("problems", Json, nullable=False),
        sa.Column("created_by_key", sa.String(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ended_as", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["brand_ref"], ["brands.ref"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("series_of_brand", "series", ["brand_ref", "id"], unique=False)
    op.create_index(
        "series_to_make",
        "series",
        ["next_at"],
        unique=False,
        sqlite_where=sa.text("next_at IS NOT NULL"),
        postgresql_where=sa.text("next_at IS NOT NULL"),
    )

    with op.batch_alter_table("contents", schema=None) as batch_op:
        batch_op.add_column(sa.Column("series_id", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("occurrence", sa.Date(), nullable=True))
