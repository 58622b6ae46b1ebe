"""what closed an attempt, and since when its step is uncertain."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from munadi.db.types import UtcDateTime

revision: str = "0030"
down_revision: str | None = "0029"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:

    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("closed_by", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("uncertain_since", UtcDateTime(), nullable=True))

    with op.batch_alter_table("publications", schema=None) as batch_op:
        batch_op.add_column(sa.Column("step_look_at", UtcDateTime(), nullable=True))
