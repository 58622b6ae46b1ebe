"""One event becomes one delivery for each endpoint that subscribes to it.

The rows are inserted by one statement: a burst of posts with several endpoints writes thousands of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.ids import new_id
from munadi.db.tables import DeliveryRow, EndpointRow, EventRow
from munadi.domain.event import EventType
from munadi.domain.ids import Prefix


@dataclass(frozen=True)
class Subscription:
    """What an endpoint asked for; an empty list asks for everything."""

    endpoint_id: str
    types: Sequence[str]
    channels: Sequence[str]

    def wants(self, kind: EventType, channels: set[str]) -> bool:
        """Whether it asked for this type and for one of these channels."""
        return (not self.types or kind.value in self.types) and (
            not self.channels or not channels or bool(channels & set(self.channels))
        )


async def subscriptions(session: AsyncSession, brand_ref: str | None) -> Sequence[Subscription]:
    """The enabled endpoints of a brand, and those without a brand, which get the events of all brands."""
    query = select(EndpointRow.id, EndpointRow.types, EndpointRow.channels).where(
        col(EndpointRow.enabled),
        col(EndpointRow.deleted_at).is_(None),
        or_(col(EndpointRow.brand_ref).is_(None), col(EndpointRow.brand_ref) == brand_ref),
    )
    return [Subscription(*row) for row in (await session.exec(query)).all()]


async def add_deliveries(
    session: AsyncSession, event: EventRow, endpoint_ids: Sequence[str], now: datetime, due: datetime
) -> Sequence[str]:
    """Insert the deliveries of an event that is in the session, to be sent when `due` has come; their ids."""
    if not endpoint_ids:
        return []
    await session.flush()  # the event's row before those that refer to it
    ids = [new_id(Prefix.DELIVERY) for _ in endpoint_ids]
    rows: list[dict[str, Any]] = [
        {
            "id": delivery_id,
            "event_id": event.id,
            "endpoint_id": endpoint_id,
            "content_id": event.content_id,
            "sequence": event.sequence,
            "status": "pending",
            "attempts": 0,
            "next_attempt_at": due,
            "log": [],
            "created_at": now,
            "updated_at": now,
        }
        for delivery_id, endpoint_id in zip(ids, endpoint_ids, strict=True)
    ]
    connection = await session.connection()
    await connection.execute(insert(DeliveryRow), rows)
    return ids
