"""Look at published posts: what looks have shown, when the next one is, what brands set, and the calls of each day.

Posts that were published before are not looked at.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from munadi.db.types import Json, UtcDateTime

revision: str = "0035"
down_revision: str | None = "0034"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    op.create_table(
        "look_calls",
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "scope"),
    )
    with op.batch_alter_table("brands", schema=None) as batch_op:
        batch_op.add_column(sa.Column("looks", Json, nullable=True))

    with op.batch_alter_table("publications", schema=None) as batch_op:
        batch_op.add_column(sa.Column("liveness", Json, nullable=True))
        batch_op.add_column(sa.Column("look_at", UtcDateTime(), nullable=True))
        batch_op.create_index(
            "publications_to_look_at",
            ["look_at", "account_id"],
            unique=False,
            sqlite_where=sa.text("look_at IS NOT NULL"),
            postgresql_where=sa.text("look_at IS NOT NULL"),
        )
