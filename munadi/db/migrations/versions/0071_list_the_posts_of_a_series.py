"""List the posts of a series."""

from __future__ import annotations

from munadi.db.migrations.indexes import build_index

revision: str = "0071"
down_revision: str | None = "0070"
oldest_code: str = "0062"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    columns = ["series_id", "created_at", "id"]
    build_index("contents_of_series_by_age", "contents", columns, where="series_id IS NOT NULL")
