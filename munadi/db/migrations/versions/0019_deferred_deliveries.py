"""deferred deliveries: what is over a brand's limit waits for the next month, and is reported once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from munadi.db.types import UtcDateTime

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: None = None
depends_on: None = None

_DEFERRED, _OPEN = sa.text("deferred_for IS NOT NULL"), sa.text("is_open")


def upgrade() -> None:
    op.create_table(
        "delivery_deferrals",
        sa.Column("brand_ref", sa.String(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["brand_ref"], ["brands.ref"]),
        sa.PrimaryKeyConstraint("brand_ref", "month"),
    )
    op.create_index(
        "delivery_deferrals_open", "delivery_deferrals", ["brand_ref"], sqlite_where=_OPEN, postgresql_where=_OPEN
    )
    # Processes of the version before write deliveries without these columns.
    op.add_column("deliveries", sa.Column("counted", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("deliveries", sa.Column("deferred_for", sa.String(), nullable=True))
    op.create_index(
        "deliveries_deferred",
        "deliveries",
        ["deferred_for", "id"],
        sqlite_where=_DEFERRED,
        postgresql_where=_DEFERRED,
    )
