"""Claims the posts whose workflows must be woken, by `wake_seq` and `next_look_at`. The claiming relay wakes them.

The claim is written before the call: however many relays run, a post is woken by one of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy
from sqlalchemy import Connection, Integer, Select, bindparam, func, or_, union
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.session import Database
from munadi.db.tables import ContentRow, PublicationRow
from munadi.db.types import UtcDateTime
from munadi.domain.publishing import View
from munadi.publishing.plans import view_of

# A relay that died after its claim and before its call: others take the post over after this.
LEASE = timedelta(seconds=5)
# A signal is durable, so a workflow that has not looked yet is usually behind others in a queue. Each further signal
# makes it look once more, later: in a backlog of a minute, a post was woken fourteen times.
FIRST_SPACING, MAX_SPACING = timedelta(seconds=15), timedelta(minutes=1)
# Candidates are read ahead, so that relays which read at the same time find other posts than the first one's.
READ_AHEAD = 4
# What `view_of` reads, and what tells whether a post is new.
_CONTENT_COLUMNS = "id brand_ref draft_version approved_draft publish_by wake_seq wake_ack wake_tries updated_at"
_PUBLICATION_COLUMNS = (
    "id content_id account_id channel status epoch due_at lead_seconds hold_reason hold_until next_look_at steps_left "
    "step_look_at preparation_ready preparation_draft_version preparation_expires_at"
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
    """Claims overdue posts. The wait between wakes of one post doubles, up to a minute."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, now: datetime, look_grace: timedelta, limit: int = 64) -> list[DueWake]:
        """The posts that the caller is to wake now, in turn by brand, each brand's oldest first, so that no brand waits
        for another.

        Usually nothing is due, and then nothing is written. The limit keeps a round short: a claim is a lease.
        """
        most = READ_AHEAD * limit
        found = await self._database.lookup(lambda connection: _read_due(connection, now, now - look_grace, most))
        claimed: list[DueWake] = []
        for part in _parts(found, limit):
            claimed += await self._claim_part(part, now)
            if 2 * len(claimed) >= limit:
                break
        return claimed

    async def _claim_part(self, found: Sequence[DueWake], now: datetime) -> list[DueWake]:
        """Of these, the ones that no other relay claims in this moment or has claimed since they were read."""
        due = or_(col(ContentRow.next_wake_at).is_(None), col(ContentRow.next_wake_at) <= now)
        query = select(ContentRow).where(col(ContentRow.id).in_([wake.content_id for wake in found]), due)
        claimed: dict[str, bool] = {}
        async with self._database.write() as session:
            for row in (await session.exec(query.with_for_update(skip_locked=True))).all():
                if row.wake_seq > row.wake_ack or (row.next_look_at is not None and row.next_look_at <= now):
                    claimed[row.id] = _is_new(row)
                    row.wake_tries += 1
                    row.next_wake_at = now + LEASE
        return [
            replace(wake, view=wake.view if claimed[wake.content_id] else None)
            for wake in found
            if wake.content_id in claimed
        ]

    async def record_woken(self, content_ids: Sequence[str], now: datetime) -> None:
        """Record these wakes: the next one waits longer, until the workflow acknowledges."""
        async with self._database.write() as session:
            for row in await _locked(session, content_ids):
                if row.wake_tries > 0:  # neither acknowledged nor changed since the claim
                    spacing = FIRST_SPACING * 2.0 ** min(row.wake_tries - 1, 6)
                    row.next_wake_at = now + min(spacing, MAX_SPACING)

    async def release(self, content_ids: Sequence[str], now: datetime) -> None:
        """Give back what was claimed and could not be woken: it is due at once, as if it had not been claimed."""
        async with self._database.write() as session:
            for row in await _locked(session, content_ids):
                if row.wake_tries > 0:
                    row.wake_tries -= 1
                    row.next_wake_at = now


async def _locked(session: AsyncSession, content_ids: Sequence[str]) -> Sequence[ContentRow]:
    query = select(ContentRow).where(col(ContentRow.id).in_(content_ids)).order_by(col(ContentRow.id))
    return (await session.exec(query.with_for_update())).all()


def _parts(found: Sequence[DueWake], size: int) -> Iterator[Sequence[DueWake]]:
    return (found[start : start + size] for start in range(0, len(found), size))


def _is_new(row: Any) -> bool:
    """Whether the post has not changed since its acceptance, and its start is not recorded."""
    return (row.wake_seq, row.wake_ack, row.wake_tries) == (1, 0, 0)


def _read_due(connection: Connection, now: datetime, unseen_since: datetime, limit: int) -> list[DueWake]:
    rows = connection.execute(_DUE, {"now": now, "unseen_since": unseen_since, "most": limit}).all()
    publications: dict[str, list[Any]] = {row.id: [] for row in rows}
    if rows:
        for publication in connection.execute(_PUBLICATIONS, {"ids": list(publications)}):
            publications[publication.content_id].append(publication)
    return [_wake_of(row, publications[row.id], now) for row in rows]


def _wake_of(row: Any, publications: Sequence[Any], now: datetime) -> DueWake:
    """`row` and `publications` have the columns of the tables by name."""
    return DueWake(
        content_id=row.id,
        brand_ref=row.brand_ref,
        channels=tuple(publication.channel for publication in publications),
        overdue=row.wake_seq <= row.wake_ack,
        view=view_of(row, publications, now) if _is_new(row) else None,
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
