"""Let a series have one post for each date."""

from __future__ import annotations

from munadi.db.migrations.indexes import build_index

revision: str = "0066"
down_revision: str | None = "0065"
oldest_code: str = "0062"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    build_index(
        "contents_series_occurrence",
        "contents",
        ["series_id", "occurrence"],
        where="series_id IS NOT NULL",
        unique=True,
    )
