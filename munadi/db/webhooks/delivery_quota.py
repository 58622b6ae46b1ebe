"""Applies a brand's limit on webhook deliveries: what is over it waits until the next month or a higher limit.

Only first attempts count, so a delivery is counted just before its first attempt, in the transaction that decides. One
that was counted, or attempted, is never deferred. Publishing never comes here, and a brand without a limit costs
nothing. Rows are locked in one order everywhere: deliveries, then counters, then deferrals.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Text, case, cast, literal, literal_column
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.brands.limits import limits_of
from munadi.db.brands.usage import count_locked_deliveries, deliveries_of, lock_deliveries
from munadi.db.session import Database, announce_deliveries
from munadi.db.tables import IS_PENDING, DeliveryDeferralRow, DeliveryRow, EventRow
from munadi.db.types import UtcDateTime
from munadi.domain.usage import Month

log = logging.getLogger("munadi.deliveries")

# Deliveries that one transaction defers or releases beyond those that it was asked about, so that it stays short.
CHUNK = 500
_WAS_NEVER_ATTEMPTED = cast(col(DeliveryRow.log), Text) == "[]"
# In the words of the index, so that every version of SQLite may use it.
_IS_OPEN: Any = literal_column("is_open")
_OPEN = select(col(DeliveryDeferralRow.brand_ref)).where(_IS_OPEN).distinct()


@dataclass(frozen=True)
class Candidate:
    """A due delivery that may be a first attempt, and the limit of the brand that its event is about."""

    delivery_id: str
    brand_ref: str
    limit: int


class DeliveryQuota:
    """The limits on deliveries in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def admit(self, endpoint_id: str, candidates: Sequence[Candidate], now: datetime) -> frozenset[str]:
        """Count what may be sent, in the given order, and defer the rest; returns the ids that may be sent.

        More of the endpoint's deliveries are deferred with it, so that those of other brands need not wait for them.
        """
        if not candidates:
            return frozenset()
        limits = {each.brand_ref: each.limit for each in candidates}
        newly_full: list[str] = []
        async with self._database.write() as session:
            firsts, retries = await _still_due(session, [each.delivery_id for each in candidates], now)
            admitted = set(retries)
            for brand_ref, limit in sorted(limits.items()):
                ids = [c.delivery_id for c in candidates if c.brand_ref == brand_ref and c.delivery_id in firsts]
                if not ids:
                    continue
                used = await lock_deliveries(session, brand_ref, Month.of(now))
                room = max(0, limit - used)
                await _count(session, brand_ref, ids[:room], now)
                admitted.update(ids[:room])
                if ids[room:]:
                    over = [*ids[room:], *await _more_due(session, endpoint_id, brand_ref, ids, now)]
                    if await _defer(session, brand_ref, over, now):
                        newly_full.append(brand_ref)
        for brand_ref in newly_full:
            _report(brand_ref, limits[brand_ref], now)
        return frozenset(admitted)

    async def release(self, now: datetime) -> int:
        """Make deferred deliveries due, the oldest first, as far as their brands' limits have room; their number.

        A raised limit and a new month give room. A worker calls it again and again.
        """
        brands = await self._database.lookup(_brands_with_deferred)
        return sum([await self._release(brand_ref, now) for brand_ref in brands])

    async def _release(self, brand_ref: str, now: datetime) -> int:
        async with self._database.read() as session:
            limit = (await limits_of(session, brand_ref)).webhook_deliveries_per_month
            used = (await deliveries_of(session, [brand_ref], Month.of(now))).get(brand_ref, 0)
        room = CHUNK if limit is None else min(CHUNK, limit - used)
        if room <= 0:
            return 0
        async with self._database.write() as session:
            query = select(DeliveryRow.id).where(DeliveryRow.deferred_for == brand_ref).order_by(col(DeliveryRow.id))
            ids = (await session.exec(query.limit(room).with_for_update(skip_locked=True))).all()
            # What is due since the month began keeps its place in the order.
            planned = col(DeliveryRow.next_attempt_at)
            due = case((planned > now, literal(now, UtcDateTime())), else_=planned)
            await session.exec(
                update(DeliveryRow)
                .where(col(DeliveryRow.id).in_(ids))
                .values(next_attempt_at=due, deferred_for=None, updated_at=now)
            )
            if ids:
                announce_deliveries(session)
            else:
                await _close(session, brand_ref)
        return len(ids)


def _brands_with_deferred(connection: Connection) -> list[str]:
    return list(connection.execute(_OPEN).scalars())


async def _still_due(session: AsyncSession, ids: Sequence[str], now: datetime) -> tuple[set[str], set[str]]:
    """Lock deliveries; which of those that are still due are first attempts, and which were counted before."""
    query = (
        select(DeliveryRow.id, DeliveryRow.counted, _WAS_NEVER_ATTEMPTED)
        .where(col(DeliveryRow.id).in_(ids), IS_PENDING, col(DeliveryRow.next_attempt_at) <= now)
        .order_by(col(DeliveryRow.id))
        .with_for_update()
    )
    rows = (await session.exec(query)).all()
    firsts = {delivery_id for delivery_id, counted, is_first in rows if is_first and not counted}
    return firsts, {delivery_id for delivery_id, _, _ in rows} - firsts


async def _more_due(
    session: AsyncSession, endpoint_id: str, brand_ref: str, known: Sequence[str], now: datetime
) -> Sequence[str]:
    """Further first attempts about the brand that are due to the endpoint."""
    query: Any = (
        select(DeliveryRow.id)
        .join(EventRow, col(EventRow.id) == col(DeliveryRow.event_id))
        .where(
            DeliveryRow.endpoint_id == endpoint_id,
            col(DeliveryRow.replayed).in_([False, True]),
            IS_PENDING,
            col(DeliveryRow.next_attempt_at) <= now,
            col(DeliveryRow.counted).is_(False),
            col(DeliveryRow.id).not_in(known),
            EventRow.brand_ref == brand_ref,
            _WAS_NEVER_ATTEMPTED,
        )
        .limit(CHUNK)
    )
    # The counter is locked already: never wait for a delivery here.
    return list((await session.exec(query.with_for_update(of=DeliveryRow, skip_locked=True))).all())


async def _count(session: AsyncSession, brand_ref: str, ids: Sequence[str], now: datetime) -> None:
    if not ids:
        return
    await session.exec(update(DeliveryRow).where(col(DeliveryRow.id).in_(ids)).values(counted=True, deferred_for=None))
    await count_locked_deliveries(session, brand_ref, Month.of(now), len(ids))


async def _defer(session: AsyncSession, brand_ref: str, ids: Sequence[str], now: datetime) -> bool:
    """Let deliveries wait for the next month. True: the first ones of this brand in this month."""
    month = Month.of(now)
    await session.exec(
        update(DeliveryRow)
        .where(col(DeliveryRow.id).in_(ids))
        .values(next_attempt_at=month.end, deferred_for=brand_ref, updated_at=now)
    )
    connection = await session.connection()
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = DeliveryDeferralRow
    statement = insert(row).values(brand_ref=brand_ref, month=month.text, since=now, is_open=True)
    made = await connection.execute(statement.on_conflict_do_nothing().returning(col(row.brand_ref)))
    if made.first() is not None:
        return True
    # Also where it is open: this waits for a transaction that is about to close it.
    await session.exec(
        update(row).where(col(row.brand_ref) == brand_ref, col(row.month) == month.text).values(is_open=True)
    )
    return False


async def _close(session: AsyncSession, brand_ref: str) -> None:
    """Note that nothing of the brand is deferred, unless something was while its rows were locked."""
    row = DeliveryDeferralRow
    query = select(row.month).where(row.brand_ref == brand_ref, _IS_OPEN).order_by(col(row.month))
    months = (await session.exec(query.with_for_update())).all()
    left = select(DeliveryRow.id).where(DeliveryRow.deferred_for == brand_ref).limit(1)
    if (await session.exec(left)).first() is None:
        closed = update(row).where(col(row.brand_ref) == brand_ref, col(row.month).in_(months))
        await session.exec(closed.values(is_open=False))


def _report(brand_ref: str, limit: int, now: datetime) -> None:
    month = Month.of(now)
    log.warning(
        "the brand %r has used its %d webhook deliveries of %s (UTC): further ones wait until %s. To send them now, "
        "raise webhookDeliveriesPerMonth with PATCH /v1/brands/%s",
        brand_ref,
        limit,
        month.text,
        month.end.isoformat(),
        brand_ref,
    )
