"""Let a queue have one post at each of its times."""

from __future__ import annotations

from munadi.db.migrations.indexes import build_index

revision: str = "0060"
down_revision: str | None = "0059"
oldest_code: str = "0059"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    build_index(
        "contents_slot_queue",
        "contents",
        ["brand_ref", "slot_queue", "scheduled_at"],
        where="slot_id IS NOT NULL",
        unique=True,
    )
