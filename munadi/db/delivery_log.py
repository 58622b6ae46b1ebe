"""What became of each delivery, for people: lists, sending again, replaying a range, testing an endpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, or_
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from munadi.db.notices import notify
from munadi.db.session import Database
from munadi.db.story import new_delivery, subscribed
from munadi.db.tables import DeliveryRow, EndpointRow, EventRow
from munadi.domain.event import EventType
from munadi.domain.webhook import DeliveryAttempt, DeliveryStatus, DeliveryView

# Of one call; the answer says where to go on.
REPLAY_LIMIT = 10_000
REPLAY_CHUNK = 500
# A test is sent by the caller at once; the relay takes it up only if the caller died.
TEST_LEASE = timedelta(seconds=60)


@dataclass(frozen=True)
class DeliveryFilter:
    """Which deliveries; None does not restrict."""

    brand_ref: str | None = None
    endpoint_id: str | None = None
    event_id: str | None = None
    content_id: str | None = None
    status: DeliveryStatus | None = None


class DeliveryLog:
    """Deliveries of one database as a person sees them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self, wanted: DeliveryFilter, *, limit: int, before: str | None) -> Sequence[DeliveryView]:
        """Deliveries, the newest first, older than the one called `before`."""
        query = (
            select(DeliveryRow, EventRow.type)
            .join(EventRow, col(EventRow.id) == col(DeliveryRow.event_id))
            .join(EndpointRow, col(EndpointRow.id) == col(DeliveryRow.endpoint_id))
            .order_by(col(DeliveryRow.id).desc())
            .limit(limit)
        )
        conditions = {
            col(EndpointRow.brand_ref): wanted.brand_ref,
            col(DeliveryRow.endpoint_id): wanted.endpoint_id,
            col(DeliveryRow.event_id): wanted.event_id,
            col(DeliveryRow.content_id): wanted.content_id,
            col(DeliveryRow.status): wanted.status,
        }
        query = query.where(*(column == value for column, value in conditions.items() if value is not None))
        if before is not None:
            query = query.where(col(DeliveryRow.id) < before)
        async with self._database.read() as session:
            return [_view(row, kind) for row, kind in (await session.exec(query)).all()]

    async def find(self, delivery_id: str) -> tuple[DeliveryView, EndpointRow] | None:
        """One delivery with its endpoint."""
        async with self._database.read() as session:
            row = await session.get(DeliveryRow, delivery_id)
            if row is None:
                return None
            endpoint = await session.get_one(EndpointRow, row.endpoint_id)
            return _view(row, (await session.get_one(EventRow, row.event_id)).type), endpoint

    async def redeliver(self, session: AsyncSession, delivery_id: str, now: datetime) -> DeliveryView:
        """Begin the schedule anew, due at once, whatever became of it; in the caller's transaction."""
        row = await session.get_one(DeliveryRow, delivery_id, with_for_update=True)
        _again(row, now)
        return _view(row, (await session.get_one(EventRow, row.event_id)).type)

    async def replay(
        self,
        session: AsyncSession,
        endpoint_id: str,
        *,
        since: datetime,
        until: datetime,
        types: Sequence[str],
        now: datetime,
    ) -> tuple[int, datetime | None]:
        """Send every event of a time range that the endpoint hears (again), in the caller's transaction.

        How many; and where to go on, if there were more than REPLAY_LIMIT.
        """
        endpoint = await session.get_one(EndpointRow, endpoint_id)
        sent, after = 0, (since, "")
        while events := (await session.exec(_events(endpoint, after, until, types))).all():
            sent += await _send_again(session, endpoint, [event for event in events if _hears(endpoint, event)], now)
            after = (events[-1].created_at, events[-1].id)
            if sent >= REPLAY_LIMIT:
                return sent, after[0]
        return sent, None

    async def test(self, session: AsyncSession, endpoint_id: str, now: datetime) -> str:
        """A `webhook.test` event for one endpoint, whatever it subscribed to; the id of its delivery, leased."""
        endpoint = await session.get_one(EndpointRow, endpoint_id)
        event = await notify(
            session,
            EventType.WEBHOOK_TEST,
            brand_ref=endpoint.brand_ref,
            data={"endpointId": endpoint.id, "text": "If you can read this, the endpoint works."},
            now=now,
            hearing=[],
        )
        delivery = new_delivery(event, endpoint, now, now + TEST_LEASE)
        session.add(delivery)
        await session.flush()
        return delivery.id


def _events(
    endpoint: EndpointRow, after: tuple[datetime, str], until: datetime, types: Sequence[str]
) -> SelectOfScalar[EventRow]:
    at, event_id = after
    created, id_ = col(EventRow.created_at), col(EventRow.id)
    query = select(EventRow).where(or_(created > at, and_(created == at, id_ > event_id)), created < until)
    query = query.where(col(EventRow.type) != EventType.WEBHOOK_TEST.value)
    if types:
        query = query.where(col(EventRow.type).in_(types))
    if endpoint.brand_ref is not None:
        query = query.where(EventRow.brand_ref == endpoint.brand_ref)
    return query.order_by(created, id_).limit(REPLAY_CHUNK)


async def _send_again(session: AsyncSession, endpoint: EndpointRow, events: Sequence[EventRow], now: datetime) -> int:
    """Deliveries that ended begin anew, missing ones are made; what is on its way already is left alone."""
    ids = [event.id for event in events]
    mine = (col(DeliveryRow.endpoint_id) == endpoint.id, col(DeliveryRow.event_id).in_(ids))
    known = set((await session.exec(select(DeliveryRow.event_id).where(*mine))).all())
    await session.exec(
        update(DeliveryRow)
        .where(*mine, col(DeliveryRow.status) != DeliveryStatus.PENDING)
        .values(status=DeliveryStatus.PENDING.value, attempts=0, next_attempt_at=now, updated_at=now)
    )
    session.add_all([new_delivery(event, endpoint, now, now) for event in events if event.id not in known])
    await session.flush()
    return len(events)


def _hears(endpoint: EndpointRow, event: EventRow) -> bool:
    """As when the event was new; a content's own events name their channels in the snapshot."""
    publications = (event.data.get("content") or {}).get("publications") or []
    channels = {event.sns} if event.sns else {publication["channel"] for publication in publications}
    return bool(subscribed([endpoint], EventType(event.type), channels))


def _again(row: DeliveryRow, now: datetime) -> None:
    row.status, row.attempts = DeliveryStatus.PENDING.value, 0
    row.next_attempt_at = row.updated_at = now


def _view(row: DeliveryRow, kind: str) -> DeliveryView:
    return DeliveryView(
        id=row.id,
        event_id=row.event_id,
        event_type=kind,
        endpoint_id=row.endpoint_id,
        content_id=row.content_id,
        sequence=row.sequence,
        status=DeliveryStatus(row.status),
        attempts=len(row.log),
        next_attempt_at=row.next_attempt_at,
        attempt_log=tuple(DeliveryAttempt.model_validate(entry) for entry in row.log),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
