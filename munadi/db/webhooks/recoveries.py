"""Recoveries: an endpoint gets again what it missed, or all events of a time range (a replay), in bounded steps.

A step reads the next events of the range and makes them due, unless enough of the recovery's deliveries still wait. So
a recovery of ten thousand events never fills the endpoint's queue, and no other writer waits for it. A request that
overlaps a running recovery extends that one. A brand has a limited number of them, and one of them takes a step in each
round. Any number of workers may call `step_all`.
"""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import literal_column
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.config import LimitSettings
from munadi.db.brands.limits import lock_limits, require_holding
from munadi.db.ids import new_id
from munadi.db.session import Database
from munadi.db.tables import DeliveryRow, EndpointRow, RecoveryRow
from munadi.db.webhooks.missed_events import EventRange, Found, make_due, next_events
from munadi.domain.ids import Prefix
from munadi.domain.usage import Limit
from munadi.domain.webhook import DeliveryStatus, Recover, RecoveryStatus, RecoveryView

# The most events of one replay; the response says where to continue.
REPLAY_LIMIT = 10_000
# Events of one step, and how many of a recovery wait to be sent at the same time, at most twice this.
STEP = 200
# Events of one page while they are counted.
PAGE = 2_000
# Recoveries of one round. Those behind them have their turn in the next one.
ROUND = 100
# Beside the statuses: pending deliveries that a brand's limit defers.
_DEFERRED = "deferred"
_IS_RUNNING = col(RecoveryRow.status) == literal_column("'running'")
_RUNNING = (
    select(RecoveryRow.id, EndpointRow.brand_ref)
    .join(EndpointRow, col(EndpointRow.id) == col(RecoveryRow.endpoint_id))
    .where(_IS_RUNNING)
    .order_by(col(RecoveryRow.id))
    .limit(ROUND)
)


class RecoveryStore:
    """Recoveries of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # The last recovery of the newest round, if there were more.
        self._last = ""

    async def replayable(self, endpoint_id: str, wanted: EventRange) -> tuple[int, datetime | None]:
        """How many events a replay of a range sends, and the time to continue from if there are more than one may have.

        Events of one instant stay together.
        """
        found: list[Found] = []
        while True:
            page = await self._page(endpoint_id, wanted, found[-1] if found else None, Recover.ALL)
            found += page
            for number in range(max(REPLAY_LIMIT, len(found) - len(page)), len(found)):
                if found[number].at > found[number - 1].at:
                    return number, found[number].at
            if len(page) < PAGE:
                return len(found), None

    async def count(self, endpoint_id: str, wanted: EventRange, only: Recover | None) -> int:
        """How many events a recovery would send now, with those of a running one that it would extend."""
        async with self._database.read() as session:
            running = (await session.exec(_overlapping(endpoint_id, wanted, only))).first()
        if running is not None:
            wanted = _joined(running, wanted)
        total, after = 0, None
        while True:
            page = await self._page(endpoint_id, wanted, after, only)
            total += len(page)
            if len(page) < PAGE:
                return total
            after = page[-1]

    async def _page(
        self, endpoint_id: str, wanted: EventRange, after: Found | None, only: Recover | None
    ) -> list[Found]:
        """The next events of the range, read without locks."""
        async with self._database.read() as session:
            endpoint = await session.get_one(EndpointRow, endpoint_id)
            return await next_events(session, endpoint, wanted, after, PAGE, _kinds(only))

    async def start(
        self,
        session: AsyncSession,
        endpoint_id: str,
        wanted: EventRange,
        only: Recover | None,
        total: int,
        now: datetime,
        *,
        limits: LimitSettings | None = None,
    ) -> RecoveryView:
        """Store a recovery, or extend a running one, in the caller's transaction; a worker begins within a second.

        `total` is from `count`. With `limits`, QuotaExceeded if the endpoint's brand has reached its limit.
        """
        brand_ref = (await session.get_one(EndpointRow, endpoint_id)).brand_ref
        if brand_ref is not None:
            await lock_limits(session, brand_ref)  # so that requests at the same time take turns
        row = (await session.exec(_overlapping(endpoint_id, wanted, only).with_for_update())).first()
        if row is not None:
            _extend(row, wanted, total)
            await session.flush()
            return _view(row, await _statuses(session, row.id))
        if limits is not None:
            await require_holding(session, brand_ref, Limit.RECOVERIES, limits, now)
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
        """Take the next step of running recoveries, one at most of each brand; returns how many there are."""
        query = _RUNNING.where(col(RecoveryRow.id) > self._last)
        running = await self._database.lookup(lambda connection: list(connection.execute(query)))
        self._last = running[-1][0] if len(running) == ROUND else ""
        random.shuffle(running)  # so that each of a brand's has its turn
        served: set[str] = set()
        for recovery_id, brand_ref in running:
            if brand_ref not in served and await self._step(recovery_id, now) and brand_ref is not None:
                served.add(brand_ref)
        return len(running)

    async def _step(self, recovery_id: str, now: datetime) -> bool:
        """Whether events were made due."""
        found = list[Found]()
        async with self._database.read() as session:
            row = await session.get_one(RecoveryRow, recovery_id)
            endpoint = await session.get_one(EndpointRow, row.endpoint_id)
            waiting = await _waiting(session, recovery_id)
            is_over = row.is_scanned and not waiting
            may_read = endpoint.enabled and not row.is_scanned and waiting < STEP
            if may_read:
                found = await next_events(session, endpoint, _range(row), _place(row), STEP, _kinds(row.only))
        if endpoint.deleted_at is not None:
            await self._end(row, RecoveryStatus.CANCELED, now)
        elif is_over:
            await self._end(row, RecoveryStatus.DONE, now)
        elif may_read:
            await self._send(row, found, now)
        return bool(found)

    async def _send(self, seen: RecoveryRow, found: list[Found], now: datetime) -> None:
        async with self._database.write() as session:
            row = await session.get_one(RecoveryRow, seen.id, with_for_update=True)
            if _progress(row) != _progress(seen):
                return  # another worker took this step, or a request extended it
            if found:
                row.scanned_at, row.scanned_id = found[-1].at, found[-1].event_id
                await make_due(session, row.endpoint_id, [each.event_id for each in found], now, row.id)
            row.is_scanned = len(found) < STEP

    async def _end(self, seen: RecoveryRow, status: RecoveryStatus, now: datetime) -> None:
        async with self._database.write() as session:
            row = await session.get_one(RecoveryRow, seen.id, with_for_update=True)
            if _progress(row) == _progress(seen):
                row.status, row.ended_at = status.value, now


def _is_later(page: list[Found], number: int, before: Found | None) -> bool:
    """Whether an event is of another instant than the one before it."""
    earlier = page[number - 1] if number else before
    return earlier is not None and page[number].at > earlier.at


def _overlapping(endpoint_id: str, wanted: EventRange, only: Recover | None) -> Any:
    """The running recovery of the same kind whose range overlaps or adjoins this one, the oldest first."""
    row = RecoveryRow
    return (
        select(row)
        .where(
            col(row.endpoint_id) == endpoint_id,
            _IS_RUNNING,
            col(row.since) <= wanted.until,
            col(row.until) >= wanted.since,
            col(row.only).is_(None) if only is None else col(row.only) == only.value,
            col(row.types) == list(wanted.types),
        )
        .order_by(col(row.id))
        .limit(1)
    )


def _extend(row: RecoveryRow, wanted: EventRange, total: int) -> None:
    """Let a running recovery send this range, too.

    While it still reads its own range, it sends nothing of that twice. One that has read all only waits for the last
    deliveries: it reads the requested range again.
    """
    joined = _joined(row, wanted)
    is_behind = row.scanned_at is not None and row.scanned_at >= wanted.since
    if is_behind and (row.is_scanned or wanted.since < row.since):
        row.scanned_at, row.scanned_id = wanted.since, ""  # before each event of that instant
    row.since, row.until, row.total, row.is_scanned = joined.since, joined.until, total, False


def _joined(row: RecoveryRow, wanted: EventRange) -> EventRange:
    return EventRange(min(row.since, wanted.since), max(row.until, wanted.until), wanted.types)


def _range(row: RecoveryRow) -> EventRange:
    return EventRange(row.since, row.until, row.types)


def _progress(row: RecoveryRow) -> tuple[object, ...]:
    return row.since, row.until, row.scanned_at, row.scanned_id, row.is_scanned


def _kinds(only: Recover | str | None) -> frozenset[Recover] | None:
    """Which deliveries a recovery is for; None: every event, whatever became of its delivery."""
    if only == Recover.ALL:
        return None
    return frozenset([Recover.FAILED, Recover.MISSED]) if only is None else frozenset([Recover(only)])


def _place(row: RecoveryRow) -> Found | None:
    return None if row.scanned_at is None or row.scanned_id is None else Found(row.scanned_at, row.scanned_id)


async def _waiting(session: AsyncSession, recovery_id: str) -> int:
    mine = (col(DeliveryRow.recovery_id) == recovery_id, col(DeliveryRow.status) == DeliveryStatus.PENDING.value)
    return (await session.exec(select(func.count()).where(*mine))).one()


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
