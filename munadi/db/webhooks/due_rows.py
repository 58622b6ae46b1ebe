"""The queries for what is due to one endpoint, each row with the limit of the brand that its event is about.

The limit comes with the row, so a brand without one costs no further statement. The lengths of the events are read
before the events: a process has many queues, and an event may have half a megabyte.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.page_sizes import fitting, length_of
from munadi.db.tables import IS_PENDING, BrandRow, DeliveryRow, EndpointQueueRow, EndpointRow, EventRow
from munadi.db.webhooks.delivery_quota import Candidate
from munadi.domain.usage import Limit
from munadi.domain.webhook import DeliveryStatus


class DueRow(NamedTuple):
    """A due delivery. `limit` is null without a limit, `counted` when it has been counted for it."""

    delivery_id: str
    attempts: int
    counted: bool
    limit: int | None
    event: EventRow
    due_at: datetime

    @property
    def candidate(self) -> Candidate | None:
        """What the brand's limit decides on: a first attempt that has not been counted."""
        if self.limit is None or self.attempts or self.counted or self.event.brand_ref is None:
            return None
        return Candidate(self.delivery_id, self.event.brand_ref, self.limit)


async def endpoint_and_queue(
    session: AsyncSession, endpoint_id: str
) -> tuple[EndpointRow, EndpointQueueRow | None] | None:
    """An endpoint with its queue, if it has one."""
    query = (
        select(EndpointRow, EndpointQueueRow)
        .outerjoin(EndpointQueueRow, col(EndpointQueueRow.endpoint_id) == col(EndpointRow.id))
        .where(EndpointRow.id == endpoint_id)
    )
    return (await session.exec(query)).first()


async def due_rows(
    session: AsyncSession, endpoint_id: str, now: datetime, limit: int, *, replayed: bool
) -> list[DueRow]:
    """What is due, the longest waiting first."""
    query = (
        _deliveries(endpoint_id, now)
        .where(col(DeliveryRow.replayed).is_(replayed))
        .order_by(col(DeliveryRow.next_attempt_at), col(DeliveryRow.sequence), col(DeliveryRow.id))
    )
    return await _read(session, query, limit)


async def ordered_rows(session: AsyncSession, endpoint_id: str, now: datetime, limit: int) -> list[DueRow]:
    """What is due to an endpoint that wants each post's events in order: none whose earlier one waits for its retry.

    In order of `sequence`, so that a limit never takes an event without the ones before it.
    """
    earlier = aliased(DeliveryRow)
    waits = select(earlier.id).where(
        col(earlier.content_id) == col(DeliveryRow.content_id),
        col(earlier.endpoint_id) == endpoint_id,
        col(earlier.status) == DeliveryStatus.PENDING.value,
        col(earlier.sequence) < col(DeliveryRow.sequence),
        col(earlier.next_attempt_at) > now,
    )
    query = (
        _deliveries(endpoint_id, now)
        .where(col(DeliveryRow.replayed).in_([False, True]), ~waits.exists())
        .order_by(col(DeliveryRow.sequence), col(DeliveryRow.id))
    )
    return await _read(session, query, limit)


def _deliveries(endpoint_id: str, now: datetime) -> Any:
    brand_limit = col(BrandRow.limits)[Limit.WEBHOOK_DELIVERIES_PER_MONTH.value].as_integer()
    delivery = DeliveryRow
    return (
        sqlalchemy.select(
            col(delivery.id),
            col(delivery.attempts),
            col(delivery.counted),
            brand_limit,
            EventRow,
            col(delivery.next_attempt_at),
        )
        .join(EventRow, col(EventRow.id) == col(DeliveryRow.event_id))
        .outerjoin(BrandRow, col(BrandRow.ref) == col(EventRow.brand_ref))
        .where(col(delivery.endpoint_id) == endpoint_id, IS_PENDING, col(delivery.next_attempt_at) <= now)
    )


async def _read(session: AsyncSession, query: Any, limit: int) -> list[DueRow]:
    """The first rows that are not too long together."""
    lengths = query.with_only_columns(length_of(col(EventRow.data)), maintain_column_froms=True).limit(limit)
    count = fitting([row[0] for row in (await session.exec(lengths)).all()])
    return [DueRow(*row) for row in (await session.exec(query.limit(count))).all()] if count else []
