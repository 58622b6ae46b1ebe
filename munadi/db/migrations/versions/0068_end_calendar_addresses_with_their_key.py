"""End calendar addresses with their key."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0068"
down_revision: str | None = "0067"
# Code of before it makes addresses without a key, which end when they are revoked, as all did until now.
oldest_code: str = "0062"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    with op.batch_alter_table("calendar_feeds", schema=None) as batch_op:
        batch_op.add_column(sa.Column("created_by_key", sa.String(), nullable=True))
