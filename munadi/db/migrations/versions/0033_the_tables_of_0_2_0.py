"""All tables of 0.2.0, the first version that was released (docs/decisions/032).

The numbers before were those of development. They do not come again, so a database from then is refused.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from munadi.db.types import Json, UtcDateTime

revision: str = "0033"
down_revision: str | None = None
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=True),
        sa.Column("brand_ref", sa.String(), nullable=True),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=True),
        sa.Column("request_id", sa.String(), nullable=True),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index("audit_by_age", ["at"], unique=False)
        batch_op.create_index("audit_by_brand", ["brand_ref", "id"], unique=False)
        batch_op.create_index("audit_by_key", ["key_id", "id"], unique=False)
        batch_op.create_index("audit_by_target", ["target", "id"], unique=False)

    op.create_table(
        "brands",
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("timezone", sa.String(), nullable=True),
        sa.Column("limits", Json, nullable=False),
        sa.Column("duplicates", sa.String(), nullable=False),
        sa.Column("unusable_accounts", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("ref"),
    )
    op.create_table(
        "idempotency",
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "key"),
    )
    op.create_table(
        "accounts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("brand_ref", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("handle", sa.String(), nullable=False),
        sa.Column("display_name", sa.String(), nullable=True),
        sa.Column("service_url", sa.String(), nullable=True),
        sa.Column("login", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("scopes", Json, nullable=False),
        sa.Column("facts", Json, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("credentials_version", sa.Integer(), nullable=False),
        sa.Column("connected_version", sa.Integer(), nullable=False),
        sa.Column("token_expires_at", UtcDateTime(), nullable=True),
        sa.Column("grant_expires_at", UtcDateTime(), nullable=True),
        sa.Column("granted_at", UtcDateTime(), nullable=True),
        sa.Column("renewed_at", UtcDateTime(), nullable=True),
        sa.Column("keep_at", UtcDateTime(), nullable=True),
        sa.Column("paused_until", UtcDateTime(), nullable=True),
        sa.Column("last_success_at", UtcDateTime(), nullable=True),
        sa.Column("last_failure", Json, nullable=True),
        sa.Column("lease_holder", sa.String(), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["brand_ref"],
            ["brands.ref"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.create_index("accounts_by_brand", ["brand_ref"], unique=False)
        batch_op.create_index(
            "accounts_one_per_profile",
            ["brand_ref", "channel", "external_id"],
            unique=True,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.create_index(
            "accounts_to_keep",
            ["keep_at"],
            unique=False,
            sqlite_where=sa.text("keep_at IS NOT NULL"),
            postgresql_where=sa.text("keep_at IS NOT NULL"),
        )

    op.create_table(
        "api_calls",
        sa.Column("brand_ref", sa.String(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("minute", UtcDateTime(), nullable=False),
        sa.Column("minute_calls", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_ref"],
            ["brands.ref"],
        ),
        sa.PrimaryKeyConstraint("brand_ref", "month"),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("hint", sa.String(), nullable=False),
        sa.Column("scopes", Json, nullable=False),
        sa.Column("brand_ref", sa.String(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["brand_ref"],
            ["brands.ref"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("hash"),
    )
    with op.batch_alter_table("api_keys", schema=None) as batch_op:
        batch_op.create_index(
            "api_keys_of_brand",
            ["brand_ref"],
            unique=False,
            sqlite_where=sa.text("revoked_at IS NULL"),
            postgresql_where=sa.text("revoked_at IS NULL"),
        )

    op.create_table(
        "calendar_feeds",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("brand_ref", sa.String(), nullable=False),
        sa.Column("secret_hash", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_ref"],
            ["brands.ref"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("secret_hash", name="calendar_feeds_one_per_secret"),
    )
    with op.batch_alter_table("calendar_feeds", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_calendar_feeds_brand_ref"), ["brand_ref"], unique=False)

    op.create_table(
        "contents",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("brand_ref", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("client_ref", sa.String(), nullable=True),
        sa.Column("scheduled_at", UtcDateTime(), nullable=False),
        sa.Column("timezone", sa.String(), nullable=True),
        sa.Column("publish_by", UtcDateTime(), nullable=False),
        sa.Column("publish_by_explicit", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("draft_version", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("wake_seq", sa.Integer(), nullable=False),
        sa.Column("wake_ack", sa.Integer(), nullable=False),
        sa.Column("wake_tries", sa.Integer(), nullable=False),
        sa.Column("next_wake_at", UtcDateTime(), nullable=True),
        sa.Column("next_look_at", UtcDateTime(), nullable=True),
        sa.Column("preflight_draft", sa.Integer(), nullable=True),
        sa.Column("preflight_for", UtcDateTime(), nullable=True),
        sa.Column("completed_as", sa.String(), nullable=True),
        sa.Column("dismissed_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_ref"],
            ["brands.ref"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("contents", schema=None) as batch_op:
        batch_op.create_index("contents_by_age", ["created_at", "id"], unique=False)
        batch_op.create_index("contents_by_brand", ["brand_ref", "created_at", "id"], unique=False)
        batch_op.create_index("contents_by_brand_and_time", ["brand_ref", "scheduled_at", "id"], unique=False)
        batch_op.create_index("contents_by_time", ["scheduled_at"], unique=False)
        batch_op.create_index(
            "contents_dismissed",
            ["id"],
            unique=False,
            sqlite_where=sa.text("dismissed_at IS NOT NULL"),
            postgresql_where=sa.text("dismissed_at IS NOT NULL"),
        )
        batch_op.create_index(
            "contents_needing_a_person",
            ["status", "updated_at"],
            unique=False,
            sqlite_where=sa.text("status IN ('failed', 'partially_published', 'unconfirmed') AND dismissed_at IS NULL"),
            postgresql_where=sa.text(
                "status IN ('failed', 'partially_published', 'unconfirmed') AND dismissed_at IS NULL"
            ),
        )
        batch_op.create_index(
            "contents_needing_a_person_by_age",
            ["created_at", "id"],
            unique=False,
            sqlite_where=sa.text(
                "status || '' IN ('failed', 'partially_published', 'unconfirmed') AND dismissed_at IS NULL"
            ),
            postgresql_where=sa.text(
                "status || '' IN ('failed', 'partially_published', 'unconfirmed') AND dismissed_at IS NULL"
            ),
        )
        batch_op.create_index(
            "contents_of_a_brand_needing_a_person",
            ["brand_ref", "status", "updated_at"],
            unique=False,
            sqlite_where=sa.text("status IN ('failed', 'partially_published', 'unconfirmed') AND dismissed_at IS NULL"),
            postgresql_where=sa.text(
                "status IN ('failed', 'partially_published', 'unconfirmed') AND dismissed_at IS NULL"
            ),
        )
        batch_op.create_index(
            "contents_to_look_at",
            ["next_look_at"],
            unique=False,
            sqlite_where=sa.text("next_look_at IS NOT NULL"),
            postgresql_where=sa.text("next_look_at IS NOT NULL"),
        )
        batch_op.create_index(
            "contents_to_wake",
            ["next_wake_at"],
            unique=False,
            sqlite_where=sa.text("wake_seq > wake_ack"),
            postgresql_where=sa.text("wake_seq > wake_ack"),
        )
        batch_op.create_index(batch_op.f("ix_contents_client_ref"), ["client_ref"], unique=False)

    op.create_table(
        "delivery_deferrals",
        sa.Column("brand_ref", sa.String(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_ref"],
            ["brands.ref"],
        ),
        sa.PrimaryKeyConstraint("brand_ref", "month"),
    )
    with op.batch_alter_table("delivery_deferrals", schema=None) as batch_op:
        batch_op.create_index(
            "delivery_deferrals_open",
            ["brand_ref"],
            unique=False,
            sqlite_where=sa.text("is_open"),
            postgresql_where=sa.text("is_open"),
        )

    op.create_table(
        "delivery_tries",
        sa.Column("brand_ref", sa.String(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_ref"],
            ["brands.ref"],
        ),
        sa.PrimaryKeyConstraint("brand_ref", "month", "shard"),
    )
    op.create_table(
        "endpoints",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("brand_ref", sa.String(), nullable=True),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("types", Json, nullable=False),
        sa.Column("channels", Json, nullable=False),
        sa.Column("description", sa.String(), nullable=True),
        sa.Column("payload", sa.String(), nullable=False),
        sa.Column("signature", sa.String(), nullable=False),
        sa.Column("public_key", sa.String(), nullable=True),
        sa.Column("ordering", sa.String(), nullable=False),
        sa.Column("max_per_second", sa.Integer(), nullable=True),
        sa.Column("headers", Json, nullable=False),
        sa.Column("sealed_headers", sa.LargeBinary(), nullable=False),
        sa.Column("created_by_key", sa.String(), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("disabled_reason", sa.String(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("failing_since", UtcDateTime(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_failure_at", UtcDateTime(), nullable=True),
        sa.Column("failing_notified_at", UtcDateTime(), nullable=True),
        sa.Column("exhausted_notified_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["brand_ref"],
            ["brands.ref"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("endpoints", schema=None) as batch_op:
        batch_op.create_index(
            "endpoints_of_brand",
            ["brand_ref"],
            unique=False,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )

    op.create_table(
        "media",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("brand_ref", sa.String(), nullable=True),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("facts", Json, nullable=False),
        sa.Column("bytes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("source_url", sa.String(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("removing_at", UtcDateTime(), nullable=True),
        sa.Column("removed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["brand_ref"],
            ["brands.ref"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("media", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_media_sha256"), ["sha256"], unique=False)
        batch_op.create_index("media_by_brand", ["brand_ref", "id"], unique=False)
        batch_op.create_index(
            "media_bytes_of_brand",
            ["brand_ref", "bytes"],
            unique=False,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.create_index(
            "media_to_remove",
            ["id"],
            unique=False,
            sqlite_where=sa.text("deleted_at IS NOT NULL AND removed_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NOT NULL AND removed_at IS NULL"),
        )

    op.create_table(
        "connections",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("brand_ref", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("login", sa.String(), nullable=True),
        sa.Column("hint", sa.String(), nullable=True),
        sa.Column("redirect_url", sa.String(), nullable=True),
        sa.Column("link_hash", sa.String(), nullable=False),
        sa.Column("state_hash", sa.String(), nullable=True),
        sa.Column("browser_hash", sa.String(), nullable=True),
        sa.Column("state_expires_at", UtcDateTime(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("choices", Json, nullable=False),
        sa.Column("account_ids", Json, nullable=False),
        sa.Column("failure", Json, nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
        ),
        sa.ForeignKeyConstraint(
            ["brand_ref"],
            ["brands.ref"],
        ),
        sa.ForeignKeyConstraint(
            ["key_id"],
            ["api_keys.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("link_hash", name="connections_one_per_link"),
        sa.UniqueConstraint("state_hash", name="connections_one_per_state"),
    )
    with op.batch_alter_table("connections", schema=None) as batch_op:
        batch_op.create_index("connections_by_end", ["brand_ref", "expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_connections_brand_ref"), ["brand_ref"], unique=False)

    op.create_table(
        "content_metadata",
        sa.Column("content_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["content_id"],
            ["contents.id"],
        ),
        sa.PrimaryKeyConstraint("content_id", "name"),
    )
    with op.batch_alter_table("content_metadata", schema=None) as batch_op:
        batch_op.create_index("content_metadata_by_value", ["name", "value", "content_id"], unique=False)

    op.create_table(
        "drafts",
        sa.Column("content_id", sa.String(), nullable=False),
        sa.Column("draft_version", sa.Integer(), nullable=False),
        sa.Column("source", Json, nullable=False),
        sa.Column("resolved", Json, nullable=False),
        sa.Column("warnings", Json, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["content_id"],
            ["contents.id"],
        ),
        sa.PrimaryKeyConstraint("content_id", "draft_version"),
    )
    op.create_table(
        "endpoint_queues",
        sa.Column("endpoint_id", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=True),
        sa.Column("leased_until", UtcDateTime(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("retry_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["endpoint_id"],
            ["endpoints.id"],
        ),
        sa.PrimaryKeyConstraint("endpoint_id"),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("brand_ref", sa.String(), nullable=True),
        sa.Column("content_id", sa.String(), nullable=True),
        sa.Column("publication_id", sa.String(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=True),
        sa.Column("sns", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("data", Json, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["content_id"],
            ["contents.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("content_id", "sequence"),
        sa.UniqueConstraint("position"),
    )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.create_index("events_by_time", ["created_at"], unique=False)
        batch_op.create_index("events_of_brand", ["brand_ref", "position"], unique=False)
        batch_op.create_index(
            "events_to_number",
            ["created_at", "id"],
            unique=False,
            sqlite_where=sa.text("position IS NULL"),
            postgresql_where=sa.text("position IS NULL"),
        )

    op.create_table(
        "media_uses",
        sa.Column("media_id", sa.String(), nullable=False),
        sa.Column("used_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["media_id"],
            ["media.id"],
        ),
        sa.PrimaryKeyConstraint("media_id", "used_by"),
    )
    with op.batch_alter_table("media_uses", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_media_uses_used_by"), ["used_by"], unique=False)

    op.create_table(
        "publications",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("content_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("lead_seconds", sa.Float(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("attempt_count", sa.Integer(), nullable=False),
        sa.Column("hold_reason", sa.String(), nullable=True),
        sa.Column("hold_since", UtcDateTime(), nullable=True),
        sa.Column("hold_until", UtcDateTime(), nullable=True),
        sa.Column("hold_count", sa.Integer(), nullable=False),
        sa.Column("hold_cause", Json, nullable=True),
        sa.Column("look_count", sa.Integer(), nullable=False),
        sa.Column("look_since", UtcDateTime(), nullable=True),
        sa.Column("next_look_at", UtcDateTime(), nullable=True),
        sa.Column("step_look_at", UtcDateTime(), nullable=True),
        sa.Column("preparation_draft_version", sa.Integer(), nullable=True),
        sa.Column("sealed_preparation", sa.LargeBinary(), nullable=True),
        sa.Column("preparation_ready", sa.Boolean(), nullable=False),
        sa.Column("preparation_expires_at", UtcDateTime(), nullable=True),
        sa.Column("published_at", UtcDateTime(), nullable=True),
        sa.Column("lateness_ms", sa.Integer(), nullable=True),
        sa.Column("provider_post_id", sa.String(), nullable=True),
        sa.Column("provider_url", sa.String(), nullable=True),
        sa.Column("steps_left", Json, nullable=False),
        sa.Column("failure", Json, nullable=True),
        sa.Column("incomplete_at", UtcDateTime(), nullable=True),
        sa.Column("incomplete_because", sa.String(), nullable=True),
        sa.Column("dismissed_at", UtcDateTime(), nullable=True),
        sa.Column("dismissed_as", sa.String(), nullable=True),
        sa.Column("warnings", Json, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
        ),
        sa.ForeignKeyConstraint(
            ["content_id"],
            ["contents.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("account_id", "provider_post_id"),
    )
    with op.batch_alter_table("publications", schema=None) as batch_op:
        batch_op.create_index(
            "publications_alike",
            ["account_id", "fingerprint", "due_at"],
            unique=False,
            sqlite_where=sa.text("fingerprint IS NOT NULL"),
            postgresql_where=sa.text("fingerprint IS NOT NULL"),
        )
        batch_op.create_index("publications_by_account", ["account_id", "status", "due_at"], unique=False)
        batch_op.create_index("publications_by_content", ["content_id", "place"], unique=False)
        batch_op.create_index(
            "publications_ended",
            ["due_at", "channel", "status", "lateness_ms", "account_id"],
            unique=False,
            sqlite_where=sa.text("status IN ('published', 'failed')"),
            postgresql_where=sa.text("status IN ('published', 'failed')"),
        )
        batch_op.create_index(
            "publications_held",
            ["content_id"],
            unique=False,
            sqlite_where=sa.text("hold_reason IS NOT NULL"),
            postgresql_where=sa.text("hold_reason IS NOT NULL"),
        )
        batch_op.create_index(
            "publications_incomplete",
            ["incomplete_at"],
            unique=False,
            sqlite_where=sa.text("incomplete_at IS NOT NULL AND dismissed_at IS NULL"),
            postgresql_where=sa.text("incomplete_at IS NOT NULL AND dismissed_at IS NULL"),
        )
        batch_op.create_index(
            "publications_published",
            ["account_id", "published_at"],
            unique=False,
            sqlite_where=sa.text("published_at IS NOT NULL"),
            postgresql_where=sa.text("published_at IS NOT NULL"),
        )
        batch_op.create_index(
            "publications_with_preparation",
            ["id"],
            unique=False,
            sqlite_where=sa.text("sealed_preparation IS NOT NULL"),
            postgresql_where=sa.text("sealed_preparation IS NOT NULL"),
        )

    op.create_table(
        "recoveries",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("endpoint_id", sa.String(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("types", Json, nullable=False),
        sa.Column("only", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("scanned_at", UtcDateTime(), nullable=True),
        sa.Column("scanned_id", sa.String(), nullable=True),
        sa.Column("is_scanned", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["endpoint_id"],
            ["endpoints.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("recoveries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_recoveries_endpoint_id"), ["endpoint_id"], unique=False)
        batch_op.create_index(
            "recoveries_running",
            ["id"],
            unique=False,
            sqlite_where=sa.text("status = 'running'"),
            postgresql_where=sa.text("status = 'running'"),
        )

    op.create_table(
        "saved_drafts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("brand_ref", sa.String(), nullable=False),
        sa.Column("content", Json, nullable=False),
        sa.Column("checked", Json, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content_id", sa.String(), nullable=True),
        sa.Column("checked_at", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["brand_ref"],
            ["brands.ref"],
        ),
        sa.ForeignKeyConstraint(
            ["content_id"],
            ["contents.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("saved_drafts", schema=None) as batch_op:
        batch_op.create_index("saved_drafts_by_brand", ["brand_ref", "id"], unique=False)
        batch_op.create_index(
            "saved_drafts_submitted",
            ["updated_at"],
            unique=False,
            sqlite_where=sa.text("content_id IS NOT NULL"),
            postgresql_where=sa.text("content_id IS NOT NULL"),
        )

    op.create_table(
        "sessions",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["key_id"],
            ["api_keys.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.create_index("sessions_by_end", ["ends_at"], unique=False)

    op.create_table(
        "attempts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("publication_id", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("was_uncertain", sa.Boolean(), nullable=False),
        sa.Column("closed_by", sa.String(), nullable=True),
        sa.Column("uncertain_since", UtcDateTime(), nullable=True),
        sa.Column("intent_at", UtcDateTime(), nullable=False),
        sa.Column("first_byte_at", UtcDateTime(), nullable=True),
        sa.Column("deadline_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("provider_code", sa.String(), nullable=True),
        sa.Column("raw", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["publication_id"],
            ["publications.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("publication_id", "stage", "number"),
    )
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.create_index(
            "attempts_one_open",
            ["publication_id", "stage"],
            unique=True,
            sqlite_where=sa.text("is_open"),
            postgresql_where=sa.text("is_open"),
        )

    op.create_table(
        "deliveries",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("endpoint_id", sa.String(), nullable=False),
        sa.Column("content_id", sa.String(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", UtcDateTime(), nullable=True),
        sa.Column("replayed", sa.Boolean(), nullable=False),
        sa.Column("recovery_id", sa.String(), nullable=True),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.Column("deferred_for", sa.String(), nullable=True),
        sa.Column("log", Json, nullable=False),
        sa.Column("bodies_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["endpoint_id"],
            ["endpoints.id"],
        ),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["events.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("event_id", "endpoint_id"),
    )
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.create_index("deliveries_by_content", ["content_id"], unique=False)
        batch_op.create_index(
            "deliveries_by_recovery",
            ["recovery_id", "status"],
            unique=False,
            sqlite_where=sa.text("recovery_id IS NOT NULL"),
            postgresql_where=sa.text("recovery_id IS NOT NULL"),
        )
        batch_op.create_index(
            "deliveries_deferred",
            ["deferred_for", "id"],
            unique=False,
            sqlite_where=sa.text("deferred_for IS NOT NULL"),
            postgresql_where=sa.text("deferred_for IS NOT NULL"),
        )
        batch_op.create_index(
            "deliveries_waiting",
            ["endpoint_id", "replayed", "next_attempt_at"],
            unique=False,
            sqlite_where=sa.text("status = 'pending'"),
            postgresql_where=sa.text("status = 'pending'"),
        )
        batch_op.create_index(
            "deliveries_with_bodies",
            ["bodies_at"],
            unique=False,
            sqlite_where=sa.text("bodies_at IS NOT NULL"),
            postgresql_where=sa.text("bodies_at IS NOT NULL"),
        )
        batch_op.create_index(batch_op.f("ix_deliveries_endpoint_id"), ["endpoint_id"], unique=False)

    op.create_table(
        "discards",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("publication_id", sa.String(), nullable=False),
        sa.Column("draft_version", sa.Integer(), nullable=False),
        sa.Column("sealed_preparation", sa.LargeBinary(), nullable=True),
        sa.Column("detached", sa.Boolean(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", UtcDateTime(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["publication_id"],
            ["publications.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("discards", schema=None) as batch_op:
        batch_op.create_index("discards_by_publication", ["publication_id"], unique=False)
        batch_op.create_index(
            "discards_due",
            ["next_try_at"],
            unique=False,
            sqlite_where=sa.text("next_try_at IS NOT NULL"),
            postgresql_where=sa.text("next_try_at IS NOT NULL"),
        )
