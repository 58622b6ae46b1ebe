"""The tables of brands, API keys, accounts and their connections."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from munadi.db.types import instant, json_column, partial_index

# Connections that have not ended: they expire. A query that is to use the index has exactly this condition.
IS_OPEN = "status IN ('waiting', 'consenting', 'choosing')"


class BrandRow(SQLModel, table=True):
    __tablename__ = "brands"
    ref: str = Field(primary_key=True)
    mode: str = Field(default="live", sa_column_kwargs={"server_default": "live"})
    name: str | None = None
    timezone: str | None = None
    limits: dict[str, Any] = json_column(default_factory=dict)
    duplicates: str = "warn"
    unusable_accounts: str = "warn"
    approval: str = Field(default="proposals", sa_column_kwargs={"server_default": "proposals"})
    fit: str = Field(default="refuse", sa_column_kwargs={"server_default": "refuse"})
    looks: dict[str, Any] | None = json_column(default=None)  # munadi.domain.look_rule; null: as the settings say
    own_metadata: dict[str, str] | None = json_column(default=None)
    slots: list[dict[str, Any]] | None = json_column(default=None)  # munadi.domain.slots
    paused_queues: dict[str, str] | None = json_column(default=None)  # since when, by queue
    created_at: datetime = instant()
    # When its erasure was requested. From then on it is answered as if there were no such brand.
    erasing_at: datetime | None = instant(default=None)


class KeyRow(SQLModel, table=True):
    """An API key. `hash` is that of its text, some of them `guarded` (`munadi.db.keys.callers`)."""

    __tablename__ = "api_keys"
    __table_args__ = (
        partial_index("api_keys_by_previous_hash", "previous_hash", where="previous_hash IS NOT NULL"),
        partial_index("api_keys_by_parent", "parent_id", where="parent_id IS NOT NULL"),
        Index(
            "api_keys_of_brand",
            "brand_ref",
            sqlite_where=text("revoked_at IS NULL"),
            postgresql_where=text("revoked_at IS NULL"),
        ),
    )
    id: str = Field(primary_key=True)
    name: str
    hash: str = Field(unique=True)
    hint: str
    scopes: list[str] = json_column()
    brand_ref: str | None = Field(default=None, foreign_key="brands.ref")
    brand_refs: list[str] | None = json_column(default=None)  # of a key of several brands (munadi.domain.reach)
    caps: dict[str, Any] | None = json_column(default=None)  # munadi.domain.key_caps
    parent_id: str | None = None  # the key that made it, which may be gone
    # The keys that it descends from: the first one, and last its parent.
    lineage: list[str] = json_column(default_factory=list, sa_column_kwargs={"server_default": text("'[]'")})
    previous_hash: str | None = None  # of the text before the last rotation, which is valid until `previous_ends_at`
    previous_ends_at: datetime | None = instant(default=None)
    last_used_at: datetime | None = instant(default=None)  # to a minute
    own_metadata: dict[str, str] | None = json_column(default=None)
    created_at: datetime = instant()
    expires_at: datetime | None = instant(default=None)
    revoked_at: datetime | None = instant(default=None)


class BrandAppRow(SQLModel, table=True):
    """An app of a brand's own at a network. One that was replaced or removed (`ended_at`) stays for its accounts."""

    __tablename__ = "brand_apps"
    __table_args__ = (
        Index("brand_apps_by_brand", "brand_ref"),
        Index(
            "brand_apps_one_per_channel",
            "brand_ref",
            "channel",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )
    id: str = Field(primary_key=True)
    brand_ref: str = Field(foreign_key="brands.ref")
    channel: str
    login: str | None = None
    client_id: str
    sealed: bytes = Field(sa_type=LargeBinary)
    review: str | None = None
    created_at: datetime = instant()
    updated_at: datetime = instant()
    ended_at: datetime | None = instant(default=None)


class BrandingRow(SQLModel, table=True):
    """How a brand looks on the pages for owners and reviewers. Its id is new with each change: the logo and the style
    sheet have it in their public addresses, which browsers keep, and the uses of the logo's file name it."""

    __tablename__ = "brandings"
    id: str = Field(primary_key=True)
    brand_ref: str = Field(foreign_key="brands.ref", unique=True)
    name: str | None = None
    logo_media_id: str | None = None
    colour: str | None = None
    support_url: str | None = None
    created_at: datetime = instant()
    updated_at: datetime = instant()


class AppPauseRow(SQLModel, table=True):
    """Until when a network wants no calls of one kind from an app, whichever of its accounts they are for."""

    __tablename__ = "app_pauses"
    app: str = Field(primary_key=True)  # munadi.db.accounts.app_pauses
    calls: str = Field(primary_key=True)
    until: datetime = instant()


class AccountRow(SQLModel, table=True):
    __tablename__ = "accounts"
    __table_args__ = (
        Index(
            "accounts_one_per_profile",
            "brand_ref",
            "channel",
            "external_id",
            unique=True,
            sqlite_where=text("deleted_at IS NULL"),
            postgresql_where=text("deleted_at IS NULL"),
        ),
        Index(
            "accounts_to_keep",
            "keep_at",
            sqlite_where=text("keep_at IS NOT NULL"),
            postgresql_where=text("keep_at IS NOT NULL"),
        ),
        # Disconnected ones too: what they published counts.
        Index("accounts_by_brand", "brand_ref"),
    )
    id: str = Field(primary_key=True)
    brand_ref: str = Field(foreign_key="brands.ref")
    is_test: bool | None = None  # of a test brand; null: of a live one
    channel: str
    external_id: str
    handle: str
    display_name: str | None = None
    service_url: str | None = None
    login: str | None = None
    status: str
    scopes: list[str] = json_column(default_factory=list)
    facts: dict[str, Any] = json_column(default_factory=dict)
    sealed: bytes = Field(sa_type=LargeBinary)
    app_id: str | None = None  # the brand's app that its owner consented to; null: the installation's
    credentials_version: int = 1
    connected_version: int = 0  # the first version of this connection: failures of older versions are not recorded
    token_expires_at: datetime | None = instant(default=None)
    grant_expires_at: datetime | None = instant(default=None)
    granted_at: datetime | None = instant(default=None)  # when its owner last connected it
    renewed_at: datetime | None = instant(default=None)  # when we last renewed the credentials since then
    keep_at: datetime | None = instant(default=None)  # when its workflow must run, at the latest
    paused_until: datetime | None = instant(default=None)
    last_success_at: datetime | None = instant(default=None)
    last_failure: dict[str, Any] | None = json_column(default=None)
    unshown_since: datetime | None = instant(default=None)  # since when the network shows none of its posts
    lease_holder: str | None = None
    lease_until: datetime | None = instant(default=None)
    own_metadata: dict[str, str] | None = json_column(default=None)
    created_at: datetime = instant()
    updated_at: datetime = instant()
    deleted_at: datetime | None = instant(default=None)


class CalendarFeedRow(SQLModel, table=True):
    """A secret address of a brand's calendar. Only a hash of the secret is kept.

    It ends with the key that made it, unless that is null: it was made before keys were noted, and ends when revoked.
    """

    __tablename__ = "calendar_feeds"
    __table_args__ = (UniqueConstraint("secret_hash", name="calendar_feeds_one_per_secret"),)
    id: str = Field(primary_key=True)
    brand_ref: str = Field(foreign_key="brands.ref", index=True)
    secret_hash: str
    created_by_key: str | None = None
    created_at: datetime = instant()


class ConnectionRow(SQLModel, table=True):
    """An attempt to connect a profile in a browser: its link, its consent and its result.

    Only hashes of the link, the state and the browser's cookie are kept; `sealed` holds what the exchange needs and,
    while a profile is chosen, the tokens of the choices. `state_hash` names the browser's try that counts, until it
    ends; `state_expires_at` is None once the browser has come back with the state.
    """

    __tablename__ = "connections"
    __table_args__ = (
        UniqueConstraint("link_hash", name="connections_one_per_link"),
        UniqueConstraint("state_hash", name="connections_one_per_state"),
        Index("connections_by_end", "brand_ref", "expires_at"),
        partial_index("connections_open_by_end", "expires_at", where=IS_OPEN),
    )
    id: str = Field(primary_key=True)
    brand_ref: str = Field(foreign_key="brands.ref", index=True)
    channel: str
    key_id: str = Field(foreign_key="api_keys.id")
    account_id: str | None = Field(default=None, foreign_key="accounts.id")  # the one to reconnect
    status: str
    login: str | None = None
    hint: str | None = None
    redirect_url: str | None = None
    link_hash: str
    state_hash: str | None = None
    browser_hash: str | None = None
    state_expires_at: datetime | None = instant(default=None)
    sealed: bytes = Field(default=b"", sa_type=LargeBinary)
    app_id: str | None = None  # the brand's app that the consent was begun with; null: the installation's
    choices: list[dict[str, Any]] = json_column(default_factory=list)
    account_ids: list[str] = json_column(default_factory=list)
    failure: dict[str, Any] | None = json_column(default=None)
    own_metadata: dict[str, str] | None = json_column(default=None)
    created_at: datetime = instant()
    updated_at: datetime = instant()
    expires_at: datetime = instant()
