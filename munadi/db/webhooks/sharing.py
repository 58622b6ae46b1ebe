"""Lets several processes send to an endpoint that has fallen behind, each delivery by one of them.

Usually the holder of the endpoint's lease alone sends, and reads what is due without writing. An endpoint whose oldest
due event waits too long is shared by its holder. From then on every process, the holder too, claims deliveries before
it sends them: a claim moves `next_attempt_at` a little ahead, so no other process finds them due. Claims of an endpoint
take turns by its queue's row. A claim of a killed process ends by itself.

Rule: the holder begins and ends sharing while it has nothing under way that is not claimed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any

from sqlmodel import col, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.tables import IS_PENDING, DeliveryRow, EndpointQueueRow

# Renewed while the requests are under way.
CLAIM = timedelta(seconds=30)


class Access(Enum):
    """What a process may do with an endpoint: nothing, send as its holder, or send with others."""

    NONE = auto()
    HOLDER = auto()
    SHARING_HOLDER = auto()
    HELPER = auto()


async def access_of(session: AsyncSession, endpoint_id: str, holder: str, now: datetime) -> Access:
    """What `holder` may do, after it has tried to take the lease."""
    return _access(await session.get(EndpointQueueRow, endpoint_id), holder, now)


async def share(session: AsyncSession, endpoint_id: str, holder: str, is_shared: bool) -> bool:
    """Begin or end sharing; False if `holder` has lost the lease."""
    queue = update(EndpointQueueRow).where(
        col(EndpointQueueRow.endpoint_id) == endpoint_id, col(EndpointQueueRow.holder) == holder
    )
    changed = await session.exec(queue.values(shared_by=holder if is_shared else None))
    return bool(changed.rowcount == 1)


async def claim(
    session: AsyncSession, endpoint_id: str, holder: str, ids: Sequence[str], now: datetime, *, is_ordered: bool
) -> set[str] | None:
    """Claim those of these deliveries that are still due; None if the endpoint is not shared any more.

    `is_ordered`: none is claimed whose post has an earlier event that is under way elsewhere.
    """
    query: Any = select(EndpointQueueRow).where(EndpointQueueRow.endpoint_id == endpoint_id).with_for_update()
    queue = (await session.exec(query)).first()
    if _access(queue, holder, now) is Access.NONE:
        return None
    # Not waited for: who records results has locked deliveries first, and the queue's row after them.
    due: Any = select(DeliveryRow.id, DeliveryRow.content_id, DeliveryRow.sequence).where(
        col(DeliveryRow.id).in_(ids), IS_PENDING, col(DeliveryRow.next_attempt_at) <= now
    )
    rows = (await session.exec(due.with_for_update(skip_locked=True))).all()
    claimed = {row.id for row in rows}
    if is_ordered and claimed:
        first = await _first_elsewhere(session, endpoint_id, {row.content_id for row in rows}, claimed)
        claimed = {row.id for row in rows if row.sequence is None or row.sequence < first.get(row.content_id, 1 << 62)}
    await _move(session, claimed, now + CLAIM)
    return claimed


async def keep_claims(session: AsyncSession, ids: Collection[str], now: datetime) -> None:
    """Renew the claims of deliveries that are under way."""
    await _move(session, ids, now + CLAIM)


async def drop_claims(session: AsyncSession, ids: Collection[str], now: datetime) -> None:
    """Make claimed deliveries due again that were not sent."""
    await _move(session, ids, now)


def _access(queue: EndpointQueueRow | None, process: str, now: datetime) -> Access:
    if queue is None or queue.holder is None or queue.leased_until is None or queue.leased_until <= now:
        return Access.NONE
    is_shared = queue.shared_by == queue.holder
    if queue.holder == process:
        return Access.SHARING_HOLDER if is_shared else Access.HOLDER
    return Access.HELPER if is_shared else Access.NONE


async def _first_elsewhere(
    session: AsyncSession, endpoint_id: str, posts: Collection[str | None], claimed: Collection[str]
) -> dict[str | None, int]:
    """By post, the first of its pending events that is not among the claimed."""
    row = DeliveryRow
    query = (
        select(row.content_id, func.min(row.sequence))
        .where(
            col(row.endpoint_id) == endpoint_id,
            col(row.content_id).in_([post for post in posts if post is not None]),
            IS_PENDING,
            col(row.id).not_in(claimed),
        )
        .group_by(col(row.content_id))
    )
    return {post: first for post, first in (await session.exec(query)).all() if first is not None}


async def _move(session: AsyncSession, ids: Collection[str], to: datetime) -> None:
    if ids:
        moved = update(DeliveryRow).where(col(DeliveryRow.id).in_(sorted(ids)), IS_PENDING)
        await session.exec(moved.values(next_attempt_at=to))
