"""Creates the deliveries of an event: one for each endpoint that subscribes to it.

A disabled endpoint gets them too: they wait, and are sent once it is enabled.
The rows are inserted by one statement: a burst of posts with several endpoints writes thousands of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, String, and_, bindparam, insert, or_
from sqlalchemy.orm import Mapped
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.ids import new_id
from munadi.db.prebuilt import Prebuilt
from munadi.db.tables import BrandRow, DeliveryRow, EndpointRow, EventRow
from munadi.domain.brand import BrandMode
from munadi.domain.event import EventType
from munadi.domain.ids import Prefix


def gets_events_of(brand_ref: ColumnElement[str] | Mapped[str]) -> ColumnElement[bool]:
    """The endpoints of a brand, and those of none. Each branch has the index's condition, or SQLite does not use it."""
    is_there, owner = col(EndpointRow.deleted_at).is_(None), col(EndpointRow.brand_ref)
    return or_(and_(is_there, owner.is_(None)), and_(is_there, owner == brand_ref))


_SUBSCRIBED = Prebuilt(
    select(EndpointRow.id, EndpointRow.types, EndpointRow.channels).where(gets_events_of(bindparam("brand_ref")))
)
# Whether an event is about a test brand is read with the insert itself, so that no emitter can leave it out.
_MODE = select(BrandRow.mode == BrandMode.TEST.value).where(BrandRow.ref == bindparam("of_brand", type_=String))
_INSERT_EVENT = Prebuilt(insert(EventRow).values(is_test=_MODE.scalar_subquery()))
_INSERT_DELIVERIES = Prebuilt(insert(DeliveryRow))


def write_event(connection: Connection, event: Mapping[str, Any]) -> None:
    """Insert an event by the values of its row."""
    _INSERT_EVENT.write(connection, {**event, "of_brand": event["brand_ref"]})


async def insert_event(session: AsyncSession, event: Mapping[str, Any]) -> None:
    """As `write_event`, in a session."""
    await _INSERT_EVENT.run(session, {**event, "of_brand": event["brand_ref"]})


@dataclass(frozen=True)
class Subscription:
    """The event types and channels that an endpoint subscribes to; an empty list means all."""

    endpoint_id: str
    types: Sequence[str]
    channels: Sequence[str]

    def wants(self, kind: EventType, channels: set[str]) -> bool:
        """Whether it subscribes to this type and one of these channels."""
        return (not self.types or kind.value in self.types) and (
            not self.channels or not channels or bool(channels & set(self.channels))
        )


async def subscriptions(session: AsyncSession, brand_ref: str | None) -> Sequence[Subscription]:
    """The endpoints of a brand, enabled or not, and those without a brand, which get the events of all brands."""
    return [Subscription(*row) for row in await _SUBSCRIBED.rows(session, {"brand_ref": brand_ref})]


async def add_deliveries(
    session: AsyncSession, event: Mapping[str, Any], endpoint_ids: Sequence[str], now: datetime, due: datetime
) -> Sequence[str]:
    """Insert the deliveries of an event that was inserted, to be sent when `due` has come; their ids."""
    rows = [new_delivery(event, endpoint_id, now, due) for endpoint_id in endpoint_ids]
    await insert_deliveries(session, rows)
    return [row["id"] for row in rows]


def new_delivery(event: Mapping[str, Any], endpoint_id: str, now: datetime, due: datetime) -> dict[str, Any]:
    """The values of the row of a delivery that was never attempted."""
    return {
        "id": new_id(Prefix.DELIVERY),
        "event_id": event["id"],
        "endpoint_id": endpoint_id,
        "content_id": event.get("content_id"),
        "sequence": event.get("sequence"),
        "status": "pending",
        "attempts": 0,
        "next_attempt_at": due,
        "log": [],
        "created_at": now,
        "updated_at": now,
    }


async def insert_deliveries(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert new deliveries by the values of their rows, by one statement."""
    if rows:
        await _INSERT_DELIVERIES.run(session, rows)
