"""contents of a brand by time: what a calendar reads, day by day."""

from __future__ import annotations

from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    op.create_index("contents_by_brand_and_time", "contents", ["brand_ref", "scheduled_at", "id"])
