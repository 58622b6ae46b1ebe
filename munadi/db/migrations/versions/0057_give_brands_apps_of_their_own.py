"""Give brands apps of their own at networks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from munadi.db.types import UtcDateTime

revision: str = "0057"
down_revision: str | None = "0056"
branch_labels: None = None
depends_on: None = None
oldest_code: str = "0056"


def upgrade() -> None:
    op.create_table(
        "brand_apps",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("brand_ref", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("login", sa.String(), nullable=True),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("review", sa.String(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["brand_ref"], ["brands.ref"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("brand_apps_by_brand", "brand_apps", ["brand_ref"], unique=False)
    op.create_index(
        "brand_apps_one_per_channel",
        "brand_apps",
        ["brand_ref", "channel"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )

    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("app_id", sa.String(), nullable=True))

    with op.batch_alter_table("connections", schema=None) as batch_op:
        batch_op.add_column(sa.Column("app_id", sa.String(), nullable=True))
