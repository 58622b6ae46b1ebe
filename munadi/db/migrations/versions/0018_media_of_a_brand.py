"""media of a brand, in pages."""

from __future__ import annotations

from alembic import op

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    op.create_index("media_by_brand", "media", ["brand_ref", "id"])
    op.drop_index("ix_media_brand_ref", table_name="media")
