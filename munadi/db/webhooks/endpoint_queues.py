"""The queue of an endpoint: the lease of the process that sends to it, and its circuit breaker.

A queue has one row, made when it is first used. Its lease keeps two workers from sending the same event at the same
time. It expires, so the events of a killed worker wait `LEASE` at most. An endpoint that has fallen behind is served by
several workers (`sharing.py`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy
from sqlalchemy import Connection, String, bindparam, or_
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, update
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.tables import IS_PENDING, DeliveryRow, EndpointQueueRow, EndpointRow
from munadi.db.types import UtcDateTime
from munadi.domain.delivery import WaitingEndpoint
from munadi.domain.webhook_schedule import probe_wait

LEASE = timedelta(seconds=10)


def _is_free(now: Any, holder: Any) -> Any:
    queue = EndpointQueueRow
    return or_(col(queue.leased_until).is_(None), col(queue.leased_until) <= now, col(queue.holder) == holder)


_NOW, _HOLDER = bindparam("now", type_=UtcDateTime), bindparam("holder", type_=String)
# Compiled once: the dispatcher runs it twice a second, and it usually finds nothing.
_WAITING = (
    sqlalchemy.select(col(EndpointRow.id), col(EndpointRow.brand_ref))
    .select_from(EndpointRow)
    .outerjoin(EndpointQueueRow, col(EndpointQueueRow.endpoint_id) == col(EndpointRow.id))
    .where(
        col(EndpointRow.enabled),
        col(EndpointRow.deleted_at).is_(None),
        or_(col(EndpointQueueRow.retry_at).is_(None), col(EndpointQueueRow.retry_at) <= _NOW),
        or_(_is_free(_NOW, _HOLDER), col(EndpointQueueRow.shared_by) == col(EndpointQueueRow.holder)),
        sqlalchemy.select(col(DeliveryRow.id))
        .where(
            col(DeliveryRow.endpoint_id) == col(EndpointRow.id),
            col(DeliveryRow.replayed).in_([False, True]),  # so that the index is used up to its time
            IS_PENDING,
            col(DeliveryRow.next_attempt_at) <= _NOW,
        )
        .exists(),
    )
)


def waiting_endpoints(connection: Connection, now: datetime, holder: str) -> list[WaitingEndpoint]:
    """The enabled endpoints with due deliveries that no breaker blocks, and no other process serves without help."""
    rows = connection.execute(_WAITING, {"now": now, "holder": holder})
    return [WaitingEndpoint(endpoint_id, brand_ref) for endpoint_id, brand_ref in rows]


async def take_lease(session: AsyncSession, endpoint_id: str, holder: str, now: datetime) -> bool:
    """Take the lease of an endpoint for `LEASE` from now on. False: another process has it."""
    connection = await session.connection()
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    lease: dict[str, Any] = {"holder": holder, "leased_until": now + LEASE}
    statement = insert(EndpointQueueRow).values(endpoint_id=endpoint_id, failures=0, **lease)
    statement = statement.on_conflict_do_update(index_elements=["endpoint_id"], set_=lease, where=_is_free(now, holder))
    taken = await connection.execute(statement.returning(col(EndpointQueueRow.endpoint_id)))
    return taken.first() is not None


async def release_leases(session: AsyncSession, holder: str) -> None:
    """Release all leases of a process that ends."""
    await session.exec(
        update(EndpointQueueRow).where(col(EndpointQueueRow.holder) == holder).values(holder=None, leased_until=None)
    )


async def note_failures(
    session: AsyncSession, endpoint_id: str, failures: int, now: datetime, wait: timedelta | None
) -> None:
    """Set the count of failures in a row; the breaker closes the queue for its wait, or `wait` if that is longer."""
    waits = [each for each in (probe_wait(failures), wait) if each is not None]
    retry_at = now + max(waits) if waits else None
    await _set(session, endpoint_id, failures=failures, retry_at=retry_at)


async def close_until(session: AsyncSession, endpoint_id: str, until: datetime) -> None:
    """Send nothing to the endpoint before `until`."""
    await _set(session, endpoint_id, retry_at=until)


async def reopen(session: AsyncSession, endpoint_id: str) -> None:
    """Let the next attempt start without waiting for the breaker: the endpoint was changed, or a delivery requested."""
    await _set(session, endpoint_id, failures=0, retry_at=None)


async def _set(session: AsyncSession, endpoint_id: str, **values: Any) -> None:
    await session.exec(
        update(EndpointQueueRow).where(col(EndpointQueueRow.endpoint_id) == endpoint_id).values(**values)
    )
