"""The tables of what posts are made of: stored files, the posts and drafts that use them, and saved drafts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field, SQLModel

from munadi.db.types import instant, json_column, partial_index

IS_KEPT = "deleted_at IS NULL"
IS_TO_REMOVE = "deleted_at IS NOT NULL AND removed_at IS NULL"


class MediaRow(SQLModel, table=True):
    """A stored file and its facts. Without a brand every brand may use it.

    With `deleted_at` it was deleted: nothing may use it any more. The removal of its bytes begins at `removing_at` and
    has ended at `removed_at` (`munadi.publishing.media_deletion`).
    """

    __tablename__ = "media"
    __table_args__ = (
        Index("media_by_brand", "brand_ref", "id"),
        partial_index("media_bytes_of_brand", "brand_ref", "bytes", where=IS_KEPT),
        partial_index("media_to_remove", "id", where=IS_TO_REMOVE),
        partial_index("media_removed", "removed_at", where="removed_at IS NOT NULL"),
    )
    id: str = Field(primary_key=True)
    brand_ref: str | None = Field(default=None, foreign_key="brands.ref")
    sha256: str = Field(index=True)
    facts: dict[str, Any] = json_column()
    bytes: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    source_url: str | None = None
    created_at: datetime = instant()
    deleted_at: datetime | None = instant(default=None)
    removing_at: datetime | None = instant(default=None)
    removed_at: datetime | None = instant(default=None)


class MediaUseRow(SQLModel, table=True):
    """A post (`cnt_…`), a saved draft (`drf_…`) or a branding (`bdg_…`, as its logo) names this file."""

    __tablename__ = "media_uses"
    media_id: str = Field(primary_key=True, foreign_key="media.id")
    used_by: str = Field(primary_key=True, index=True)


class SavedDraftRow(SQLModel, table=True):
    """A saved draft: a post that is not finished. `drafts` has the versions of accepted posts.

    With a `content_id` it was submitted: the row only remembers which post it became.
    """

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
