"""Writes the results of attempts: the delivery's log and next retry, the endpoint's health, the brand's usage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from random import Random
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.brands.usage import count_deliveries
from munadi.db.session import after_commit
from munadi.db.tables import DeliveryRow, EndpointQueueRow, EndpointRow, EventRow
from munadi.db.webhooks.endpoint_health import BatchResults, note_results
from munadi.db.webhooks.endpoint_queues import note_failures, reopen
from munadi.domain.delivery import Attempted, SendResult
from munadi.domain.webhook import DeliveryAttempt, DeliveryStatus
from munadi.domain.webhook_schedule import failures_after, next_delay
from munadi.telemetry import metrics

# The log of a delivery keeps its newest attempts; only the last has its request and more than the response's start.
LOG_LIMIT = 20
OLD_HEAD_LIMIT = 1024
# In the newest entry of a log: the url and headers of the request, and which body it had.
SENT = "request"


def without_bodies(log: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """A delivery's log without requests and responses; when each attempt was and how it ended stays."""
    return [without_request(entry) | {"responseHead": ""} for entry in log]


async def write_results(session: AsyncSession, attempted: Sequence[Attempted], random: Random, now: datetime) -> None:
    """Write the results of a batch of one endpoint, in the caller's transaction. `random` gives the jitter."""
    # With the endpoint and its queue, which are then known without another read.
    query = (
        select(DeliveryRow, EventRow.brand_ref, EndpointRow, EndpointQueueRow)
        .join(EventRow, col(EventRow.id) == col(DeliveryRow.event_id))
        .join(EndpointRow, col(EndpointRow.id) == col(DeliveryRow.endpoint_id))
        .outerjoin(EndpointQueueRow, col(EndpointQueueRow.endpoint_id) == col(DeliveryRow.endpoint_id))
        .where(col(DeliveryRow.id).in_([each.delivery_id for each in attempted]))
        .order_by(col(DeliveryRow.id))
        .with_for_update(of=DeliveryRow)
    )
    found = (await session.exec(query)).all()
    rows = {row.id: (row, brand_ref) for row, brand_ref, _, _ in found}
    first_tries: Counter[str] = Counter()
    # A failed test, or one to an endpoint that was deleted meanwhile, says nothing of the endpoint's health.
    relevant: list[SendResult] = []
    given_up: DeliveryRow | None = None
    for each in attempted:
        if each.delivery_id not in rows:
            continue
        delivery, brand_ref = rows[each.delivery_id]
        if brand_ref is not None and not delivery.log and not delivery.counted:
            first_tries[brand_ref] += 1
        _append(delivery, each)
        if delivery.status == DeliveryStatus.PENDING and _went_elsewhere(each, found[0][2]):
            delivery.next_attempt_at = each.at
        elif each.result.ok or delivery.status == DeliveryStatus.PENDING:
            _move(delivery, each, random)
            relevant.append(each.result)
            if delivery.status == DeliveryStatus.EXHAUSTED and not each.result.gone:
                given_up = delivery
                after_commit(session, metrics.EXHAUSTED.inc)
    await session.flush()
    if relevant:
        exhausted = None if given_up is None else await _exhausted(session, given_up)
        await _note_health(session, found[0][2], found[0][3], relevant, exhausted, now)
    await count_deliveries(session, first_tries, now)  # last: other transactions wait for these rows


def _went_elsewhere(attempt: Attempted, endpoint: EndpointRow) -> bool:
    """Whether a failure is that of an address which a person replaced while the attempt was under way."""
    return not attempt.result.ok and attempt.url not in (None, endpoint.url)


def _move(delivery: DeliveryRow, attempt: Attempted, random: Random) -> None:
    result = attempt.result
    if result.ok:
        delivery.status, delivery.next_attempt_at = DeliveryStatus.DELIVERED.value, None
    else:
        wait = next_delay(delivery.attempts, result.retry_after, random)
        delivery.next_attempt_at = None if result.gone or wait is None else attempt.at + wait
        if delivery.next_attempt_at is None:
            delivery.status = DeliveryStatus.EXHAUSTED.value


async def _exhausted(session: AsyncSession, delivery: DeliveryRow) -> dict[str, Any]:
    """A delivery without a further retry, as its event reports it."""
    event, last = await session.get_one(EventRow, delivery.event_id), delivery.log[-1]
    return {
        "id": delivery.id,
        "eventId": delivery.event_id,
        "eventType": event.type,
        "contentId": delivery.content_id,
        "attempts": delivery.attempts,
        "statusCode": last["statusCode"],
        "error": last["error"],
    }


async def _note_health(
    session: AsyncSession,
    endpoint: EndpointRow,
    queue: EndpointQueueRow | None,
    results: Sequence[SendResult],
    exhausted: dict[str, Any] | None,
    now: datetime,
) -> None:
    succeeded, gone = any(result.ok for result in results), any(result.gone for result in results)
    failed_now = next((n for n, result in enumerate(reversed(results)) if result.ok), len(results))
    error = results[-1].error_code if failed_now else None
    await note_results(session, endpoint, BatchResults(succeeded, error, gone, exhausted), now)
    before = queue.failures if queue is not None and not succeeded else 0
    if failed_now:
        waits = [result.retry_after for result in results if result.retry_after and not result.ok]
        wait = max(waits, default=None)
        await note_failures(session, endpoint.id, failures_after(before, failed_now), now, wait)
    elif queue is not None and queue.failures:
        await reopen(session, endpoint.id)


def _append(delivery: DeliveryRow, attempt: Attempted) -> None:
    """Append an attempt to the delivery's log, which numbers all of them; `attempts` counts the current schedule's."""
    delivery.attempts += 1
    result = attempt.result
    number = delivery.log[-1]["number"] + 1 if delivery.log else 1
    entry = DeliveryAttempt(
        number=number,
        at=attempt.at,
        duration_ms=result.duration_ms,
        status_code=result.status_code,
        error=result.error,
        response_head=result.response_head.replace("\0", "\ufffd"),  # PostgreSQL's JSON has no NUL
    )
    older = [_shortened(old) for old in delivery.log]
    sent = result.request.model_dump() | {"payload": attempt.payload.value} if result.request else None
    delivery.log = [*older[1 - LOG_LIMIT :], entry.model_dump(mode="json") | {SENT: sent}]
    delivery.updated_at = delivery.bodies_at = attempt.at
    delivery.deferred_for = None  # a limit that was set while it was sent


def _shortened(entry: dict[str, Any]) -> dict[str, Any]:
    return without_request(entry) | {"responseHead": entry["responseHead"][:OLD_HEAD_LIMIT]}


def without_request(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name != SENT}
