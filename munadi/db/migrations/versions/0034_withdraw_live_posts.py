"""Withdraw live posts: what a post has at its network, its withdrawal, and when a post is withdrawn by itself.

Of posts that were published before, the network's id of the post itself is known; their later parts and comments are
not, and a withdrawal leaves them. The column keeps its default, because processes of the version before insert rows
while an installation is upgraded.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from munadi.db.types import Json, UtcDateTime

revision: str = "0034"
down_revision: str | None = "0033"
# Code of before fails to read the events of withdrawals.
oldest_code: str = "0034"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    with op.batch_alter_table("contents", schema=None) as batch_op:
        batch_op.add_column(sa.Column("withdraw_at", UtcDateTime(), nullable=True))
    with op.batch_alter_table("publications", schema=None) as batch_op:
        batch_op.add_column(sa.Column("posted", Json, nullable=False, server_default=sa.text("'[]'")))
        batch_op.add_column(sa.Column("withdrawal", Json, nullable=True))
        batch_op.add_column(sa.Column("withdrawal_at", UtcDateTime(), nullable=True))
    known = "provider_post_id IS NOT NULL AND status = 'published'"
    if op.get_bind().dialect.name == "sqlite":
        posted = "json_array(json_object('id', provider_post_id))"
    else:
        posted = "jsonb_build_array(jsonb_build_object('id', provider_post_id))"
    op.execute(f"UPDATE publications SET posted = {posted} WHERE {known}")  # noqa: S608 - constants
