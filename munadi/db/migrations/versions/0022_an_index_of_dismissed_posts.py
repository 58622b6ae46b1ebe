"""an index of dismissed posts, which are few."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels: None = None
depends_on: None = None

_IS_DISMISSED = sa.text("dismissed_at IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "contents_dismissed", "contents", ["id"], sqlite_where=_IS_DISMISSED, postgresql_where=_IS_DISMISSED
    )
