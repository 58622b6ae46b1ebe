"""Note which code may run on each revision, for processes that do not have it (docs/decisions/047)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0042"
down_revision: str | None = "0041"
oldest_code: str = "0040"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    op.create_table(
        "schema_revisions",
        sa.Column("revision", sa.String(), nullable=False),
        sa.Column("oldest_code", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("revision"),
    )
