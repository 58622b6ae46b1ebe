"""endpoints by choice: the kind of signature, headers, order and rate; when responses are removed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from munadi.db.types import Json, UtcDateTime

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: None = None
depends_on: None = None


_HAS_BODIES = sa.text("bodies_at IS NOT NULL")


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("bodies_at", UtcDateTime(), nullable=True))
    op.create_index(
        "deliveries_with_bodies",
        "deliveries",
        ["bodies_at"],
        sqlite_where=_HAS_BODIES,
        postgresql_where=_HAS_BODIES,
    )
    # Processes of the version before make endpoints without these columns.
    op.add_column("endpoints", sa.Column("signature", sa.String(), nullable=False, server_default="v1"))
    op.add_column("endpoints", sa.Column("public_key", sa.String(), nullable=True))
    op.add_column("endpoints", sa.Column("ordering", sa.String(), nullable=False, server_default="none"))
    op.add_column("endpoints", sa.Column("max_per_second", sa.Integer(), nullable=True))
    op.add_column("endpoints", sa.Column("headers", Json, nullable=False, server_default=sa.text("'{}'")))
    op.add_column(
        "endpoints", sa.Column("sealed_headers", sa.LargeBinary(), nullable=False, server_default=sa.text("''"))
    )
