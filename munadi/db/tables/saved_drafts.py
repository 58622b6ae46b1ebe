"""The table of saved drafts: posts that are not finished. `drafts` is another table, of accepted posts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from munadi.db.types import instant, json_column


class SavedDraftRow(SQLModel, table=True):
    """A draft. With a `content_id` it was submitted: the row only remembers which post it became."""

    __tablename__ = "saved_drafts"
    __table_args__ = (
        Index("saved_drafts_by_brand", "brand_ref", "id"),
        Index(
            "saved_drafts_submitted",
            "updated_at",
            sqlite_where=text("content_id IS NOT NULL"),
            postgresql_where=text("content_id IS NOT NULL"),
        ),
    )
    id: str = Field(primary_key=True)
    brand_ref: str = Field(foreign_key="brands.ref")
    content: dict[str, Any] = json_column()
    checked: dict[str, Any] = json_column()
    version: int = 1
    content_id: str | None = Field(default=None, foreign_key="contents.id")
    checked_at: datetime = instant()
    created_at: datetime = instant()
    updated_at: datetime = instant()
