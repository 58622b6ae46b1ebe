"""Deletes posts with every row that belongs to them, in the transaction of the caller.

The rule here: who calls this has locked the posts and knows that nothing needs them (`munadi.publishing.purging`).
The audit log keeps the ids of posts and says who did what; it has no text of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, select
from sqlmodel import SQLModel, col
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.tables import (
    AttemptRow,
    ContentRow,
    DeliveryRow,
    DiscardRow,
    DraftRow,
    EventRow,
    MediaUseRow,
    MetadataRow,
    PublicationRow,
    ReviewLinkRow,
    SavedDraftRow,
)

Table = type[SQLModel]


async def delete_posts(session: AsyncSession, ids: Sequence[str]) -> dict[str, int]:
    """Delete these posts; how many rows of each table."""
    connection = await session.connection()
    return {
        str(table.__tablename__): (await connection.execute(delete(table).where(condition))).rowcount
        for table, condition in _rows_of(ids)
    }


async def count_rows(session: AsyncSession, ids: Sequence[str]) -> dict[str, int]:
    """How many rows of each table `delete_posts` would delete."""
    connection = await session.connection()
    return {
        str(table.__tablename__): (
            await connection.execute(select(func.count()).select_from(table).where(condition))
        ).scalar_one()
        for table, condition in _rows_of(ids)
    }


def _rows_of(ids: Sequence[str]) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    """Every table that has rows of posts, those that refer to others first."""
    publications = _ids_of(PublicationRow, ids)
    yield DeliveryRow, col(DeliveryRow.event_id).in_(_ids_of(EventRow, ids))
    yield EventRow, col(EventRow.content_id).in_(ids)
    yield AttemptRow, col(AttemptRow.publication_id).in_(publications)
    yield DiscardRow, col(DiscardRow.publication_id).in_(publications)
    yield PublicationRow, col(PublicationRow.content_id).in_(ids)
    yield MetadataRow, col(MetadataRow.content_id).in_(ids)
    yield MediaUseRow, col(MediaUseRow.used_by).in_(ids)
    yield DraftRow, col(DraftRow.content_id).in_(ids)
    yield SavedDraftRow, col(SavedDraftRow.content_id).in_(ids)
    yield ReviewLinkRow, col(ReviewLinkRow.content_id).in_(ids)
    yield ContentRow, col(ContentRow.id).in_(ids)


def _ids_of(table: type[PublicationRow] | type[EventRow], ids: Sequence[str]) -> Select[Any]:
    return select(col(table.id)).where(col(table.content_id).in_(ids))
