"""Share an endpoint that has fallen behind."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0045"
down_revision: str | None = "0044"
# The oldest revision whose code may run on this one: that of the revision before, or this one (docs/decisions/047).
oldest_code: str = "0040"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    with op.batch_alter_table("endpoint_queues", schema=None) as batch_op:
        batch_op.add_column(sa.Column("shared_by", sa.String(), nullable=True))
