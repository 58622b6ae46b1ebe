"""Deletes files that no post and no draft names any more, as a person would (`munadi.publishing.media_deletion`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.contents.media import IS_OWN, IS_THERE
from munadi.db.session import Database
from munadi.db.tables import MediaRow, MediaUseRow
from munadi.ports import Clock
from munadi.publishing.media_deletion import MediaInUse, delete_media
from munadi.publishing.pace import Pace

# Files that one query compares with their uses.
CONSIDERED = 500


async def delete_unused(database: Database, clock: Clock, before: datetime, share: float) -> int:
    """Delete the unused files that were stored before a time, in short transactions; how many.

    `share`: of the time that these may take.
    """
    pace, after, deleted = Pace(database, clock, share), "", 0

    async def delete(session: AsyncSession, some: Sequence[str]) -> None:
        nonlocal deleted
        deleted += await _delete(session, some, clock.now())

    while True:
        async with database.read() as session:
            query = select(MediaRow.id).where(
                col(MediaRow.id) > after, IS_THERE, IS_OWN, col(MediaRow.created_at) < before
            )
            ids = (await session.exec(query.order_by(col(MediaRow.id)).limit(CONSIDERED))).all()
            unused = await _unused(session, ids)
        await pace.each(unused, delete)
        if len(ids) < CONSIDERED:
            return deleted
        after = ids[-1]


async def _delete(session: AsyncSession, ids: Sequence[str], now: datetime) -> int:
    deleted = 0
    for media_id in await _unused(session, ids):
        try:
            deleted += await delete_media(session, media_id, now)
        except MediaInUse:
            continue  # by a post that was accepted meanwhile
    return deleted


async def _unused(session: AsyncSession, ids: Sequence[str]) -> list[str]:
    used = select(MediaUseRow.media_id).where(col(MediaUseRow.media_id).in_(ids)).distinct()
    named = set((await session.exec(used)).all()) if ids else set()
    return [media_id for media_id in ids if media_id not in named]
