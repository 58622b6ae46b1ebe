"""Let the index of published publications have what a bill needs."""

from __future__ import annotations

from munadi.db.migrations.indexes import build_index, drop_index

revision: str = "0051"
down_revision: str | None = "0050"
branch_labels: None = None
depends_on: None = None
oldest_code: str = "0047"


def upgrade() -> None:
    columns = ["account_id", "published_at", "channel", "price"]
    build_index("publications_billed", "publications", columns, "published_at IS NOT NULL")
    drop_index("publications_published")
