"""The table of the metadata by which posts are listed."""

from __future__ import annotations

from sqlalchemy import Index
from sqlmodel import Field, SQLModel


class MetadataRow(SQLModel, table=True):
    """One name and value that a client gave a post."""

    __tablename__ = "content_metadata"
    __table_args__ = (Index("content_metadata_by_value", "name", "value", "content_id"),)
    content_id: str = Field(primary_key=True, foreign_key="contents.id")
    name: str = Field(primary_key=True)
    value: str
