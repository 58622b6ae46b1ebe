"""Note at each event the span that made it, so that its deliveries continue the trace. Null for earlier events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0041"
down_revision: str | None = "0040"
oldest_code: str = "0040"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.add_column(sa.Column("trace", sa.String(), nullable=True))
