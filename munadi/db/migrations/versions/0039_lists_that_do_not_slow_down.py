"""Lists that do not slow down with stored posts: indexes in their order, and one of the texts."""

from __future__ import annotations

from alembic import op

from munadi.db.contents.word_index import FILL_WORDS, create_in_sqlite
from munadi.db.migrations.indexes import build_index, drop_index

revision: str = "0039"
down_revision: str | None = "0038"
oldest_code: str = "0038"
branch_labels: None = None
depends_on: None = None

NOT_PUBLISHED = "status <> 'published'"
RARE_TYPE = (
    "type NOT IN ('content.accepted', 'content.queued', 'content.publish.started', 'content.publish.succeeded', "
    "'content.completed')"
)
WATCHED = "watch_at IS NOT NULL"
NO_NEW_POST = "action <> 'content.created'"


def upgrade() -> None:
    # Of the columns of the revision before, which builds none, because a revision that builds indexes does only that.
    build_index(
        "publications_hidden", "publications", ["hidden_since"], "hidden_since IS NOT NULL AND dismissed_at IS NULL"
    )
    build_index("publications_watched", "publications", ["watch_at", "account_id"], WATCHED)
    build_index("publications_watched_by_account", "publications", ["account_id", "watch_at"], WATCHED)
    build_index("contents_by_status", "contents", ["status", "created_at", "id"], NOT_PUBLISHED)
    build_index("contents_by_brand_and_status", "contents", ["brand_ref", "status", "created_at", "id"], NOT_PUBLISHED)
    build_index("contents_dismissed_by_age", "contents", ["created_at", "id"], "dismissed_at IS NOT NULL")
    drop_index("contents_dismissed")
    build_index("publications_by_account_and_age", "publications", ["account_id", "created_at", "content_id"])
    build_index("publications_by_channel_and_age", "publications", ["channel", "created_at", "content_id"])
    build_index("publications_by_status", "publications", ["status", "created_at", "content_id"], NOT_PUBLISHED)
    build_index("publications_by_time", "publications", ["due_at"])
    build_index("events_by_type", "events", ["type", "position"], RARE_TYPE)
    build_index("events_of_brand_by_type", "events", ["brand_ref", "type", "position"], RARE_TYPE)
    build_index("deliveries_by_endpoint", "deliveries", ["endpoint_id", "id"])
    drop_index("ix_deliveries_endpoint_id")
    build_index("deliveries_by_status", "deliveries", ["status", "id"], "status <> 'delivered'")
    build_index("audit_by_action", "audit", ["action", "id"], NO_NEW_POST)
    build_index("audit_by_brand_and_action", "audit", ["brand_ref", "action", "id"], NO_NEW_POST)
    build_index("audit_by_key_and_action", "audit", ["key_id", "action", "id"], NO_NEW_POST)
    build_index("idempotency_by_age", "idempotency", ["created_at"])
    # PostgreSQL's index of the texts may not be possible: munadi.db.migrate tries it after every upgrade.
    if op.get_bind().dialect.name == "sqlite" and create_in_sqlite(op.get_bind()):
        op.execute(FILL_WORDS)
