"""The tables of programs that sign in (OAuth 2.1): the programs, their one-use codes, grants and tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from munadi.db.types import instant, json_column, partial_index


class OAuthClientRow(SQLModel, table=True):
    """A program that registered itself. Without `used_at` no person has allowed it anything yet."""

    __tablename__ = "oauth_clients"
    __table_args__ = (
        partial_index("oauth_clients_unused", "created_at", where="used_at IS NULL"),
        Index("oauth_clients_by_use", "used_at"),
    )
    id: str = Field(primary_key=True)
    name: str
    facts: dict[str, Any] = json_column()  # as it registered: addresses to return to, kinds of grants
    created_at: datetime = instant()
    used_at: datetime | None = instant(default=None)


class OAuthCodeRow(SQLModel, table=True):
    """A consent, until the program exchanges its code for tokens. `key_id` is the key that this made.

    A used row stays for a day: who shows the code again has stolen it, or it was stolen.
    """

    __tablename__ = "oauth_codes"
    __table_args__ = (Index("oauth_codes_by_end", "expires_at"), Index("oauth_codes_by_brand", "brand_ref"))
    hash: str = Field(primary_key=True)
    client_id: str
    client_name: str
    brand_ref: str
    scopes: list[str] = json_column()
    caps: dict[str, Any] | None = json_column(default=None, nullable=True)
    ends_at: datetime = instant()
    granted_by: str
    redirect_uri: str
    challenge: str
    resource: str | None = None
    expires_at: datetime = instant()
    used_at: datetime | None = instant(default=None)
    key_id: str | None = None


class OAuthDeviceRow(SQLModel, table=True):
    """A login of a device that waits for a person. `hash`: of its long code, which the consent's row has, too."""

    __tablename__ = "oauth_devices"
    __table_args__ = (Index("oauth_devices_by_end", "expires_at"),)
    hash: str = Field(primary_key=True)
    user_code_hash: str = Field(unique=True)
    address: str | None = None
    created_at: datetime = instant()
    expires_at: datetime = instant()
    # When the device may ask again, and how far apart it has to ask.
    next_poll_at: datetime = instant()
    poll_seconds: int
    decided_at: datetime | None = instant(default=None)


class OAuthGrantRow(SQLModel, table=True):
    """What a program was allowed: an API key without a text of its own, which only tokens open."""

    __tablename__ = "oauth_grants"
    key_id: str = Field(primary_key=True, foreign_key="api_keys.id")
    client_id: str
    resource: str | None = None
    granted_by: str
    created_at: datetime = instant()


class OAuthTokenRow(SQLModel, table=True):
    """An access or a refresh token of a grant. A used refresh token stays until its end, so that a second use shows."""

    __tablename__ = "oauth_tokens"
    __table_args__ = (Index("oauth_tokens_by_end", "expires_at"), Index("oauth_tokens_by_key", "key_id"))
    hash: str = Field(primary_key=True)
    key_id: str = Field(foreign_key="api_keys.id")
    is_refresh: bool
    expires_at: datetime = instant()
    used_at: datetime | None = instant(default=None)
