"""indexes of publications that have ended, by their time, and of posts that need a person, by their age."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0024"
down_revision: str | None = "0023"
branch_labels: None = None
depends_on: None = None

_HAS_ENDED = sa.text("status IN ('published', 'failed')")
_NEEDS_A_PERSON = sa.text("status || '' IN ('failed', 'partially_published', 'unconfirmed') AND dismissed_at IS NULL")


def upgrade() -> None:
    op.create_index(
        "publications_ended",
        "publications",
        ["due_at", "channel", "status", "lateness_ms", "account_id"],
        sqlite_where=_HAS_ENDED,
        postgresql_where=_HAS_ENDED,
    )
    op.create_index(
        "contents_needing_a_person_by_age",
        "contents",
        ["created_at", "id"],
        sqlite_where=_NEEDS_A_PERSON,
        postgresql_where=_NEEDS_A_PERSON,
    )
