"""saved_drafts: posts that are not finished."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from munadi.db.types import Json, UtcDateTime

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: None = None
depends_on: None = None

_SUBMITTED = sa.text("content_id IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "saved_drafts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("brand_ref", sa.String(), nullable=False),
        sa.Column("content", Json, nullable=False),
        sa.Column("checked", Json, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content_id", sa.String(), nullable=True),
        sa.Column("checked_at", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["brand_ref"], ["brands.ref"]),
        sa.ForeignKeyConstraint(["content_id"], ["contents.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("saved_drafts_by_brand", "saved_drafts", ["brand_ref", "id"])
    op.create_index(
        "saved_drafts_submitted",
        "saved_drafts",
        ["updated_at"],
        sqlite_where=_SUBMITTED,
        postgresql_where=_SUBMITTED,
    )
