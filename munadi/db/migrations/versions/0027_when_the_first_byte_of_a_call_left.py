"""when the first byte of a call left."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from munadi.db.types import UtcDateTime

revision: str = "0027"
down_revision: str | None = "0026"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    # Null in rows of before, and in those of workers of the version before: a lateness then counts to the intent.
    op.add_column("attempts", sa.Column("first_byte_at", UtcDateTime(), nullable=True))
