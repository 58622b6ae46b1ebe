"""Webhook deliveries for the API: lists, redelivery, the test of an endpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import false, union_all
from sqlmodel import col, select, text
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.events.fan_out import add_deliveries
from munadi.db.events.notify import event_body, notify
from munadi.db.session import Database, announce_deliveries
from munadi.db.tables import DeliveryRow, EndpointRow, EventRow
from munadi.db.tables.webhooks import IS_NOT_DELIVERED
from munadi.db.webhooks.delivery_results import SENT, without_request
from munadi.db.webhooks.endpoint_queues import reopen
from munadi.domain.event import EventType
from munadi.domain.usage import Limit
from munadi.domain.webhook import (
    Deferral,
    DeliveryAttempt,
    DeliveryDetail,
    DeliveryRequest,
    DeliveryStatus,
    DeliveryView,
    Payload,
)

# Characters of each response in a list; a single delivery shows all that was stored.
LISTED_HEAD = 1024
# Deliveries that are tried for one page, at first and at most, and endpoints whose deliveries are merged.
FIRST, MOST, MOST_ENDPOINTS = 250, 3_000, 50
# As a subquery, so that its index is read, and not every delivery from the newest on.
_DEFERRED = select(DeliveryRow.id).where(col(DeliveryRow.deferred_for).is_not(None))
# A test is sent by the caller at once; the dispatcher sends it only if the caller died.
TEST_LEASE = timedelta(seconds=60)


View = TypeVar("View")


@dataclass(frozen=True)
class DeliveryFilter:
    """Which deliveries to list; None means all."""

    brand_ref: str | None = None
    endpoint_id: str | None = None
    event_id: str | None = None
    content_id: str | None = None
    status: DeliveryStatus | None = None
    deferred: bool = False  # only those that a brand's limit defers
    live_only: bool = False  # none of events about test brands


class FoundDelivery(NamedTuple, Generic[View]):
    """A delivery, its endpoint, and the brand that its event is about."""

    view: View
    endpoint: EndpointRow
    about: str | None


class DeliveryLog:
    """Lists and repeats the deliveries of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(
        self, wanted: DeliveryFilter, *, limit: int, before: str | None
    ) -> tuple[Sequence[DeliveryView], str | None]:
        """Deliveries, the newest first, older than the one called `before`; of each response only the first kB. And the
        one that the next page begins after, if there is more: a page has fewer than `limit` where the filters hardly
        find any."""
        async with self._database.read() as session:
            found, last = await _listed(session, wanted, limit, before)
            return [_view(row, kind, is_enabled=is_enabled, head=LISTED_HEAD) for row, kind, is_enabled in found], last

    async def find(self, delivery_id: str) -> FoundDelivery[DeliveryView] | None:
        """One delivery with its endpoint and the brand of its event."""
        async with self._database.read() as session:
            row = await session.get(DeliveryRow, delivery_id)
            if row is None:
                return None
            endpoint = await session.get_one(EndpointRow, row.endpoint_id)
            event = await session.get_one(EventRow, row.event_id)
            return FoundDelivery(_view(row, event.type, is_enabled=endpoint.enabled), endpoint, event.brand_ref)

    async def detail(self, delivery_id: str, *, may_read_texts: bool) -> FoundDelivery[DeliveryDetail] | None:
        """As `find`, with its newest request. A full body only if the caller may read texts."""
        async with self._database.read() as session:
            row = await session.get(DeliveryRow, delivery_id)
            if row is None:
                return None
            event, endpoint = (
                await session.get_one(EventRow, row.event_id),
                await session.get_one(EndpointRow, row.endpoint_id),
            )
        view = _view(row, event.type, is_enabled=endpoint.enabled).model_dump(by_alias=False)
        found = DeliveryDetail(**view, request=_request(row, event, may_read_texts))
        return FoundDelivery(found, endpoint, event.brand_ref)

    async def redeliver(self, session: AsyncSession, delivery_id: str, now: datetime) -> DeliveryView:
        """Restart the schedule of a delivery, due at once, whatever its status, in the caller's transaction.

        The caller has seen that its endpoint is enabled.
        """
        row = await session.get_one(DeliveryRow, delivery_id, with_for_update=True)
        row.status, row.attempts = DeliveryStatus.PENDING.value, 0
        row.next_attempt_at = row.updated_at = now
        row.replayed, row.recovery_id, row.deferred_for = False, None, None  # a person waits for it
        await reopen(session, row.endpoint_id)
        announce_deliveries(session)
        return _view(row, (await session.get_one(EventRow, row.event_id)).type, is_enabled=True)

    async def test(self, session: AsyncSession, endpoint_id: str, now: datetime) -> str:
        """Create a `webhook.test` event for one endpoint, whatever its types; returns the id of the leased delivery."""
        endpoint = await session.get_one(EndpointRow, endpoint_id)
        event = await notify(
            session,
            EventType.WEBHOOK_TEST,
            brand_ref=endpoint.brand_ref,
            data={"endpointId": endpoint.id, "text": "If you can read this, the endpoint works."},
            now=now,
            endpoint_ids=[],
        )
        [delivery_id] = await add_deliveries(session, event, [endpoint.id], now, now + TEST_LEASE)
        return delivery_id


async def _listed(
    session: AsyncSession, wanted: DeliveryFilter, limit: int, before: str | None
) -> tuple[Sequence[tuple[DeliveryRow, str, bool]], str | None]:
    delivery_id = col(DeliveryRow.id)
    query = (
        select(DeliveryRow, EventRow.type, EndpointRow.enabled)
        .join(EventRow, col(EventRow.id) == col(DeliveryRow.event_id))
        .join(EndpointRow, col(EndpointRow.id) == col(DeliveryRow.endpoint_id))
        .order_by(delivery_id.desc())
        .limit(limit + 1)
    )
    conditions = {
        col(EndpointRow.brand_ref): wanted.brand_ref,
        col(DeliveryRow.endpoint_id): wanted.endpoint_id,
        col(DeliveryRow.event_id): wanted.event_id,
        col(DeliveryRow.content_id): wanted.content_id,
        col(DeliveryRow.status): wanted.status,
    }
    query = query.where(*(column == value for column, value in conditions.items() if value is not None))
    if wanted.live_only:
        query = query.where(col(EventRow.is_test).is_not(True))
    if wanted.deferred:
        query = query.where(delivery_id.in_(_DEFERRED))
    if wanted.event_id or wanted.content_id or wanted.deferred:
        # Few, by an index of their own.
        if before is not None:
            query = query.where(delivery_id < before)
        found, last = (await session.exec(query)).all(), None
    else:
        parts, found, last = await _newest(session, wanted, before), [], None
        for count in (FIRST, MOST):
            tried = _first(parts, count)
            found = (await session.exec(query.where(delivery_id.in_(tried)))).all()
            if len(found) > limit:
                break
            last = (await session.exec(tried.offset(count - 1).limit(1))).first()
            if last is None:
                break
    return found[:limit], found[limit - 1][0].id if len(found) > limit else last


async def _newest(session: AsyncSession, wanted: DeliveryFilter, before: str | None) -> Sequence[Any]:
    """Where the list is read from: parts that an index has in order, the newest first."""
    row = DeliveryRow
    query = select(row.id).order_by(col(row.id).desc())
    if before is not None:
        query = query.where(col(row.id) < before)
    if wanted.status not in (None, DeliveryStatus.DELIVERED):
        return [query.where(text(IS_NOT_DELIVERED), col(row.status) == wanted.status)]
    if wanted.endpoint_id is not None:
        return [query.where(col(row.endpoint_id) == wanted.endpoint_id)]
    if wanted.brand_ref is not None:
        endpoints = select(EndpointRow.id).where(EndpointRow.brand_ref == wanted.brand_ref).limit(MOST_ENDPOINTS + 1)
        if len(found := (await session.exec(endpoints)).all()) <= MOST_ENDPOINTS:
            return [query.where(col(row.endpoint_id) == each) for each in found] or [query.where(false())]
    return [query]


def _first(parts: Sequence[Any], count: int) -> Any:
    """The ids of the newest deliveries of the parts together, the newest first."""
    each = [select(part.limit(count).subquery().c.id) for part in parts]
    ids = (each[0] if len(each) == 1 else union_all(*each)).subquery().c.id
    return select(ids).order_by(ids.desc()).limit(count)


def _request(row: DeliveryRow, event: EventRow, may_read_texts: bool) -> DeliveryRequest | None:
    """The newest request, if there was one. Its body is made again: an event never changes."""
    sent = row.log[-1].get(SENT) if row.log else None
    if sent is None:
        return None
    payload = Payload(sent["payload"])
    is_readable = may_read_texts or payload is Payload.THIN
    body = event_body(event, payload).decode("utf-8") if is_readable else None
    return DeliveryRequest(url=sent["url"], headers=sent["headers"], body=body)


def _deferral(brand_ref: str | None) -> Deferral | None:
    return None if brand_ref is None else Deferral(limit=Limit.WEBHOOK_DELIVERIES_PER_MONTH, brand_ref=brand_ref)


def _view(row: DeliveryRow, kind: str, *, is_enabled: bool, head: int | None = None) -> DeliveryView:
    """A delivery as the API returns it, with at most `head` characters of each response. `is_enabled`: its endpoint."""
    attempts = [
        DeliveryAttempt.model_validate(without_request(each) | {"responseHead": each["responseHead"][:head]})
        for each in row.log
    ]
    waits = row.status == DeliveryStatus.PENDING and not is_enabled
    return DeliveryView(
        id=row.id,
        event_id=row.event_id,
        event_type=kind,
        endpoint_id=row.endpoint_id,
        content_id=row.content_id,
        sequence=row.sequence,
        status=DeliveryStatus(row.status),
        attempts=attempts[-1].number if attempts else 0,
        next_attempt_at=None if waits else row.next_attempt_at,
        deferred=_deferral(row.deferred_for),
        waits_for_endpoint=waits,
        attempt_log=tuple(attempts),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
