"""Cap keys, let them have several brands, and rotate them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from munadi.db.types import Json, UtcDateTime

revision: str = "0049"
down_revision: str | None = "0048"
branch_labels: None = None
depends_on: None = None
# Code of before does not find keys that have caps or several brands (`munadi.db.keys.callers.guarded`).
oldest_code: str = "0047"


def upgrade() -> None:
    op.create_table(
        "key_days",
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("posts", sa.Integer(), nullable=False),
        sa.Column("spent", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["api_keys.id"]),
        sa.PrimaryKeyConstraint("key_id", "day"),
    )
    with op.batch_alter_table("publications", schema=None) as batch_op:
        batch_op.add_column(sa.Column("price", sa.BigInteger(), nullable=False, server_default="0"))
    with op.batch_alter_table("api_keys", schema=None) as batch_op:
        batch_op.add_column(sa.Column("brand_refs", Json, nullable=True))
        batch_op.add_column(sa.Column("caps", Json, nullable=True))
        batch_op.add_column(sa.Column("parent_id", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("lineage", Json, nullable=False, server_default=sa.text("'[]'")))
        batch_op.add_column(sa.Column("previous_hash", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("previous_ends_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("last_used_at", UtcDateTime(), nullable=True))
