"""Count the proposals of a brand."""

from __future__ import annotations

from munadi.db.migrations.indexes import build_index

revision: str = "0067"
down_revision: str | None = "0066"
oldest_code: str = "0062"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    columns = ["brand_ref", "proposed_as", "created_at", "id"]
    build_index("contents_of_a_brand_proposed", "contents", columns, where="proposed_as IS NOT NULL")
