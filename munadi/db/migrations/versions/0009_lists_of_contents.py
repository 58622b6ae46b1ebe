"""lists of contents by age, and of what is held: the pages that a dashboard opens with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    op.create_index("contents_by_age", "contents", ["created_at", "id"])
    op.create_index(
        "publications_held",
        "publications",
        ["content_id"],
        sqlite_where=sa.text("hold_reason IS NOT NULL"),
        postgresql_where=sa.text("hold_reason IS NOT NULL"),
    )
