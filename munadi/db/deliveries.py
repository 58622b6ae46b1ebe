"""Events on their way to subscribers. (Port: munadi.ports.Deliveries.)

Whatever is taken is leased by moving `next_attempt_at` ahead: if its sender dies, it comes due again by itself.
An endpoint that is disabled keeps its deliveries, which go on when it is enabled.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random, SystemRandom

from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.crypto import KeyRing, SealBroken
from munadi.db.endpoint_health import failed, recovered
from munadi.db.notices import event_body as event_body
from munadi.db.sealed import open_secrets
from munadi.db.session import Database
from munadi.db.story import DELIVER_GRACE
from munadi.db.tables import DeliveryRow, EndpointRow, EventRow
from munadi.db.usage import count_try
from munadi.domain.delivery import DueDelivery, SendResult
from munadi.domain.webhook import DeliveryAttempt, DeliveryStatus
from munadi.webhooks.schedule import RETRY_DELAYS, next_delay

log = logging.getLogger("munadi.deliveries")

LEASE = timedelta(seconds=60)
# A secret that cannot be opened is our own fault: it costs no try, and is looked at again.
UNREADABLE_WAIT = timedelta(minutes=5)
MAX_BATCH = 100


class DeliveryStore:
    """Take, record, put back; each call is one transaction."""

    def __init__(self, database: Database, keyring: KeyRing, random: Random | None = None) -> None:
        self._database = database
        self._keyring = keyring
        self._random = random or SystemRandom()

    async def take_first(self, content_id: str, now: datetime) -> list[DueDelivery]:
        """A content's deliveries that nobody has tried yet, by endpoint and sequence, leased for a minute."""
        query = (
            select(DeliveryRow, EventRow, EndpointRow)
            .join(EventRow, col(EventRow.id) == col(DeliveryRow.event_id))
            .join(EndpointRow, col(EndpointRow.id) == col(DeliveryRow.endpoint_id))
            .where(
                DeliveryRow.content_id == content_id,
                DeliveryRow.status == DeliveryStatus.PENDING,
                DeliveryRow.attempts == 0,
                # New ones are due within the grace; what somebody holds a lease on is due later.
                col(DeliveryRow.next_attempt_at) <= now + DELIVER_GRACE,
                col(EndpointRow.enabled),
                col(EndpointRow.deleted_at).is_(None),
            )
            .order_by(col(DeliveryRow.endpoint_id), col(DeliveryRow.sequence))
            .limit(MAX_BATCH)
            .with_for_update(of=DeliveryRow, skip_locked=True)
        )
        async with self._database.write() as session:
            rows = (await session.exec(query)).all()
            taken = [self._lease(delivery, event, endpoint, now) for delivery, event, endpoint in rows]
        return [due for due in taken if due is not None]

    async def take(self, delivery_id: str, now: datetime) -> DueDelivery | timedelta | None:
        """One delivery if it is due, leased; how long to wait if it is not; None when there is nothing (more) to do."""
        async with self._database.write() as session:
            delivery = await session.get(DeliveryRow, delivery_id, with_for_update=True)
            if delivery is None or delivery.status != DeliveryStatus.PENDING:
                return None
            endpoint = await session.get(EndpointRow, delivery.endpoint_id)
            event = await session.get(EventRow, delivery.event_id)
            if endpoint is None or event is None or not endpoint.enabled or endpoint.deleted_at is not None:
                return None
            if delivery.next_attempt_at is not None and delivery.next_attempt_at > now:
                return delivery.next_attempt_at - now
            return self._lease(delivery, event, endpoint, now) or UNREADABLE_WAIT

    async def take_test(self, delivery_id: str, now: datetime) -> DueDelivery | None:
        """A test's only delivery, for whoever made it: also to a disabled endpoint, and never tried again."""
        async with self._database.write() as session:
            delivery = await session.get_one(DeliveryRow, delivery_id, with_for_update=True)
            event = await session.get_one(EventRow, delivery.event_id)
            endpoint = await session.get_one(EndpointRow, delivery.endpoint_id)
            due = self._lease(delivery, event, endpoint, now)
            delivery.status, delivery.next_attempt_at = DeliveryStatus.EXHAUSTED.value, None
            return due

    async def record(self, delivery_id: str, result: SendResult, now: datetime) -> timedelta | None:
        """Write down one try; the wait until the next, or None when there is none."""
        # With its endpoint, which is then known without asking again.
        query = (
            select(DeliveryRow, EndpointRow, EventRow.brand_ref)
            .join(EndpointRow, col(EndpointRow.id) == col(DeliveryRow.endpoint_id))
            .join(EventRow, col(EventRow.id) == col(DeliveryRow.event_id))
            .where(DeliveryRow.id == delivery_id)
            .with_for_update(of=DeliveryRow)
        )
        async with self._database.write() as session:
            found = (await session.exec(query)).first()
            if found is None:
                return None
            delivery, _endpoint, brand_ref = found
            _append(delivery, result, now)
            wait = await self._settle(session, delivery, result, now)
            await count_try(session, brand_ref, now)  # last: others wait for this row
            return wait

    async def _settle(
        self, session: AsyncSession, delivery: DeliveryRow, result: SendResult, now: datetime
    ) -> timedelta | None:
        if result.ok:
            delivery.status, delivery.next_attempt_at = DeliveryStatus.DELIVERED.value, None
            await recovered(session, delivery.endpoint_id, now)
            return None
        if delivery.status != DeliveryStatus.PENDING:
            return None  # somebody else delivered it, or its endpoint is gone
        usable = await failed(session, delivery.endpoint_id, gone=result.gone, now=now)
        wait = next_delay(delivery.attempts, result.retry_after, self._random)
        if result.gone or wait is None:
            delivery.status, delivery.next_attempt_at = DeliveryStatus.EXHAUSTED.value, None
            return None
        # Kept for the day a disabled endpoint is enabled again.
        delivery.next_attempt_at = now + wait
        return wait if usable else None

    async def put_back(self, delivery_ids: Sequence[str], now: datetime) -> None:
        """Untried after all: due together with the next try of the one that failed before them."""
        async with self._database.write() as session:
            await session.exec(
                update(DeliveryRow)
                .where(col(DeliveryRow.id).in_(delivery_ids), col(DeliveryRow.status) == DeliveryStatus.PENDING)
                .values(next_attempt_at=now + RETRY_DELAYS[0], updated_at=now)
            )

    async def due(self, now: datetime, limit: int) -> list[str]:
        """Pending deliveries whose time has come and whose endpoint listens, the longest waiting first."""
        query = (
            select(DeliveryRow.id)
            .join(EndpointRow, col(EndpointRow.id) == col(DeliveryRow.endpoint_id))
            .where(
                DeliveryRow.status == DeliveryStatus.PENDING,
                col(DeliveryRow.next_attempt_at) <= now,
                col(EndpointRow.enabled),
                col(EndpointRow.deleted_at).is_(None),
            )
            .order_by(col(DeliveryRow.next_attempt_at))
            .limit(limit)
        )
        async with self._database.read() as session:
            return list((await session.exec(query)).all())

    def _lease(
        self, delivery: DeliveryRow, event: EventRow, endpoint: EndpointRow, now: datetime
    ) -> DueDelivery | None:
        try:
            secrets = open_secrets(self._keyring, endpoint, now)
        except SealBroken as error:
            log.error("the secrets of %s cannot be opened: %s", endpoint.id, error)
            delivery.next_attempt_at = now + UNREADABLE_WAIT
            return None
        delivery.next_attempt_at = now + LEASE
        return DueDelivery(
            delivery_id=delivery.id,
            event_id=event.id,
            endpoint_id=endpoint.id,
            url=endpoint.url,
            secrets=tuple(secret.text for secret in secrets),
            body=event_body(event),
            attempts=delivery.attempts,
        )


def _append(delivery: DeliveryRow, result: SendResult, now: datetime) -> None:
    """The log keeps its numbers over a redelivery; `attempts` counts the tries of the schedule that runs."""
    delivery.attempts += 1
    entry = DeliveryAttempt(
        number=len(delivery.log) + 1,
        at=now,
        duration_ms=result.duration_ms,
        status_code=result.status_code,
        error=result.error,
        response_head=result.response_head.replace("\0", "\ufffd"),  # PostgreSQL's JSON has no NUL
    )
    delivery.log = [*delivery.log, entry.model_dump(mode="json")]
    delivery.updated_at = now
