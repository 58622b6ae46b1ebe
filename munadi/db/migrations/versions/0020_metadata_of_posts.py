"""metadata of posts, by name and value."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    op.create_table(
        "content_metadata",
        sa.Column("content_id", sa.String(), sa.ForeignKey("contents.id"), primary_key=True),
        sa.Column("name", sa.String(), primary_key=True),
        sa.Column("value", sa.String(), nullable=False),
    )
    op.create_index("content_metadata_by_value", "content_metadata", ["name", "value", "content_id"])
