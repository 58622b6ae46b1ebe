"""Give brands slots, which posts take."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from munadi.db.types import Json

revision: str = "0059"
down_revision: str | None = "0058"
# Older code would publish the posts of a queue that is paused.
oldest_code: str = "0059"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    with op.batch_alter_table("brands", schema=None) as batch_op:
        batch_op.add_column(sa.Column("slots", Json, nullable=True))
        batch_op.add_column(sa.Column("paused_queues", Json, nullable=True))

    with op.batch_alter_table("contents", schema=None) as batch_op:
        batch_op.add_column(sa.Column("slot_id", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("slot_queue", sa.String(), nullable=True))
