"""Marks publications after a restore from a backup: networks may have posts that the database does not know."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from sqlmodel import and_, col, or_, select

from munadi.db.session import Database
from munadi.db.tables import ContentRow, PublicationRow
from munadi.domain.model import WireModel
from munadi.domain.publication import PublicationStatus

S = PublicationStatus
# What may have been sent since the backup: what waits, what was publishing, and what failed and may have been retried.
_MAY_HAVE_GONE_OUT = (S.ACCEPTED, S.QUEUED, S.PUBLISHING, S.UNCONFIRMED, S.FAILED)


class MarkedCounts(WireModel):
    """The number of publications that will be checked at the network before anything is sent."""

    since: datetime
    publications: int
    by_status: dict[str, int]


async def mark_restored(database: Database, since: datetime) -> MarkedCounts:
    """Mark each publication that may have been published since the backup was made. A repeat changes nothing.

    One that is due later is marked too, because it may have been published at once or moved. Of a published one, the
    later steps that are still to be taken are checked.
    """
    async with database.write() as session:
        unfinished = and_(col(PublicationRow.status) == S.PUBLISHED.value, col(ContentRow.next_look_at).is_not(None))
        gone_out = col(PublicationRow.status).in_([status.value for status in _MAY_HAVE_GONE_OUT])
        content = col(ContentRow.id) == col(PublicationRow.content_id)
        query = select(PublicationRow).join(ContentRow, content).where(or_(gone_out, unfinished))
        counted: Counter[str] = Counter()
        for row in (await session.exec(query)).all():
            if row.status == S.PUBLISHED and not row.steps_left:
                continue
            row.look_since = min(since, row.look_since or since)
            counted[row.status] += 1
    return MarkedCounts(since=since, publications=counted.total(), by_status=dict(counted))
