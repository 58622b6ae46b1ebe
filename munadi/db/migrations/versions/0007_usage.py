"""usage: what brands use, counted by index and, for API calls and tries of deliveries, by counters."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from munadi.db.types import UtcDateTime

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: None = None
depends_on: None = None

# Tries made so far are in the deliveries' logs, with their time in UTC.
TRIES = {
    "sqlite": """
        INSERT INTO delivery_tries (brand_ref, month, shard, tries)
        SELECT events.brand_ref, substr(json_extract(entry.value, '$.at'), 1, 7), 0, count(*)
        FROM deliveries JOIN events ON events.id = deliveries.event_id, json_each(deliveries.log) AS entry
        WHERE events.brand_ref IS NOT NULL GROUP BY 1, 2
    """,
    "postgresql": """
        INSERT INTO delivery_tries (brand_ref, month, shard, tries)
        SELECT events.brand_ref, substr(entry ->> 'at', 1, 7), 0, count(*)
        FROM deliveries JOIN events ON events.id = deliveries.event_id, jsonb_array_elements(deliveries.log) AS entry
        WHERE events.brand_ref IS NOT NULL GROUP BY 1, 2
    """,
}


def upgrade() -> None:
    op.create_table(
        "api_calls",
        sa.Column("brand_ref", sa.String(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("minute", UtcDateTime(), nullable=False),
        sa.Column("minute_calls", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["brand_ref"], ["brands.ref"]),
        sa.PrimaryKeyConstraint("brand_ref", "month"),
    )
    op.create_table(
        "delivery_tries",
        sa.Column("brand_ref", sa.String(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["brand_ref"], ["brands.ref"]),
        sa.PrimaryKeyConstraint("brand_ref", "month", "shard"),
    )
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.create_index("accounts_by_brand", ["brand_ref"], unique=False)
    with op.batch_alter_table("publications", schema=None) as batch_op:
        batch_op.drop_index("publications_by_account")
        batch_op.create_index("publications_by_account", ["account_id", "status", "due_at"], unique=False)
        batch_op.create_index(
            "publications_published",
            ["account_id", "published_at"],
            unique=False,
            sqlite_where=sa.text("published_at IS NOT NULL"),
            postgresql_where=sa.text("published_at IS NOT NULL"),
        )
    op.execute(TRIES[op.get_bind().dialect.name])
