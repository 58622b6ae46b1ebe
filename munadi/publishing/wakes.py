"""Finds the workflows of posts that must be woken, by `wake_seq` and `next_look_at`. The relay wakes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy
from sqlalchemy import Connection, Integer, Select, bindparam, func, or_, union
from sqlmodel import col, select

from munadi.db.session import Database
from munadi.db.tables import ContentRow, PublicationRow
from munadi.db.types import UtcDateTime
from munadi.publishing.model import View
from munadi.publishing.plans import view_of

MAX_SPACING = timedelta(minutes=1)
# What `view_of` reads, and what tells whether a post is new.
_CONTENT_COLUMNS = "id brand_ref draft_version publish_by wake_seq wake_ack wake_tries updated_at"
_PUBLICATION_COLUMNS = (
    "id content_id account_id channel status epoch due_at lead_seconds hold_reason hold_until next_look_at stages "
    "handle_ready handle_draft_version handle_expires_at"
)
_CONTENT = [getattr(ContentRow, name) for name in _CONTENT_COLUMNS.split()]
_PUBLICATION = [getattr(PublicationRow, name) for name in _PUBLICATION_COLUMNS.split()]


@dataclass(frozen=True)
class DueWake:
    """A post whose workflow has not acknowledged the last change, or is overdue.

    `view` is set for a post that has not changed since its acceptance and whose start is not recorded. A workflow that
    starts with it need not read the database before the due time.
    """

    content_id: str
    brand_ref: str
    channels: tuple[str, ...]
    overdue: bool
    view: View | None = None


class Wakes:
    """Reads overdue posts. The wait between wakes of one post doubles, up to a minute."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def due(self, now: datetime, look_grace: timedelta, limit: int = 64) -> list[DueWake]:
        """The posts to wake now, in turn by brand, each brand's oldest first, so that no brand waits for another.

        Read only, because usually nothing is due. The limit keeps a round short, because its result becomes stale.
        """
        return await self._database.lookup(lambda connection: _read_due(connection, now, now - look_grace, limit))

    async def record_woken(self, content_ids: list[str], now: datetime) -> None:
        """Record these wakes: the next one waits longer, until the workflow acknowledges."""
        async with self._database.write() as session:
            query = select(ContentRow).where(col(ContentRow.id).in_(content_ids)).with_for_update()
            for row in (await session.exec(query)).all():
                unacknowledged = row.wake_seq > row.wake_ack
                unseen = row.next_look_at is not None and row.next_look_at <= now
                if unacknowledged or unseen:
                    row.wake_tries += 1
                    row.next_wake_at = now + min(timedelta(seconds=2.0 ** min(row.wake_tries, 6)), MAX_SPACING)


def _read_due(connection: Connection, now: datetime, unseen_since: datetime, limit: int) -> list[DueWake]:
    rows = connection.execute(_DUE, {"now": now, "unseen_since": unseen_since, "most": limit}).all()
    publications: dict[str, list[Any]] = {row.id: [] for row in rows}
    if rows:
        for publication in connection.execute(_PUBLICATIONS, {"ids": list(publications)}):
            publications[publication.content_id].append(publication)
    return [_wake_of(row, publications[row.id], now) for row in rows]


def _wake_of(row: Any, publications: Sequence[Any], now: datetime) -> DueWake:
    """`row` and `publications` have the columns of the tables by name."""
    is_new = (row.wake_seq, row.wake_ack, row.wake_tries) == (1, 0, 0)
    return DueWake(
        content_id=row.id,
        brand_ref=row.brand_ref,
        channels=tuple(publication.channel for publication in publications),
        overdue=row.wake_seq <= row.wake_ack,
        view=view_of(row, publications, now) if is_new else None,
    )


def _due() -> Select[Any]:
    now = bindparam("now", type_=UtcDateTime)
    columns = sqlalchemy.select(*_CONTENT).where(
        or_(col(ContentRow.next_wake_at).is_(None), col(ContentRow.next_wake_at) <= now)
    )
    # Each half has a partial index of its own. Joined by OR, every post that was ever stored would be read.
    unacknowledged = columns.where(col(ContentRow.wake_seq) > col(ContentRow.wake_ack))
    unseen = columns.where(col(ContentRow.next_look_at) <= bindparam("unseen_since", type_=UtcDateTime))
    found = union(unacknowledged, unseen).subquery().c
    turn = func.row_number().over(partition_by=found.brand_ref, order_by=found.updated_at)
    query = sqlalchemy.select(*(found[column.key] for column in _CONTENT)).order_by(turn, found.updated_at)
    return query.limit(bindparam("most", type_=Integer))


# Built once: the relay reads twice a second, and the usual answer is nothing.
_DUE = _due()
_PUBLICATIONS = (
    sqlalchemy.select(*_PUBLICATION)
    .where(col(PublicationRow.content_id).in_(bindparam("ids", expanding=True)))
    .order_by(col(PublicationRow.place))
)
