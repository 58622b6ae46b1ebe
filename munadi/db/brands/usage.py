"""Counts what brands use: accounts and publications by their rows, webhook deliveries and API calls by counters.

Nothing here is estimated, and nothing is counted apart from what it counts: see docs/limits.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import SystemRandom
from typing import Any

from sqlalchemy import ColumnElement, and_, literal, or_, union_all
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.brands.holdings import Defaults, holdings_of, limit_of
from munadi.db.keys.calls import Calls, calls_of
from munadi.db.session import Database
from munadi.db.tables import AccountRow, DeliveryRow, DeliveryTriesRow, PublicationRow
from munadi.domain.brand import BrandView
from munadi.domain.publication import PublicationStatus
from munadi.domain.usage import HOLDINGS, DeliveriesUsed, Month, PublicationsUsed, UsageView, Used

SHARDS = 8
_LOCKED_SHARD = 0
# Publications that are not yet published: they count in the month in which they are published.
_TO_COME = [status.value for status in (PublicationStatus.ACCEPTED, PublicationStatus.QUEUED)]
_TO_COME.append(PublicationStatus.PUBLISHING.value)
_random = SystemRandom()


@dataclass(frozen=True)
class PublicationCounts:
    """Publications of one brand in one month."""

    published: int = 0
    planned: int = 0


async def publications_of(
    session: AsyncSession, refs: Sequence[str], month: Month, now: datetime
) -> dict[str, PublicationCounts]:
    """Per brand, the publications that count in a month (`munadi.domain.usage.month_counted`); one statement."""
    row = PublicationRow
    published = and_(col(row.published_at) >= month.start, col(row.published_at) < month.end)
    to_come = and_(col(row.status).in_(_TO_COME), _due(month, now))
    unconfirmed = and_(
        col(row.status) == PublicationStatus.UNCONFIRMED.value,
        col(row.due_at) >= month.start,
        col(row.due_at) < month.end,
    )
    parts = [(True, published), (False, to_come), (False, unconfirmed)]
    # Each part can use its own index; joined into one condition, none could be used.
    query: Any = union_all(*(_counted(refs, is_published, condition) for is_published, condition in parts))
    found: dict[str, PublicationCounts] = {}
    for ref, is_published, count in (await session.exec(query)).all():
        known = found.get(ref, PublicationCounts())
        added = (count, 0) if is_published else (0, count)
        found[ref] = PublicationCounts(known.published + added[0], known.planned + added[1])
    return found


async def deliveries_of(session: AsyncSession, refs: Sequence[str], month: Month) -> dict[str, int]:
    """Per brand, the webhook deliveries in a month. A retry is not another delivery."""
    query = (
        select(DeliveryTriesRow.brand_ref, func.sum(DeliveryTriesRow.tries))
        .where(col(DeliveryTriesRow.brand_ref).in_(refs), col(DeliveryTriesRow.month) == month.text)
        .group_by(col(DeliveryTriesRow.brand_ref))
    )
    return {ref: int(number) for ref, number in (await session.exec(query)).all()}


async def count_deliveries(session: AsyncSession, first_tries: Mapping[str, int], now: datetime) -> None:
    """Count deliveries per brand, in the transaction that writes their first attempt. Retries are not counted."""
    if first_tries:
        await _add_deliveries(session, first_tries, Month.of(now), _random.randrange(SHARDS))


async def lock_deliveries(session: AsyncSession, ref: str, month: Month) -> int:
    """The webhook deliveries of a brand in a month. Until the transaction ends, other callers of this wait.

    So a limit is exact that is checked after it, and used by `count_locked_deliveries`.
    """
    await _add_deliveries(session, {ref: 0}, month, _LOCKED_SHARD)
    return (await deliveries_of(session, [ref], month)).get(ref, 0)


async def count_locked_deliveries(session: AsyncSession, ref: str, month: Month, number: int) -> None:
    """Count deliveries before their first attempt, in a transaction that called `lock_deliveries`."""
    await _add_deliveries(session, {ref: number}, month, _LOCKED_SHARD)


async def _add_deliveries(session: AsyncSession, numbers: Mapping[str, int], month: Month, shard: int) -> None:
    connection = await session.connection()
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    rows = [{"brand_ref": ref, "month": month.text, "shard": shard, "tries": n} for ref, n in sorted(numbers.items())]
    statement = insert(DeliveryTriesRow).values(rows)
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["brand_ref", "month", "shard"],
            set_={"tries": col(DeliveryTriesRow.tries) + statement.excluded.tries},
        )
    )


async def deferred_of(session: AsyncSession, refs: Sequence[str]) -> dict[str, int]:
    """Per brand, the webhook deliveries that wait now because its limit is reached."""
    brand_ref = col(DeliveryRow.deferred_for)
    query = select(brand_ref, func.count()).where(brand_ref.in_(refs)).group_by(brand_ref)
    return {ref: number for ref, number in (await session.exec(query)).all() if ref is not None}


async def accounts_of(session: AsyncSession, refs: Sequence[str], at: datetime | None = None) -> dict[str, int]:
    """Per brand, the number of accounts that are connected, or were just before an instant."""
    query = select(AccountRow.brand_ref, func.count()).where(col(AccountRow.brand_ref).in_(refs))
    gone = col(AccountRow.deleted_at)
    if at is None:
        query = query.where(gone.is_(None))
    else:
        query = query.where(col(AccountRow.created_at) < at, or_(gone.is_(None), gone >= at))
    return dict((await session.exec(query.group_by(col(AccountRow.brand_ref)))).all())


class UsageStore:
    """Reads the usage of brands, as the API returns it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(
        self,
        brands: Sequence[BrandView],
        month: Month,
        now: datetime,
        unwritten: dict[str, Calls],
        defaults: Defaults,
    ) -> list[UsageView]:
        """Each brand's usage of a month; the number of statements does not depend on the number of brands.

        `unwritten` calls are added to those of the database. `defaults`: of brands without limits of their own.
        """
        refs = [brand.ref for brand in brands]
        is_current = month == Month.of(now)
        limited = [brand.ref for brand in brands if brand.limits.webhook_deliveries_per_month is not None]
        async with self._database.read() as session:
            accounts = await accounts_of(session, refs, month.end if month.end <= now else None)
            publications = await publications_of(session, refs, month, now)
            calls = await calls_of(session, refs, month)
            deliveries = await deliveries_of(session, refs, month)
            deferred = await deferred_of(session, limited) if is_current and limited else {}
            held = {kind: await holdings_of(session, refs, kind, now) for kind in HOLDINGS if is_current}
        views = []
        for brand in brands:
            counts = publications.get(brand.ref, PublicationCounts())
            made = calls.get(brand.ref, Calls())
            if (more := unwritten.get(brand.ref)) is not None and more.minute is not None:
                made.add(more.minute, more.calls, more.minute_calls)
            hooks = DeliveriesUsed.counted(
                deliveries.get(brand.ref, 0), deferred.get(brand.ref, 0), brand.limits.webhook_deliveries_per_month
            )
            has = {
                kind.name.lower(): Used.of(found.get(brand.ref, 0), limit_of(kind, brand.limits, defaults))
                for kind, found in held.items()
            }
            views.append(_view(brand, month, now, accounts.get(brand.ref, 0), counts, made, hooks, has))
        return views


def _view(
    brand: BrandView,
    month: Month,
    now: datetime,
    accounts: int,
    counts: PublicationCounts,
    calls: Calls,
    deliveries: DeliveriesUsed,
    holdings: Mapping[str, Used],
) -> UsageView:
    limits = brand.limits
    this_minute = calls.within(now.replace(second=0, microsecond=0))
    return UsageView(
        brand_ref=brand.ref,
        month=month.text,
        starts_at=month.start,
        ends_at=month.end,
        connected_accounts=Used.of(accounts, limits.accounts),
        publications=PublicationsUsed.counted(counts.published, counts.planned, limits.publications_per_month),
        api_calls=Used.of(calls.calls, limits.api_calls_per_month),
        api_calls_per_minute=Used.of(this_minute, limits.api_calls_per_minute) if month == Month.of(now) else None,
        webhook_deliveries=deliveries,
        **{kind.name.lower(): holdings.get(kind.name.lower()) for kind in HOLDINGS},
    )


def _counted(refs: Sequence[str], is_published: bool, condition: ColumnElement[bool]) -> Any:
    return (
        select(AccountRow.brand_ref, literal(is_published), func.count())
        .join(PublicationRow, col(PublicationRow.account_id) == col(AccountRow.id))
        .where(col(AccountRow.brand_ref).in_(refs), condition)
        .group_by(col(AccountRow.brand_ref))
    )


def _due(month: Month, now: datetime) -> ColumnElement[bool]:
    """Whether an unpublished publication counts in the month. Overdue ones count in the current month."""
    due = col(PublicationRow.due_at)
    if month == Month.of(now):
        return due < month.end
    # A past month gets no more publications.
    return and_(due >= max(month.start, now), due < month.end)
