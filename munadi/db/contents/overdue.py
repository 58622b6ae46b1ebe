"""Finds what is overdue: publications that are due, wait for nothing else, and that no worker has claimed.

That is how a missing or hanging worker shows: its process may exist, and Temporal may still list it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from munadi.db.tables import ContentRow, PublicationRow
from munadi.domain.publication import PublicationStatus

# A worker claims a post within milliseconds of its due time; a burst takes a few seconds.
OVERDUE_AFTER = timedelta(seconds=5)
# How far ahead posts are counted for those who decide how many workers there are: a worker starts within a minute.
SOON = timedelta(minutes=5)
# Publications that are counted at most, so that a count is quick in a long outage, too.
COUNTED = 10_000
_UNCLAIMED = (PublicationStatus.ACCEPTED.value, PublicationStatus.QUEUED.value)


@dataclass(frozen=True)
class Overdue:
    """The number of overdue posts, and the due time of the oldest; None if there is none."""

    count: int = 0
    oldest: datetime | None = None

    def __add__(self, other: Overdue) -> Overdue:
        """The counts added up, with the older of the two times."""
        times = [at for at in (self.oldest, other.oldest) if at is not None]
        return Overdue(self.count + other.count, min(times, default=None))


async def overdue_by_brand(session: AsyncSession, now: datetime, brand_ref: str | None = None) -> dict[str, Overdue]:
    """What is overdue, by brand; of one brand if it is given. Brands without anything overdue are missing."""
    due = (
        select(col(ContentRow.brand_ref), col(ContentRow.id), col(PublicationRow.due_at))
        .join(PublicationRow, col(PublicationRow.content_id) == col(ContentRow.id))
        .where(_is_overdue(now))
    )
    # Grouped and filtered afterwards: SQLite would else read every post by its brand, to save the sorting of a few.
    found = due.limit(COUNTED).subquery().c
    query = select(found.brand_ref, func.count(func.distinct(found.id)), func.min(found.due_at))
    query = query.group_by(found.brand_ref)
    if brand_ref is not None:
        query = query.where(found.brand_ref == brand_ref)
    return {ref: Overdue(number, oldest) for ref, number, oldest in (await session.exec(query)).all()}


async def overdue_in_all(session: AsyncSession, now: datetime) -> Overdue:
    """What is overdue in all brands together."""
    return sum((await overdue_by_brand(session, now)).values(), Overdue())


async def due_soon(session: AsyncSession, now: datetime) -> int:
    """How many posts no worker has claimed that are due within `SOON`, or were due before; at most `COUNTED`."""
    return (await overdue_in_all(session, now + SOON + OVERDUE_AFTER)).count


def overdue_contents(now: datetime) -> SelectOfScalar[str]:
    """The ids of the overdue posts."""
    joined = select(col(ContentRow.id)).join(PublicationRow, col(PublicationRow.content_id) == col(ContentRow.id))
    return joined.where(_is_overdue(now))


def _is_overdue(now: datetime) -> ColumnElement[bool]:
    """Of a post and one of its publications. The first condition reads a partial index, in which few rows are due."""
    since = now - OVERDUE_AFTER
    return and_(
        col(ContentRow.next_look_at) < since,
        col(PublicationRow.status).in_(_UNCLAIMED),
        # No bare column, or SQLite would read all that was ever due.
        func.coalesce(PublicationRow.due_at, since) < since,
        or_(col(PublicationRow.hold_reason).is_(None), col(PublicationRow.hold_until) < since),
    )
