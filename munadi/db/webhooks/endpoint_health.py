"""Tracks since when an endpoint fails, reports it once per spell, and disables an endpoint that fails for days.

A spell of failures starts with the first failure and ends with a success. A long silence starts it again: one failure,
five quiet days and another failure do not show that an endpoint has failed for five days.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.events.notify import notify
from munadi.db.tables import EndpointRow
from munadi.domain.event import EventType
from munadi.domain.webhook import DisabledReason, EndpointView, Health, Ordering, Payload, SignatureScheme

# An endpoint is disabled when a spell has lasted this long. Retries are at most 26.4 hours apart, so a spell without
# SILENCE has failures on each of its days.
FAILING_LIMIT = timedelta(days=5)
SILENCE = timedelta(days=2)
# A spell is reported, and can disable the endpoint, after so many failures (those of one batch count once)...
NOTABLE_FAILURES = 3
# ... and not before this long after its start: a restart of the receiver takes some seconds.
NOTABLE_AFTER = timedelta(seconds=30)


@dataclass(frozen=True)
class BatchResults:
    """What a batch of attempts says of its endpoint. `succeeded`: one did; `error`: the code of the last one, if it
    failed; `gone`: one was answered 410; `exhausted`: a delivery that has no further retry."""

    succeeded: bool
    error: str | None
    gone: bool = False
    exhausted: dict[str, Any] | None = None

    @property
    def is_well(self) -> bool:
        """Whether there is nothing to note of an endpoint that was well before."""
        return self.error is None and not self.gone and self.exhausted is None


def endpoint_view(row: EndpointRow) -> EndpointView:
    """An endpoint as the API returns it."""
    return EndpointView(
        id=row.id,
        url=row.url,
        brand_ref=row.brand_ref,
        types=tuple(row.types),
        channels=tuple(row.channels),
        description=row.description,
        payload=Payload(row.payload),
        signature=SignatureScheme(row.signature),
        public_key=row.public_key,
        ordering=Ordering(row.ordering),
        max_per_second=row.max_per_second,
        headers=row.headers,
        created_by_key=row.created_by_key,
        metadata=row.own_metadata or {},
        enabled=row.enabled,
        disabled_reason=DisabledReason(row.disabled_reason) if row.disabled_reason else None,
        health=_health(row),
        failing_since=row.failing_since,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def end_spell(row: EndpointRow) -> None:
    """Forget the failures: a delivery succeeded, or a person changed the endpoint."""
    row.failures = 0
    row.failing_since = row.last_failure_at = row.failing_notified_at = row.exhausted_notified_at = None


async def note_results(session: AsyncSession, row: EndpointRow, results: BatchResults, now: datetime) -> None:
    """Update an endpoint's health after a batch of attempts.

    Reports a spell of failures, and the first delivery that was given up in it, each once. Disables the endpoint after
    a 410, or after five days of failures.
    """
    if results.is_well and not row.failing_since:
        return  # the usual case takes no lock
    await session.refresh(row, with_for_update=True)
    if row.deleted_at is not None or not row.enabled:
        return
    if results.succeeded:
        end_spell(row)
        row.updated_at = now
    if results.exhausted is not None and row.exhausted_notified_at is None:
        row.exhausted_notified_at = now
        code = (results.exhausted["error"] or "").partition(":")[0]
        await _report(session, row, EventType.DELIVERY_EXHAUSTED, "exhausted", code, now, results.exhausted)
    if results.gone:
        await _disable(session, row, DisabledReason.GONE, now)
    elif results.error is not None:
        await _note_failure(session, row, results.error, now)


async def _note_failure(session: AsyncSession, row: EndpointRow, error: str, now: datetime) -> None:
    since = _count_failure(row, now)
    if row.failures < NOTABLE_FAILURES:
        return
    if now - since >= FAILING_LIMIT:
        await _disable(session, row, DisabledReason.FAILING, now)
    elif now - since >= NOTABLE_AFTER and row.failing_notified_at is None:
        row.failing_notified_at = now
        await _report(session, row, EventType.ENDPOINT_FAILING, "failing", error, now)


def _count_failure(row: EndpointRow, now: datetime) -> datetime:
    """Count one more failure; returns the start of the spell."""
    if row.last_failure_at is not None and now - row.last_failure_at > SILENCE:
        row.failing_since, row.failures = now, 0
    row.failing_since = row.failing_since or now
    row.failures += 1
    row.last_failure_at = now
    return row.failing_since


def _health(row: EndpointRow) -> Health:
    if not row.enabled:
        return Health.DISABLED
    return Health.FAILING if row.failing_since else Health.OK


async def _disable(session: AsyncSession, row: EndpointRow, reason: DisabledReason, now: datetime) -> None:
    row.enabled, row.disabled_reason, row.updated_at = False, reason.value, now
    await _report(session, row, EventType.ENDPOINT_DISABLED, "disabled", reason.value, now)


async def _report(
    session: AsyncSession,
    row: EndpointRow,
    kind: EventType,
    status: str,
    reason: str,
    now: datetime,
    delivery: dict[str, Any] | None = None,
) -> None:
    data = {"endpoint": endpoint_view(row).model_dump(mode="json")}
    if delivery is not None:
        data["delivery"] = delivery
    await notify(session, kind, brand_ref=row.brand_ref, status=status, reason=reason, data=data, now=now)
