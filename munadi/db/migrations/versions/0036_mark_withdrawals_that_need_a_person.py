"""Mark withdrawals that need a person: refused, or not certain. Those of before this version are marked too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from munadi.db.types import UtcDateTime

revision: str = "0036"
down_revision: str | None = "0035"
oldest_code: str = "0034"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    with op.batch_alter_table("publications", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kept_since", UtcDateTime(), nullable=True))
        batch_op.create_index(
            "publications_kept",
            ["kept_since"],
            unique=False,
            sqlite_where=sa.text("kept_since IS NOT NULL AND dismissed_at IS NULL"),
            postgresql_where=sa.text("kept_since IS NOT NULL AND dismissed_at IS NULL"),
        )
    status = "withdrawal ->> 'status'"
    if op.get_bind().dialect.name == "sqlite":
        status = "json_extract(withdrawal, '$.status')"
    open_ones = f"{status} IN ('refused', 'unconfirmed')"
    op.execute(f"UPDATE publications SET kept_since = updated_at WHERE {open_ones}")  # noqa: S608 - constants
