"""Find renditions by their files and keys."""

from __future__ import annotations

from munadi.db.migrations.indexes import build_index

revision: str = "0063"
down_revision: str | None = "0062"
oldest_code: str = "0062"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    build_index("media_renditions", "media", ["rendition_of"], where="rendition_of IS NOT NULL AND deleted_at IS NULL")
    build_index("media_by_rendition_key", "media", ["rendition_key"], where="rendition_key IS NOT NULL")
