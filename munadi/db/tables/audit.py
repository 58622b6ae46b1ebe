"""The tables of the audit log and of dashboard sessions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from munadi.db.types import instant, partial_index

# Nearly all actions are that of a new post, which has no entry in the indexes by action: a page of them fills anyway.
IS_NO_NEW_POST = "action <> 'content.created'"


class AuditRow(SQLModel, table=True):
    """One action. It has no foreign keys, because the log outlives the rows that it is about."""

    __tablename__ = "audit"
    __table_args__ = (
        Index("audit_by_age", "at"),
        Index("audit_by_brand", "brand_ref", "id"),
        Index("audit_by_key", "key_id", "id"),
        Index("audit_by_target", "target", "id"),
        partial_index("audit_by_action", "action", "id", where=IS_NO_NEW_POST),
        partial_index("audit_by_brand_and_action", "brand_ref", "action", "id", where=IS_NO_NEW_POST),
        partial_index("audit_by_key_and_action", "key_id", "action", "id", where=IS_NO_NEW_POST),
    )
    id: str = Field(primary_key=True)
    at: datetime = instant()
    key_id: str | None = None
    brand_ref: str | None = None
    action: str
    target: str | None = None
    request_id: str | None = None
    address: str | None = None
    count: int = 1


class SessionRow(SQLModel, table=True):
    """A browser that signed in with a key. Without `ended_at` it lasts until `ends_at`, or until its key is revoked."""

    __tablename__ = "sessions"
    __table_args__ = (Index("sessions_by_end", "ends_at"),)
    id: str = Field(primary_key=True)
    key_id: str = Field(foreign_key="api_keys.id")
    created_at: datetime = instant()
    ends_at: datetime = instant()
    ended_at: datetime | None = instant(default=None)
