"""Edit live posts: the edits of a publication, and when the one under way acts next."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from munadi.db.types import Json, UtcDateTime

revision: str = "0037"
down_revision: str | None = "0036"
# Code of before fails to read the events and failures of edits.
oldest_code: str = "0037"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    with op.batch_alter_table("publications", schema=None) as batch_op:
        batch_op.add_column(sa.Column("edits", Json, nullable=False, server_default=sa.text("'[]'")))
        batch_op.add_column(sa.Column("edit_at", UtcDateTime(), nullable=True))
