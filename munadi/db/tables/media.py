"""The tables of what posts are made of: stored files, the posts and drafts that use them, and saved drafts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field, SQLModel

from munadi.db.types import instant, json_column, partial_index

IS_KEPT = "deleted_at IS NULL"
IS_RENDITION = "rendition_of IS NOT NULL AND deleted_at IS NULL"
IS_TO_CONVERT = "status <> 'failed'"
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
        partial_index("media_renditions", "rendition_of", where=IS_RENDITION),
        partial_index("media_by_rendition_key", "rendition_key", where="rendition_key IS NOT NULL"),
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
    # Of a rendition: the file that it was made from, and what of it (munadi.domain.fitting). No client names it.
    rendition_of: str | None = None
    rendition_key: str | None = None


class ConversionRow(SQLModel, table=True):
    """A rendition that is to be made (`munadi.publishing.conversions`); deleted once it is made.

    A worker has it until `lease_until`. It belongs to `media_id`, and is deleted with that file.
    """

    __tablename__ = "conversions"
    __table_args__ = (partial_index("conversions_to_do", "is_long", "needed_at", where=IS_TO_CONVERT),)
    media_id: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    recipe: dict[str, Any] = json_column()
    seconds: float = 0.0
    is_long: bool = False
    status: str = "waiting"
    progress: int = 0
    tries: int = 0
    holder: str | None = None
    lease_until: datetime | None = instant(default=None)
    failure: str | None = None
    needed_at: datetime = instant()
    created_at: datetime = instant()


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
