"""Finds past events that an endpoint subscribes to, and makes them due again.

The rule here: a range is read in pages and written in short transactions, so that no other writer waits for it. What is
made due again is `replayed`: it is sent after what is new.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, tuple_
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.events.fan_out import insert_deliveries, new_delivery
from munadi.db.session import announce_deliveries
from munadi.db.tables import IS_PENDING, DeliveryRow, EndpointRow, EventRow, PublicationRow
from munadi.db.webhooks.endpoint_queues import reopen
from munadi.domain.event import EventType
from munadi.domain.webhook import DeliveryStatus, Recover

_GIVEN_UP = (DeliveryStatus.EXHAUSTED.value,)
_NEVER_SENT = (DeliveryStatus.CANCELED.value,)


@dataclass(frozen=True)
class EventRange:
    """Events from `since` up to, but not including, `until`. Empty `types` mean all that the endpoint subscribes to."""

    since: datetime
    until: datetime
    types: Sequence[str] = ()


@dataclass(frozen=True)
class Found:
    """An event, in the order of a scan."""

    at: datetime
    event_id: str


async def next_events(
    session: AsyncSession,
    endpoint: EndpointRow,
    wanted: EventRange,
    after: Found | None,
    limit: int,
    undelivered: frozenset[Recover] | None = None,
) -> list[Found]:
    """The next events of a range after `after`, oldest first; `undelivered`: only those given up, or missed."""
    query = _subscribed(endpoint, wanted)
    if undelivered is not None:
        query = query.where(_not_arrived(endpoint.id, undelivered))
    if after is not None:
        place = tuple_(col(EventRow.created_at), col(EventRow.id))
        query = query.where(col(EventRow.created_at) >= after.at, place > tuple_(after.at, after.event_id))
    query = query.order_by(col(EventRow.created_at), col(EventRow.id)).limit(limit)
    return [Found(at, event_id) for event_id, at in (await session.exec(query)).all()]


async def make_due(
    session: AsyncSession, endpoint_id: str, event_ids: Sequence[str], now: datetime, recovery_id: str | None = None
) -> None:
    """Start or restart the deliveries of these events, in the caller's transaction. Pending ones are sent now."""
    mine = (col(DeliveryRow.endpoint_id) == endpoint_id, col(DeliveryRow.event_id).in_(event_ids))
    known = set((await session.exec(select(DeliveryRow.event_id).where(*mine))).all())
    asked: dict[str, Any] = {"replayed": True, "recovery_id": recovery_id}
    again = asked | {"attempts": 0, "next_attempt_at": now, "updated_at": now}
    await session.exec(
        update(DeliveryRow)
        .where(*mine, col(DeliveryRow.status) != DeliveryStatus.PENDING)
        .values(status=DeliveryStatus.PENDING.value, **again)
    )
    await make_pending_due(session, endpoint_id, now, mine[1])
    missing = [event_id for event_id in event_ids if event_id not in known]
    query = select(EventRow.id, EventRow.content_id, EventRow.sequence).where(col(EventRow.id).in_(missing))
    events = [dict(row._mapping) for row in (await (await session.connection()).execute(query)).all()]
    await insert_deliveries(session, [new_delivery(event, endpoint_id, now, now) | asked for event in events])
    await reopen(session, endpoint_id)
    announce_deliveries(session)


async def make_pending_due(session: AsyncSession, endpoint_id: str, now: datetime, *which: Any) -> None:
    """Do not wait for the retry of an endpoint's pending deliveries. They stay at their place of the schedule."""
    await session.exec(
        update(DeliveryRow)
        .where(
            col(DeliveryRow.endpoint_id) == endpoint_id,
            col(DeliveryRow.replayed).in_([False, True]),
            IS_PENDING,
            col(DeliveryRow.next_attempt_at) > now,
            *which,
        )
        .values(next_attempt_at=now, updated_at=now, deferred_for=None)
    )


def _subscribed(endpoint: EndpointRow, wanted: EventRange) -> Any:
    """Select the ids and times of the events that the endpoint subscribes to, by the rule of `Subscription.wants`."""
    event, created = EventRow, col(EventRow.created_at)
    query = select(event.id, event.created_at).where(created >= wanted.since, created < wanted.until)
    query = query.where(col(event.type) != EventType.WEBHOOK_TEST.value)
    for types in filter(None, (wanted.types, endpoint.types)):
        query = query.where(col(event.type).in_(types))
    if endpoint.brand_ref is not None:
        query = query.where(event.brand_ref == endpoint.brand_ref)
    if endpoint.channels:
        # An event of a whole post concerns each of the post's channels; one without a post concerns all.
        of_post = select(PublicationRow.id).where(
            col(PublicationRow.content_id) == col(event.content_id), col(PublicationRow.channel).in_(endpoint.channels)
        )
        without_channel = and_(col(event.sns).is_(None), or_(col(event.content_id).is_(None), of_post.exists()))
        query = query.where(or_(col(event.sns).in_(endpoint.channels), without_channel))
    return query


def _not_arrived(endpoint_id: str, wanted: frozenset[Recover]) -> Any:
    """The condition of an event that has no delivery to the endpoint, or one that was given up."""
    mine = select(DeliveryRow.id).where(
        col(DeliveryRow.event_id) == col(EventRow.id), col(DeliveryRow.endpoint_id) == endpoint_id
    )
    conditions = []
    if Recover.MISSED in wanted:
        conditions += [~mine.exists(), mine.where(col(DeliveryRow.status).in_(_NEVER_SENT)).exists()]
    if Recover.FAILED in wanted:
        conditions.append(mine.where(col(DeliveryRow.status).in_(_GIVEN_UP)).exists())
    return or_(*conditions)
