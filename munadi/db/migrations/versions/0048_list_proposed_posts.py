"""List proposed posts."""

from __future__ import annotations

from munadi.db.migrations.indexes import build_index

revision: str = "0048"
down_revision: str | None = "0047"
oldest_code: str = "0047"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    columns = ["proposed_as", "created_at", "id"]
    build_index("contents_proposed", "contents", columns, where="proposed_as IS NOT NULL")
