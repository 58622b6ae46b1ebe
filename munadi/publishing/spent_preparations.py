"""Deletes preparations that are no longer used (docs/decisions/017)."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.session import Database
from munadi.db.tables import PublicationRow
from munadi.domain.publication import PublicationStatus
from munadi.publishing.content import LockedContent
from munadi.publishing.leftovers import forget_preparation, is_over, is_planned

log = logging.getLogger("munadi.preparations")

# A failed publication keeps its preparation for this long; a retry after that prepares again.
KEPT_AFTER_A_FAILURE = timedelta(days=1)
ROWS = 100
_HELD = col(PublicationRow.sealed_preparation).is_not(None)
_OVER = [PublicationStatus.FAILED.value, PublicationStatus.CANCELED.value]


async def forget_spent_preparations(database: Database, now: datetime) -> int:
    """Delete the preparations of publications that ended a day ago, unless they are to be removed; returns how many.

    Most are deleted earlier: with the publication's end or their removal. These are of failures that may be visible.
    """
    query = select(PublicationRow.content_id).where(
        _HELD, col(PublicationRow.status).in_(_OVER), col(PublicationRow.updated_at) < now - KEPT_AFTER_A_FAILURE
    )
    async with database.read() as session:
        content_ids = (await session.exec(query.distinct().limit(ROWS))).all()
    forgotten = 0
    for content_id in content_ids:
        async with database.write() as session:
            locked = await LockedContent.lock(session, content_id, now)
            for row in locked.publications if locked else ():
                if await _is_spent(session, row, now):
                    forget_preparation(row)
                    forgotten += 1
    return forgotten


async def _is_spent(session: AsyncSession, row: PublicationRow, now: datetime) -> bool:
    return is_over(row) and row.updated_at < now - KEPT_AFTER_A_FAILURE and not await is_planned(session, row.id)
