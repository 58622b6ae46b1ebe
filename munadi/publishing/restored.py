"""After a backup was put back: what the database does not know of, the networks do (design §5)."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from sqlmodel import and_, col, or_, select

from munadi.db.session import Database
from munadi.db.tables import ContentRow, PublicationRow
from munadi.domain.model import WireModel
from munadi.domain.publication import PublicationStatus

S = PublicationStatus
# What may have been sent since: all that waits, all that was under way, and what failed and may have been retried.
_MAY_HAVE_GONE_OUT = (S.ACCEPTED, S.QUEUED, S.PUBLISHING, S.UNCONFIRMED, S.FAILED)


class Marked(WireModel):
    """How many publications will be looked for."""

    since: datetime
    publications: int
    by_status: dict[str, int]


async def mark_restored(database: Database, since: datetime) -> Marked:
    """Mark every publication that may have gone out since the backup was made; run again, it changes nothing.

    One that is due later is marked too: somebody may have published it at once, or moved it. Of a published one, the
    steps after the post that are still to be taken are looked for.
    """
    async with database.write() as session:
        unfinished = and_(col(PublicationRow.status) == S.PUBLISHED.value, col(ContentRow.next_look_at).is_not(None))
        gone_out = col(PublicationRow.status).in_([status.value for status in _MAY_HAVE_GONE_OUT])
        content = col(ContentRow.id) == col(PublicationRow.content_id)
        query = select(PublicationRow).join(ContentRow, content).where(or_(gone_out, unfinished))
        counted: Counter[str] = Counter()
        for row in (await session.exec(query)).all():
            if row.status == S.PUBLISHED and not row.stages:
                continue
            row.look_since = min(since, row.look_since or since)
            counted[row.status] += 1
    return Marked(since=since, publications=counted.total(), by_status=dict(counted))
