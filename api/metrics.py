"""The state of the work in numbers, read from the database when it is asked for."""

from __future__ import annotations

from datetime import datetime

from prometheus_client import CollectorRegistry, Gauge
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.session import Database
from munadi.db.tables import AccountRow, ContentRow, DeliveryRow, PublicationRow
from munadi.domain.account import AccountStatus
from munadi.domain.publication import PublicationStatus
from munadi.domain.webhook import DeliveryStatus


async def state_of(database: Database, now: datetime) -> CollectorRegistry:
    """Gauges over all brands. A status that nothing is in stands at zero, so that an alert can be written on it."""
    registry = CollectorRegistry()
    async with database.read() as session:
        await _by_status(session, registry, "publications", PublicationRow, PublicationStatus)
        await _by_status(session, registry, "accounts", AccountRow, AccountStatus)
        await _by_status(session, registry, "deliveries", DeliveryRow, DeliveryStatus)
        overdue = select(func.count()).where(col(ContentRow.next_look_at) < now)
        unheard = select(func.count()).where(col(ContentRow.wake_seq) > col(ContentRow.wake_ack))
        late = select(func.count()).where(
            DeliveryRow.status == DeliveryStatus.PENDING, col(DeliveryRow.next_attempt_at) < now
        )
        for name, meaning, query in (
            ("munadi_contents_overdue", "contents that somebody should have looked at by now", overdue),
            ("munadi_wakes_pending", "contents whose workflow has not heard of a change", unheard),
            ("munadi_deliveries_due", "deliveries whose time has come", late),
        ):
            Gauge(name, meaning, registry=registry).set((await session.exec(query)).one())
    return registry


async def _by_status(
    session: AsyncSession,
    registry: CollectorRegistry,
    what: str,
    table: type[PublicationRow] | type[AccountRow] | type[DeliveryRow],
    statuses: type[PublicationStatus] | type[AccountStatus] | type[DeliveryStatus],
) -> None:
    gauge = Gauge(f"munadi_{what}", f"{what} by status", ["status"], registry=registry)
    for status in statuses:
        gauge.labels(status.value).set(0)
    query = select(col(table.status), func.count()).group_by(col(table.status))
    for status_text, count in (await session.exec(query)).all():
        gauge.labels(status_text).set(count)
