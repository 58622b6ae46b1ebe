"""Recoveries: an endpoint gets again what it missed in a time range, a bounded number of events at a time.

A step reads the next events of the range and makes them due, unless enough of the recovery's deliveries still wait. So
a recovery of ten thousand events never fills the endpoint's lane. Any number of workers may call `step`.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from sqlalchemy import literal_column
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.ids import new_id
from munadi.db.session import Database
from munadi.db.tables import DeliveryRow, EndpointRow, RecoveryRow
from munadi.db.webhooks.missed_events import EventRange, Found, make_due, next_events
from munadi.domain.ids import Prefix
from munadi.domain.webhook import DeliveryStatus, Recover, RecoveryStatus, RecoveryView

# Events of one step, and how many of a recovery wait to be sent at the same time, at most twice this.
STEP = 200
# Events of one page while they are counted.
PAGE = 2_000
# Beside the statuses: pending deliveries that a brand's limit defers.
_DEFERRED = "deferred"
_RUNNING = select(col(RecoveryRow.id)).where(col(RecoveryRow.status) == literal_column("'running'")).limit(100)


class RecoveryStore:
    """Recoveries of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def count(self, endpoint_id: str, wanted: EventRange, only: Recover | None) -> int:
        """How many events a recovery would send now. Read page by page."""
        total, after = 0, None
        while True:
            async with self._database.read() as session:
                endpoint = await session.get_one(EndpointRow, endpoint_id)
                page = await next_events(session, endpoint, wanted, after, PAGE, _kinds(only))
            total += len(page)
            if len(page) < PAGE:
                return total
            after = page[-1]

    async def start(
        self,
        session: AsyncSession,
        endpoint_id: str,
        wanted: EventRange,
        only: Recover | None,
        total: int,
        now: datetime,
    ) -> RecoveryView:
        """Store a recovery in the caller's transaction; a worker begins within a second. `total` is from `count`."""
        row = RecoveryRow(
            id=new_id(Prefix.RECOVERY),
            endpoint_id=endpoint_id,
            since=wanted.since,
            until=wanted.until,
            types=list(wanted.types),
            only=only.value if only else None,
            total=total,
            created_at=now,
        )
        session.add(row)
        await session.flush()
        return _view(row, Counter())

    async def get(self, recovery_id: str) -> RecoveryView | None:
        """A recovery with its progress."""
        async with self._database.read() as session:
            row = await session.get(RecoveryRow, recovery_id)
            return None if row is None else _view(row, await _statuses(session, recovery_id))

    async def step_all(self, now: datetime) -> int:
        """Make one step of every running recovery; returns how many there are."""
        running = await self._database.lookup(lambda connection: list(connection.execute(_RUNNING).scalars()))
        for recovery_id in running:
            await self._step(recovery_id, now)
        return len(running)

    async def _step(self, recovery_id: str, now: datetime) -> None:
        async with self._database.read() as session:
            row = await session.get_one(RecoveryRow, recovery_id)
            endpoint = await session.get_one(EndpointRow, row.endpoint_id)
            statuses = await _statuses(session, recovery_id)
            waiting, found = statuses[DeliveryStatus.PENDING], list[Found]()
            is_over = row.is_scanned and not waiting
            may_read = endpoint.enabled and not row.is_scanned and waiting < STEP
            if may_read:
                wanted = EventRange(row.since, row.until, row.types)
                after = _place(row)
                found = await next_events(session, endpoint, wanted, after, STEP, _kinds(row.only))
        if endpoint.deleted_at is not None:
            await self._end(row, RecoveryStatus.CANCELED, now)
        elif is_over:
            await self._end(row, RecoveryStatus.DONE, now)
        elif may_read:
            await self._send(row, found, now)

    async def _send(self, seen: RecoveryRow, found: list[Found], now: datetime) -> None:
        async with self._database.write() as session:
            row = await session.get_one(RecoveryRow, seen.id, with_for_update=True)
            if (row.scanned_id, row.is_scanned) != (seen.scanned_id, seen.is_scanned):
                return  # another worker made this step
            if found:
                row.scanned_at, row.scanned_id = found[-1].at, found[-1].event_id
                await make_due(session, row.endpoint_id, [each.event_id for each in found], now, row.id)
            row.is_scanned = len(found) < STEP

    async def _end(self, seen: RecoveryRow, status: RecoveryStatus, now: datetime) -> None:
        async with self._database.write() as session:
            row = await session.get_one(RecoveryRow, seen.id, with_for_update=True)
            row.status, row.ended_at = status.value, now


def _kinds(only: Recover | str | None) -> frozenset[Recover]:
    return frozenset(Recover) if only is None else frozenset([Recover(only)])


def _place(row: RecoveryRow) -> Found | None:
    return None if row.scanned_at is None or row.scanned_id is None else Found(row.scanned_at, row.scanned_id)


async def _statuses(session: AsyncSession, recovery_id: str) -> Counter[str]:
    status = col(DeliveryRow.status)
    query = select(status, func.count(), func.count(col(DeliveryRow.deferred_for)))
    rows = (await session.exec(query.where(col(DeliveryRow.recovery_id) == recovery_id).group_by(status))).all()
    return Counter({name: number for name, number, _ in rows} | {_DEFERRED: sum(each for _, _, each in rows)})


def _view(row: RecoveryRow, statuses: Counter[str]) -> RecoveryView:
    return RecoveryView(
        id=row.id,
        endpoint_id=row.endpoint_id,
        status=RecoveryStatus(row.status),
        since=row.since,
        until=row.until,
        types=tuple(row.types),
        only=Recover(row.only) if row.only else None,
        total=row.total,
        sent=statuses[DeliveryStatus.DELIVERED],
        failed=statuses[DeliveryStatus.EXHAUSTED] + statuses[DeliveryStatus.CANCELED],
        deferred=statuses[_DEFERRED],
        created_at=row.created_at,
        ended_at=row.ended_at,
    )
