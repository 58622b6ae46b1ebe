"""Renditions of stored videos: rows of media that no client names, and the queue of those that are to be made."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import update
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.contents.media import IS_THERE
from munadi.db.tables import ConversionRow, MediaRow


async def rendition(session: AsyncSession, key: str) -> MediaRow | None:
    """The newest stored file that was made by this key, of any brand: its bytes are equal for all."""
    query = select(MediaRow).where(col(MediaRow.rendition_key) == key, IS_THERE).order_by(col(MediaRow.id).desc())
    return (await session.exec(query.limit(1))).first()


async def rendition_of(session: AsyncSession, media_id: str, key: str) -> MediaRow | None:
    """The stored rendition of a file, counted as its brand's."""
    query = select(MediaRow).where(col(MediaRow.rendition_key) == key, col(MediaRow.rendition_of) == media_id, IS_THERE)
    return (await session.exec(query.limit(1))).first()


async def delete_renditions(session: AsyncSession, media_ids: Collection[str], now: datetime) -> None:
    """Delete what was made of these files, and what is still to be made."""
    made = (col(MediaRow.rendition_of).in_(media_ids), col(MediaRow.deleted_at).is_(None))
    await session.exec(update(MediaRow).where(*made).values(deleted_at=now))
    await session.exec(delete(ConversionRow).where(col(ConversionRow.media_id).in_(media_ids)))
