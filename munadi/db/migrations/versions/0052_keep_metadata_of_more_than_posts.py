"""Keep a client's own metadata of brands, keys, accounts, connect links and endpoints.

Connect links that ended before this are recorded as expired, so that no event reports what is long past.
"""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from munadi.db.types import Json, UtcDateTime

revision: str = "0052"
down_revision: str | None = "0051"
oldest_code: str = "0047"
branch_labels: None = None
depends_on: None = None

_CONNECTIONS = sa.table("connections", sa.column("status", sa.String()), sa.column("expires_at", UtcDateTime()))


def upgrade() -> None:
    for table in ("accounts", "api_keys", "brands", "connections", "endpoints"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column("own_metadata", Json, nullable=True))
    is_open = _CONNECTIONS.c.status.in_(["waiting", "consenting", "choosing"])
    has_ended = _CONNECTIONS.c.expires_at <= datetime.now(UTC)
    op.execute(_CONNECTIONS.update().where(is_open, has_ended).values(status="expired"))
