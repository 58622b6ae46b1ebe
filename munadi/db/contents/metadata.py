"""The metadata of posts by name and value, for lists. The `source` of a draft has them whole."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import ColumnElement, insert
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from munadi.db.prebuilt import Prebuilt
from munadi.db.tables import ContentRow, MetadataRow

INSERT_METADATA = Prebuilt(insert(MetadataRow))


def metadata_values(content_id: str, metadata: Mapping[str, str]) -> list[dict[str, str]]:
    """The rows of a post's metadata."""
    return [{"content_id": content_id, "name": name, "value": value} for name, value in metadata.items()]


async def replace_metadata(session: AsyncSession, content_id: str, metadata: Mapping[str, str]) -> None:
    """Store the metadata of a post in the place of those that it had."""
    await session.exec(delete(MetadataRow).where(col(MetadataRow.content_id) == content_id))
    if rows := metadata_values(content_id, metadata):
        await INSERT_METADATA.run(session, rows)


def contents_with(name: str, value: str) -> SelectOfScalar[str]:
    """The ids of the posts with this name and value."""
    return select(MetadataRow.content_id).where(MetadataRow.name == name, MetadataRow.value == value)


def is_named(name: str, value: str) -> ColumnElement[bool]:
    """Whether a post has this name and value."""
    return contents_with(name, value).where(col(MetadataRow.content_id) == col(ContentRow.id)).exists()
