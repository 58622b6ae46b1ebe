"""publications that are live without a part of them, such as the first comment, and an index of these few."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from munadi.db.types import UtcDateTime

revision: str = "0026"
down_revision: str | None = "0025"
branch_labels: None = None
depends_on: None = None

_IS_INCOMPLETE = sa.text("incomplete_at IS NOT NULL AND dismissed_at IS NULL")


def upgrade() -> None:
    # Null in rows of before, and in those of processes of the version before: they have the warning alone, as they had.
    op.add_column("publications", sa.Column("incomplete_at", UtcDateTime(), nullable=True))
    op.add_column("publications", sa.Column("incomplete_because", sa.String(), nullable=True))
    op.create_index(
        "publications_incomplete",
        "publications",
        ["incomplete_at"],
        sqlite_where=_IS_INCOMPLETE,
        postgresql_where=_IS_INCOMPLETE,
    )
