"""Emits events of accounts and endpoints, and builds the JSON of every event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.events.fan_out import add_deliveries, insert_event, subscriptions
from munadi.db.ids import new_id
from munadi.db.session import announce_deliveries
from munadi.db.tables import EventRow
from munadi.domain.event import Event, EventType
from munadi.domain.ids import Prefix
from munadi.domain.webhook import Payload
from munadi.telemetry import tracing

# What a thin event leaves out.
_TEXTS = ("content", "publication")


def event_of(row: EventRow) -> Event:
    """An event as the API returns it, with every top-level field."""
    return Event(
        id=row.id,
        type=EventType.stored(row.type),
        timestamp=row.created_at,
        sequence=row.sequence,
        brand_ref=row.brand_ref,
        test=bool(row.is_test),
        content_id=row.content_id,
        publication_id=row.publication_id,
        channel=row.sns,
        sns=row.sns,
        status=row.status,
        reason=row.reason,
        data=row.data,
    )


def without_texts(data: Mapping[str, Any]) -> dict[str, Any]:
    """The data of a thin event."""
    return {name: value for name, value in data.items() if name not in _TEXTS}


def event_body(row: EventRow, payload: Payload = Payload.FULL) -> bytes:
    """The bytes that are signed and sent: the same for every try, since the row does not change before the last one."""
    event = event_of(row)
    if payload is Payload.THIN:
        event = event.model_copy(update={"data": without_texts(event.data)})
    return event.model_dump_json(by_alias=True).encode("utf-8")


async def notify(
    session: AsyncSession,
    kind: EventType,
    *,
    brand_ref: str | None,
    data: dict[str, Any],
    now: datetime,
    sns: str | None = None,
    status: str | None = None,
    reason: str | None = None,
    endpoint_ids: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Append an event and its deliveries, due at once, to the caller's transaction; the values of its row.

    `endpoint_ids` are the endpoints that get it; by default those that subscribed.
    """
    event = {
        "id": new_id(Prefix.EVENT),
        "type": kind.value,
        "brand_ref": brand_ref,
        "sns": sns,
        "status": status,
        "reason": reason,
        "data": data,
        "trace": tracing.current(),
        "created_at": now,
    }
    await session.flush()  # the brand's row before those that refer to it; an endpoint's new state before it is read
    await insert_event(session, event)
    if endpoint_ids is None:
        channels = {sns} if sns else set()
        endpoint_ids = [s.endpoint_id for s in await subscriptions(session, brand_ref) if s.wants(kind, channels)]
    if await add_deliveries(session, event, endpoint_ids, now, now):
        announce_deliveries(session)
    return event
