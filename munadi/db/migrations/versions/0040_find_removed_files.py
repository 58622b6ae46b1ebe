"""Find the rows of removed files by an index."""

from __future__ import annotations

from munadi.db.migrations.indexes import build_index

revision: str = "0040"
down_revision: str | None = "0039"
# Code of before fails to read the links and alt texts of edits.
oldest_code: str = "0040"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    build_index("media_removed", "media", ["removed_at"], "removed_at IS NOT NULL")
