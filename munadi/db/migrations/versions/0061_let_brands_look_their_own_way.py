"""Let brands look their own way on the pages for owners and reviewers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from munadi.db.types import UtcDateTime

revision: str = "0061"
down_revision: str | None = "0060"
branch_labels: None = None
depends_on: None = None
# A worker of before it cannot end the erasure of a brand that has such a row; one of this version does.
oldest_code: str = "0059"


def upgrade() -> None:
    op.create_table(
        "brandings",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("brand_ref", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("logo_media_id", sa.String(), nullable=True),
        sa.Column("colour", sa.String(), nullable=True),
        sa.Column("support_url", sa.String(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["brand_ref"], ["brands.ref"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("brand_ref"),
    )
