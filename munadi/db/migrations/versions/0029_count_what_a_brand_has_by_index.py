"""count what a brand has by index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0029"
down_revision: str | None = "0028"
branch_labels: None = None
depends_on: None = None

_KNOWN = {
    "postgresql": "UPDATE media SET bytes = coalesce((facts->>'bytes')::bigint, 0)",
    "sqlite": "UPDATE media SET bytes = coalesce(json_extract(facts, '$.bytes'), 0)",
}


def upgrade() -> None:
    with op.batch_alter_table("api_keys", schema=None) as batch_op:
        batch_op.create_index(
            "api_keys_of_brand",
            ["brand_ref"],
            unique=False,
            sqlite_where=sa.text("revoked_at IS NULL"),
            postgresql_where=sa.text("revoked_at IS NULL"),
        )

    with op.batch_alter_table("connections", schema=None) as batch_op:
        batch_op.create_index("connections_by_end", ["brand_ref", "expires_at"], unique=False)

    with op.batch_alter_table("endpoints", schema=None) as batch_op:
        batch_op.create_index(
            "endpoints_of_brand",
            ["brand_ref"],
            unique=False,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )

    with op.batch_alter_table("media", schema=None) as batch_op:
        batch_op.add_column(sa.Column("bytes", sa.BigInteger(), server_default="0", nullable=False))
    op.execute(sa.text(_KNOWN[op.get_bind().dialect.name]))
    with op.batch_alter_table("media", schema=None) as batch_op:
        batch_op.create_index(
            "media_bytes_of_brand",
            ["brand_ref", "bytes"],
            unique=False,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
