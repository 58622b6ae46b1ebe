"""Reads due webhook deliveries and records their results.

What is due is read per endpoint, under the endpoint's lease (`endpoint_queues.py`), and a batch of results is written
in one transaction. A delivery that was sent but not recorded is sent again: receivers see the same event id twice.
A disabled endpoint keeps its pending deliveries and gets those of new events; they are sent when it is enabled.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random, SystemRandom

from sqlmodel import col, update
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.crypto import KeyRing, SealBroken
from munadi.db.events.notify import event_body as event_body
from munadi.db.sealing.secrets import open_headers, open_secrets
from munadi.db.session import Database
from munadi.db.tables import IS_PENDING, DeliveryRow, EndpointRow, EventRow
from munadi.db.webhooks.delivery_quota import DeliveryQuota
from munadi.db.webhooks.delivery_results import write_results
from munadi.db.webhooks.due_rows import DueRow, due_rows, endpoint_and_queue, ordered_rows
from munadi.db.webhooks.endpoint_queues import close_until, release_leases, take_lease, waiting_endpoints
from munadi.db.webhooks.sharing import Access, access_of, claim, drop_claims, keep_claims, share
from munadi.domain.delivery import Attempted, DueDelivery, SendResult, WaitingEndpoint
from munadi.domain.webhook import DeliveryStatus, Ordering, Payload
from munadi.domain.webhook_schedule import BREAK_AFTER, RETRY_DELAYS

log = logging.getLogger("munadi.deliveries")

# A secret that cannot be opened is a missing key of this installation: it costs no attempt, and is read again later.
UNREADABLE_WAIT = timedelta(minutes=5)
# Of a large replay, so many are sent between two looks at what is new: at most 160 a second.
REPLAYS_AT_ONCE = 16


class DeliveryStore:
    """Webhook deliveries in the database. Each call is one transaction.

    One process at a time serves an endpoint, under a lease; `holder` names that process. A lease ends by itself, so a
    killed process blocks an endpoint for seconds only.
    """

    def __init__(self, database: Database, keyring: KeyRing, random: Random | None = None) -> None:
        self._database = database
        self._keyring = keyring
        self._random = random or SystemRandom()
        self._quota = DeliveryQuota(database)

    async def waiting(self, now: datetime, holder: str) -> list[WaitingEndpoint]:
        """Enabled endpoints with due deliveries that no breaker blocks, and no other process serves without help."""
        return await self._database.lookup(lambda connection: waiting_endpoints(connection, now, holder))

    async def open(self, endpoint_id: str, holder: str, now: datetime) -> Access:
        """Take the endpoint's lease, or extend it while sending takes long; what this process may do then."""
        async with self._database.write() as session:
            await take_lease(session, endpoint_id, holder, now)
            return await access_of(session, endpoint_id, holder, now)

    renew = open

    async def share(self, endpoint_id: str, holder: str, is_shared: bool) -> bool:
        """Begin or end to let other processes help the holder; whether it is done. Not on SQLite, whose writer would
        have more to do than the helpers save."""
        if self._database.is_sqlite:
            return False
        async with self._database.write() as session:
            return await share(session, endpoint_id, holder, is_shared)

    async def claim(
        self, endpoint_id: str, holder: str, due: Sequence[DueDelivery], now: datetime
    ) -> list[DueDelivery] | None:
        """Those of these deliveries of a shared endpoint that this process alone sends; None: it is not shared."""
        is_ordered, ids = any(each.is_ordered for each in due), [each.delivery_id for each in due]
        async with self._database.write() as session:
            claimed = await claim(session, endpoint_id, holder, ids, now, is_ordered=is_ordered)
        return None if claimed is None else [each for each in due if each.delivery_id in claimed]

    async def keep_claims(self, ids: Collection[str], now: datetime) -> None:
        """Renew the claims of deliveries that are under way."""
        async with self._database.write() as session:
            await keep_claims(session, ids, now)

    async def close(self, holder: str) -> None:
        """Release all leases of this process."""
        async with self._database.write() as session:
            await release_leases(session, holder)

    async def take(self, endpoint_id: str, now: datetime, limit: int) -> list[DueDelivery]:
        """The endpoint's due deliveries, the longest waiting first; one at most while the endpoint is failing.

        What was asked for again comes last, and a few at a time. First attempts are counted for their brands' limits
        here, and what is over a limit is deferred.
        """
        while True:
            async with self._database.read() as session:
                both = await endpoint_and_queue(session, endpoint_id)
                if both is None:
                    return []
                endpoint, queue = both
                if not endpoint.enabled or (queue and queue.retry_at and queue.retry_at > now):
                    return []
                if queue and queue.failures >= BREAK_AFTER:
                    limit = 1
                found = await _rows(session, endpoint, now, limit)
            rows = await self._within_limits(endpoint_id, found, now)
            if rows or not found:
                break  # else a brand's limit deferred all of these: read what is due behind them
        try:
            keys = self._open(endpoint, now)
        except SealBroken as error:
            log.error("the secrets of %s cannot be opened: %s", endpoint_id, error)
            async with self._database.write() as session:
                await close_until(session, endpoint_id, now + UNREADABLE_WAIT)
            return []
        return [
            replace(_due(row.delivery_id, row.attempts, row.event, endpoint, *keys), due_at=row.due_at) for row in rows
        ]

    async def _within_limits(self, endpoint_id: str, rows: list[DueRow], now: datetime) -> list[DueRow]:
        """Those that their brands' limits do not defer. One statement more only where a brand has a limit."""
        candidates = {row.delivery_id: found for row in rows if (found := row.candidate) is not None}
        if not candidates:
            return rows
        admitted = await self._quota.admit(endpoint_id, list(candidates.values()), now)
        return [row for row in rows if row.delivery_id not in candidates or row.delivery_id in admitted]

    async def take_test(self, delivery_id: str, now: datetime) -> DueDelivery | None:
        """The only delivery of a test, also for a disabled endpoint. None: the secrets cannot be decrypted."""
        async with self._database.write() as session:
            delivery = await session.get_one(DeliveryRow, delivery_id, with_for_update=True)
            event = await session.get_one(EventRow, delivery.event_id)
            endpoint = await session.get_one(EndpointRow, delivery.endpoint_id)
            delivery.status, delivery.next_attempt_at = DeliveryStatus.EXHAUSTED.value, None
            try:
                keys = self._open(endpoint, now)
            except SealBroken as error:
                log.error("the secrets of %s cannot be opened: %s", endpoint.id, error)
                return None
            return _due(delivery.id, delivery.attempts, event, endpoint, *keys)

    def _open(self, endpoint: EndpointRow, now: datetime) -> tuple[tuple[str, ...], dict[str, str]]:
        """The endpoint's secrets and its own headers. Raises SealBroken."""
        secrets = tuple(secret.text for secret in open_secrets(self._keyring, endpoint, now))
        return secrets, open_headers(self._keyring, endpoint)

    async def record(
        self,
        endpoint_id: str,
        holder: str,
        attempted: Sequence[Attempted],
        blocked: Sequence[str],
        now: datetime,
        unsent: Collection[str] = (),
    ) -> None:
        """Record a batch of results and extend the lease. `blocked` were not sent because an earlier event of the same
        post failed; they become due with its retry. `unsent` were claimed and not sent."""
        async with self._database.write() as session:
            await write_results(session, attempted, self._random, now)
            if blocked:
                await session.exec(
                    update(DeliveryRow)
                    .where(col(DeliveryRow.id).in_(blocked), IS_PENDING)
                    .values(next_attempt_at=now + RETRY_DELAYS[0], deferred_for=None, updated_at=now)
                )
            await drop_claims(session, unsent, now)
            await take_lease(session, endpoint_id, holder, now)

    async def record_test(self, due: DueDelivery, result: SendResult, now: datetime) -> None:
        """Record the only attempt of a test."""
        async with self._database.write() as session:
            await write_results(session, [Attempted(due.delivery_id, result, now, due.payload)], self._random, now)


async def _rows(session: AsyncSession, endpoint: EndpointRow, now: datetime, limit: int) -> list[DueRow]:
    if endpoint.ordering == Ordering.CONTENT:
        return await ordered_rows(session, endpoint.id, now, limit)
    rows = await due_rows(session, endpoint.id, now, limit, replayed=False)
    if room := min(limit - len(rows), REPLAYS_AT_ONCE):
        rows += await due_rows(session, endpoint.id, now, room, replayed=True)
    return rows


def _due(
    delivery_id: str,
    attempts: int,
    event: EventRow,
    endpoint: EndpointRow,
    secrets: tuple[str, ...],
    headers: dict[str, str],
) -> DueDelivery:
    return DueDelivery(
        delivery_id=delivery_id,
        event_id=event.id,
        event_type=event.type,
        trace=event.trace,
        endpoint_id=endpoint.id,
        content_id=event.content_id,
        url=endpoint.url,
        secrets=secrets,
        body=event_body(event, Payload(endpoint.payload)),
        attempts=attempts,
        payload=Payload(endpoint.payload),
        headers=headers,
        is_ordered=endpoint.ordering == Ordering.CONTENT,
        max_per_second=endpoint.max_per_second,
    )
