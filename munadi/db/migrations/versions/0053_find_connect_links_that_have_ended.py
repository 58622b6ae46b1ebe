"""Find connect links that have ended unused."""

from __future__ import annotations

from munadi.db.migrations.indexes import build_index

revision: str = "0053"
down_revision: str | None = "0052"
oldest_code: str = "0047"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    is_open = "status IN ('waiting', 'consenting', 'choosing')"
    build_index("connections_open_by_end", "connections", ["expires_at"], is_open)
