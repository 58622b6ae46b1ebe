"""Webhook deliveries for the API: lists, redelivery, replay of a time range, the test of an endpoint."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, or_
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.events.fan_out import add_deliveries
from munadi.db.events.notify import notify
from munadi.db.ids import new_id
from munadi.db.session import Database, announce_deliveries
from munadi.db.tables import DeliveryRow, EndpointRow, EventRow, PublicationRow
from munadi.db.webhooks.endpoint_lanes import reopen
from munadi.domain.event import EventType
from munadi.domain.ids import Prefix
from munadi.domain.webhook import DeliveryAttempt, DeliveryStatus, DeliveryView

# The most events of one call; the response says where to continue.
REPLAY_LIMIT = 10_000
REPLAY_CHUNK = 500
# Characters of each response in a list; a single delivery shows all that was stored.
LISTED_HEAD = 1024
# A test is sent by the caller at once; the dispatcher sends it only if the caller died.
TEST_LEASE = timedelta(seconds=60)


@dataclass(frozen=True)
class DeliveryFilter:
    """Which deliveries to list; None means all."""

    brand_ref: str | None = None
    endpoint_id: str | None = None
    event_id: str | None = None
    content_id: str | None = None
    status: DeliveryStatus | None = None


class DeliveryLog:
    """Lists and repeats the deliveries of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self, wanted: DeliveryFilter, *, limit: int, before: str | None) -> Sequence[DeliveryView]:
        """Deliveries, the newest first, older than the one called `before`; of each response only the first kB."""
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
            return [_view(row, kind, LISTED_HEAD) for row, kind in (await session.exec(query)).all()]

    async def find(self, delivery_id: str) -> tuple[DeliveryView, EndpointRow] | None:
        """One delivery with its endpoint."""
        async with self._database.read() as session:
            row = await session.get(DeliveryRow, delivery_id)
            if row is None:
                return None
            endpoint = await session.get_one(EndpointRow, row.endpoint_id)
            return _view(row, (await session.get_one(EventRow, row.event_id)).type), endpoint

    async def redeliver(self, session: AsyncSession, delivery_id: str, now: datetime) -> DeliveryView:
        """Restart the schedule of a delivery, due at once, whatever its status, in the caller's transaction."""
        row = await session.get_one(DeliveryRow, delivery_id, with_for_update=True)
        row.status, row.attempts = DeliveryStatus.PENDING.value, 0
        row.next_attempt_at = row.updated_at = now
        await reopen(session, row.endpoint_id)
        announce_deliveries(session)
        return _view(row, (await session.get_one(EventRow, row.event_id)).type)

    async def to_replay(
        self, endpoint_id: str, *, since: datetime, until: datetime, types: Sequence[str]
    ) -> tuple[builtins.list[str], datetime | None]:
        """The ids of the events in a time range that the endpoint subscribes to, oldest first.

        Also the time to continue from, if there are more than REPLAY_LIMIT. One read without locks.
        """
        async with self._database.read() as session:
            endpoint = await session.get_one(EndpointRow, endpoint_id)
            rows = (await session.exec(_subscribed_events(endpoint, since, until, types))).all()
        more = rows[REPLAY_LIMIT][1] if len(rows) > REPLAY_LIMIT else None
        # Events of one instant stay together: the next call starts at that instant.
        return [event_id for event_id, at in rows[:REPLAY_LIMIT] if more is None or at < more or at == since], more

    async def send_again(self, endpoint_id: str, event_ids: Sequence[str], now: datetime) -> None:
        """Start or restart the deliveries of these events. Pending ones are not changed.

        In short transactions, so that no other writer waits for a large replay.
        """
        for start in range(0, len(event_ids), REPLAY_CHUNK):
            async with self._database.write() as session:
                await _send_again(session, endpoint_id, event_ids[start : start + REPLAY_CHUNK], now)

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


def _subscribed_events(endpoint: EndpointRow, since: datetime, until: datetime, types: Sequence[str]) -> Any:
    """Select the ids and times of the events that the endpoint subscribes to, by the rule of `Subscription.wants`."""
    event, created = EventRow, col(EventRow.created_at)
    query = select(event.id, event.created_at).where(created >= since, created < until)
    query = query.where(col(event.type) != EventType.WEBHOOK_TEST.value)
    for wanted in filter(None, (types, endpoint.types)):
        query = query.where(col(event.type).in_(wanted))
    if endpoint.brand_ref is not None:
        query = query.where(event.brand_ref == endpoint.brand_ref)
    if endpoint.channels:
        # An event of a whole post concerns each of the post's channels; one without a post concerns all.
        of_post = select(PublicationRow.id).where(
            col(PublicationRow.content_id) == col(event.content_id), col(PublicationRow.channel).in_(endpoint.channels)
        )
        without_channel = and_(col(event.sns).is_(None), or_(col(event.content_id).is_(None), of_post.exists()))
        query = query.where(or_(col(event.sns).in_(endpoint.channels), without_channel))
    return query.order_by(created, col(event.id)).limit(REPLAY_LIMIT + 1)


async def _send_again(session: AsyncSession, endpoint_id: str, event_ids: Sequence[str], now: datetime) -> None:
    mine = (col(DeliveryRow.endpoint_id) == endpoint_id, col(DeliveryRow.event_id).in_(event_ids))
    known = set((await session.exec(select(DeliveryRow.event_id).where(*mine))).all())
    await session.exec(
        update(DeliveryRow)
        .where(*mine, col(DeliveryRow.status) != DeliveryStatus.PENDING)
        .values(status=DeliveryStatus.PENDING.value, attempts=0, next_attempt_at=now, updated_at=now)
    )
    missing = [event_id for event_id in event_ids if event_id not in known]
    query = select(EventRow.id, EventRow.content_id, EventRow.sequence).where(col(EventRow.id).in_(missing))
    for event_id, content_id, sequence in (await session.exec(query)).all():
        session.add(
            DeliveryRow(
                id=new_id(Prefix.DELIVERY),
                event_id=event_id,
                endpoint_id=endpoint_id,
                content_id=content_id,
                sequence=sequence,
                next_attempt_at=now,
                created_at=now,
                updated_at=now,
            )
        )
    await session.flush()
    await reopen(session, endpoint_id)
    announce_deliveries(session)


def _view(row: DeliveryRow, kind: str, head: int | None = None) -> DeliveryView:
    """A delivery as the API returns it, with at most `head` characters of each response."""
    attempts = [
        DeliveryAttempt.model_validate({**each, "responseHead": each["responseHead"][:head]}) for each in row.log
    ]
    return DeliveryView(
        id=row.id,
        event_id=row.event_id,
        event_type=kind,
        endpoint_id=row.endpoint_id,
        content_id=row.content_id,
        sequence=row.sequence,
        status=DeliveryStatus(row.status),
        attempts=attempts[-1].number if attempts else 0,
        next_attempt_at=row.next_attempt_at,
        attempt_log=tuple(attempts),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
