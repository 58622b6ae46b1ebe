"""Let programs sign in (OAuth 2.1): the programs, their codes, grants and tokens."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from munadi.db.types import Json, UtcDateTime

revision: str = "0046"
down_revision: str | None = "0045"
branch_labels: None = None
depends_on: None = None
oldest_code: str = "0040"


def upgrade() -> None:
    op.create_table(
        "oauth_clients",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("facts", Json, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("oauth_clients_by_use", "oauth_clients", ["used_at"], unique=False)
    op.create_index(
        "oauth_clients_unused",
        "oauth_clients",
        ["created_at"],
        unique=False,
        sqlite_where=sa.text("used_at IS NULL"),
        postgresql_where=sa.text("used_at IS NULL"),
    )

    op.create_table(
        "oauth_codes",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("client_name", sa.String(), nullable=False),
        sa.Column("brand_ref", sa.String(), nullable=False),
        sa.Column("scopes", Json, nullable=False),
        sa.Column("caps", Json, nullable=True),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("granted_by", sa.String(), nullable=False),
        sa.Column("redirect_uri", sa.String(), nullable=False),
        sa.Column("challenge", sa.String(), nullable=False),
        sa.Column("resource", sa.String(), nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.Column("key_id", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_index("oauth_codes_by_brand", "oauth_codes", ["brand_ref"], unique=False)
    op.create_index("oauth_codes_by_end", "oauth_codes", ["expires_at"], unique=False)

    op.create_table(
        "oauth_grants",
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("resource", sa.String(), nullable=True),
        sa.Column("granted_by", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["key_id"],
            ["api_keys.id"],
        ),
        sa.PrimaryKeyConstraint("key_id"),
    )
    op.create_table(
        "oauth_tokens",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("is_refresh", sa.Boolean(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["key_id"],
            ["api_keys.id"],
        ),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_index("oauth_tokens_by_end", "oauth_tokens", ["expires_at"], unique=False)
    op.create_index("oauth_tokens_by_key", "oauth_tokens", ["key_id"], unique=False)
