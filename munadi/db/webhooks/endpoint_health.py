"""Tracks since when an endpoint fails, and disables it after five days."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.events.notify import notify
from munadi.db.tables import EndpointRow
from munadi.domain.event import EventType
from munadi.domain.webhook import DisabledReason, EndpointView, Payload

FAILING_LIMIT = timedelta(days=5)


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
        created_by_key=row.created_by_key,
        enabled=row.enabled,
        disabled_reason=DisabledReason(row.disabled_reason) if row.disabled_reason else None,
        failing_since=row.failing_since,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


async def note_results(
    session: AsyncSession, row: EndpointRow, *, succeeded: bool, failing: bool, gone: bool, now: datetime
) -> None:
    """Update an endpoint's health after a batch of attempts. `succeeded`: one did; `failing`: the last one failed.

    The endpoint is disabled when it responded 410 (`gone`), or after five days of failures.
    """
    if not (failing or row.failing_since):
        return  # the usual case takes no lock
    await session.refresh(row, with_for_update=True)
    if row.deleted_at is not None or not row.enabled:
        return
    if succeeded:
        row.failing_since, row.updated_at = None, now
    if failing:
        row.failing_since = row.failing_since or now
        if gone:
            await _disable(session, row, DisabledReason.GONE, now)
        elif now - row.failing_since >= FAILING_LIMIT:
            await _disable(session, row, DisabledReason.FAILING, now)


async def _disable(session: AsyncSession, row: EndpointRow, reason: DisabledReason, now: datetime) -> None:
    row.enabled, row.disabled_reason, row.updated_at = False, reason.value, now
    await notify(
        session,
        EventType.ENDPOINT_DISABLED,
        brand_ref=row.brand_ref,
        status="disabled",
        reason=reason.value,
        data={"endpoint": endpoint_view(row).model_dump(mode="json")},
        now=now,
    )
