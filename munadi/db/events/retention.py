"""Removes old events, deliveries and response bodies, in short transactions.

The rule here: events are removed from the start of the log, and the newest one never. So the log has no holes, and a
reader whose cursor is older than its start can be told so.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from sqlmodel import col, delete, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.session import Database
from munadi.db.tables import DeliveryRow, EventRow
from munadi.db.webhooks.delivery_results import without_bodies

# Rows of one transaction, and how many transactions one run makes at most; the next run continues.
BATCH, BATCHES = 500, 200


async def forget_old_events(database: Database, now: datetime, kept: timedelta) -> int:
    """Delete the events older than `kept`, with their deliveries; returns their number."""
    return await _in_batches(database, lambda session: _forget_events(session, now - kept))


async def forget_old_deliveries(database: Database, now: datetime, kept: timedelta) -> int:
    """Delete the deliveries that were made and last changed before `kept`, whatever their status; their number."""
    total, last = 0, ""
    for _ in range(BATCHES):
        async with database.write() as session:
            # In the order of their ids, which is nearly that of their creation: no index on the time is needed.
            query = select(DeliveryRow.id, DeliveryRow.created_at, DeliveryRow.updated_at)
            query = query.where(col(DeliveryRow.id) > last).order_by(col(DeliveryRow.id)).limit(BATCH)
            rows = (await session.exec(query)).all()
            old = [delivery_id for delivery_id, made, changed in rows if max(made, changed) < now - kept]
            await session.exec(delete(DeliveryRow).where(col(DeliveryRow.id).in_(old)))
        total += len(old)
        if len(rows) < BATCH or all(made >= now - kept for _, made, _ in rows):
            break
        last = rows[-1][0]
    return total


async def forget_old_bodies(database: Database, now: datetime, kept: timedelta) -> int:
    """Remove requests and responses from deliveries whose last attempt is older than `kept`; their number."""

    async def forget(session: AsyncSession) -> int:
        query = select(DeliveryRow).where(col(DeliveryRow.bodies_at) < now - kept)
        rows = (await session.exec(query.order_by(col(DeliveryRow.bodies_at)).limit(BATCH).with_for_update())).all()
        for row in rows:
            row.log, row.bodies_at = without_bodies(row.log), None
        return len(rows)

    return await _in_batches(database, forget)


async def first_position(session: AsyncSession) -> int:
    """The position of the oldest event that is kept; 1 before the first."""
    return (await session.exec(select(func.min(EventRow.position)))).one() or 1


async def _forget_events(session: AsyncSession, before: datetime) -> int:
    newest = (await session.exec(select(func.max(EventRow.position)))).one()
    # The newest keeps its place: numbering continues after it.
    query = select(EventRow.id, EventRow.created_at).where(col(EventRow.position) < (newest or 0))
    old = []
    for event_id, at in (await session.exec(query.order_by(col(EventRow.position)).limit(BATCH))).all():
        if at >= before:
            break
        old.append(event_id)
    if old:
        await session.exec(delete(DeliveryRow).where(col(DeliveryRow.event_id).in_(old)))
        await session.exec(delete(EventRow).where(col(EventRow.id).in_(old)))
    return len(old)


async def _in_batches(database: Database, forget: Callable[[AsyncSession], Awaitable[int]]) -> int:
    total = 0
    for _ in range(BATCHES):
        async with database.write() as session:
            count = await forget(session)
        total += count
        if count < BATCH:
            break
    return total
