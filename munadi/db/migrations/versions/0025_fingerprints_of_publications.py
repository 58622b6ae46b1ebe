"""fingerprints of publications, which find the same post at the same account; a brand chooses what happens then."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0025"
down_revision: str | None = "0024"
branch_labels: None = None
depends_on: None = None

_HAS_FINGERPRINT = sa.text("fingerprint IS NOT NULL")


def upgrade() -> None:
    # Processes of the version before write brands and publications without these columns.
    op.add_column("brands", sa.Column("duplicates", sa.String(), nullable=False, server_default="warn"))
    op.add_column("publications", sa.Column("fingerprint", sa.String(), nullable=True))
    op.create_index(
        "publications_alike",
        "publications",
        ["account_id", "fingerprint", "due_at"],
        sqlite_where=_HAS_FINGERPRINT,
        postgresql_where=_HAS_FINGERPRINT,
    )
