"""Look at live posts: what looks showed, when the next one is, the wish of a brand, and the requests of a day.

Posts that were published before this version are not looked at. The indexes are in the next revision.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from munadi.db.types import Json, UtcDateTime

revision: str = "0038"
down_revision: str | None = "0037"
# Code of before fails to read the events of looks.
oldest_code: str = "0038"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    with op.batch_alter_table("publications", schema=None) as batch_op:
        batch_op.add_column(sa.Column("watch", Json, nullable=True))
        batch_op.add_column(sa.Column("watch_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("hidden_since", UtcDateTime(), nullable=True))
    with op.batch_alter_table("brands", schema=None) as batch_op:
        batch_op.add_column(sa.Column("looks", Json, nullable=True))
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("unshown_since", UtcDateTime(), nullable=True))
    op.create_table(
        "look_budgets",
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "day"),
    )
