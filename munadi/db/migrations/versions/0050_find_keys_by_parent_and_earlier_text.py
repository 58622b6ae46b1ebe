"""Find keys by their text from before a rotation, and by the key that made them."""

from __future__ import annotations

from munadi.db.migrations.indexes import build_index

revision: str = "0050"
down_revision: str | None = "0049"
branch_labels: None = None
depends_on: None = None
oldest_code: str = "0047"


def upgrade() -> None:
    build_index("api_keys_by_previous_hash", "api_keys", ["previous_hash"], "previous_hash IS NOT NULL")
    build_index("api_keys_by_parent", "api_keys", ["parent_id"], "parent_id IS NOT NULL")
