"""Keep when the texts of a post were deleted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from munadi.db.types import UtcDateTime

revision: str = "0070"
down_revision: str | None = "0069"
# Code of before it finds no draft for a post without texts: it fails, and publishes nothing.
oldest_code: str = "0062"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    op.add_column("contents", sa.Column("texts_removed_at", UtcDateTime(), nullable=True))
