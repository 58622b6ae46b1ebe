"""Review posts by a link."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from munadi.db.types import UtcDateTime

revision: str = "0058"
down_revision: str | None = "0057"
# Code of before it deletes no links of old posts; a post that has one was changed lately, so it is not old.
oldest_code: str = "0056"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    op.create_table(
        "review_links",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("content_id", sa.String(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("secret_hash", sa.String(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.Column("decision", sa.String(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["content_id"], ["contents.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("secret_hash", name="review_links_one_per_secret"),
    )
    op.create_index("ix_review_links_content_id", "review_links", ["content_id"], unique=False)
