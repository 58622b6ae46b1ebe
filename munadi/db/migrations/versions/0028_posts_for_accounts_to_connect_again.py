"""what a brand does with posts for accounts that must be connected again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0028"
down_revision: str | None = "0027"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    op.add_column("brands", sa.Column("unusable_accounts", sa.String(), nullable=False, server_default="warn"))
