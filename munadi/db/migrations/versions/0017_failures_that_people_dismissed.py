"""failures that people dismissed, and an index of those that they did not."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from munadi.db.types import UtcDateTime

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: None = None
depends_on: None = None

_NEEDS_A_PERSON = sa.text("status IN ('failed', 'partially_published', 'unconfirmed') AND dismissed_at IS NULL")
_INDEXES = {
    "contents_needing_a_person": ["status", "updated_at"],
    "contents_of_a_brand_needing_a_person": ["brand_ref", "status", "updated_at"],
}


def upgrade() -> None:
    op.add_column("publications", sa.Column("dismissed_at", UtcDateTime(), nullable=True))
    op.add_column("publications", sa.Column("dismissed_as", sa.String(), nullable=True))
    op.add_column("contents", sa.Column("dismissed_at", UtcDateTime(), nullable=True))
    for name, columns in _INDEXES.items():
        op.create_index(name, "contents", columns, sqlite_where=_NEEDS_A_PERSON, postgresql_where=_NEEDS_A_PERSON)
