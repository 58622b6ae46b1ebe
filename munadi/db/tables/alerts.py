"""The table of alerts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, LargeBinary
from sqlmodel import Field, SQLModel

from munadi.db.types import instant
from munadi.db.types import json_column as _json


class AlertRow(SQLModel, table=True):
    """Where people hear of what went wrong. `sealed` is the address.

    `position`: of the newest event that was sent, or was there before the alert. `due_at`: when what has happened since
    is sent, null while nothing has. `knows_overdue`: it was sent that posts are late, and they still are. `paused_at`:
    since when nothing is sent, because a person wants that.
    """

    __tablename__ = "alerts"
    __table_args__ = (Index("alerts_of_brand", "brand_ref"),)
    id: str = Field(primary_key=True)
    brand_ref: str | None = Field(default=None, foreign_key="brands.ref")
    service: str
    shown: str
    sealed: bytes = Field(sa_type=LargeBinary)
    types: list[str] = _json(default_factory=list)
    quiet_hours: dict[str, Any] | None = _json(default=None)
    digest: str | None = None
    position: int
    due_at: datetime | None = instant(default=None)
    knows_overdue: bool = False
    paused_at: datetime | None = instant(default=None)
    failures: int = 0
    failing_since: datetime | None = instant(default=None)
    last_error: str | None = None
    last_sent_at: datetime | None = instant(default=None)
    created_by_key: str | None = None
    created_at: datetime = instant()
    updated_at: datetime = instant()
