"""Creates, reads and changes brands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, or_
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.audit import record
from munadi.db.keys.callers import forget_callers
from munadi.db.session import Database, after_commit
from munadi.db.tables import BrandRow
from munadi.domain.audit import Action
from munadi.domain.brand import ApprovalRule, BrandLimits, BrandMode, BrandView, Duplicates, UnusableAccounts
from munadi.domain.fitting import Fit
from munadi.domain.look_ages import Looks, kept_looks, stored_looks
from munadi.domain.reach import EVERY_BRAND, Reach


class BrandExists(Exception):
    """A brand with this ref already exists."""


def brand_view(row: BrandRow) -> BrandView:
    """A brand as the API returns it."""
    return BrandView(
        ref=row.ref,
        mode=BrandMode(row.mode),
        name=row.name,
        timezone=row.timezone,
        limits=BrandLimits.kept(row.limits),
        duplicates=Duplicates(row.duplicates),
        unusable_accounts=UnusableAccounts(row.unusable_accounts),
        approval=ApprovalRule(row.approval),
        fit=Fit(row.fit),
        looks=kept_looks(row.looks),
        metadata=row.own_metadata or {},
        created_at=row.created_at,
    )


def _matches(pattern: str) -> ColumnElement[bool]:
    if pattern.endswith("*"):
        return col(BrandRow.ref).startswith(pattern[:-1], autoescape=True)
    return col(BrandRow.ref) == pattern


class BrandStore:
    """Brands of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(
        self,
        session: AsyncSession,
        *,
        ref: str,
        name: str | None,
        timezone: str | None,
        limits: BrandLimits,
        duplicates: Duplicates = Duplicates.WARN,
        unusable_accounts: UnusableAccounts = UnusableAccounts.WARN,
        approval: ApprovalRule = ApprovalRule.PROPOSALS,
        fit: Fit = Fit.REFUSE,
        looks: Looks | None = None,
        metadata: Mapping[str, str] | None = None,
        mode: BrandMode = BrandMode.LIVE,
        now: datetime,
    ) -> BrandView:
        """Create a brand in the caller's transaction. BrandExists when the ref is taken."""
        row = BrandRow(
            ref=ref,
            mode=mode.value,
            name=name,
            timezone=timezone,
            limits=limits.model_dump(mode="json"),
            duplicates=duplicates.value,
            unusable_accounts=unusable_accounts.value,
            approval=approval.value,
            fit=fit.value,
            looks=stored_looks(looks),
            own_metadata=dict(metadata) if metadata else None,
            created_at=now,
        )
        try:
            async with session.begin_nested():
                session.add(row)
        except IntegrityError:
            raise BrandExists(ref) from None
        record(session, Action.BRAND_CREATED, target=ref, brand_ref=ref, now=now)
        after_commit(session, lambda: forget_callers(self._database))
        return brand_view(row)

    async def get(self, ref: str) -> BrandView | None:
        """A brand by its ref. One that is being erased counts as gone, here and in lists."""
        async with self._database.read() as session:
            row = await session.get(BrandRow, ref)
            return None if row is None or row.erasing_at is not None else brand_view(row)

    async def list(
        self,
        *,
        reach: Reach = EVERY_BRAND,
        mode: BrandMode | None = None,
        limit: int,
        after: str | None,
        words: str | None = None,
    ) -> Sequence[BrandView]:
        """Brands within `reach` in order of ref after `after`; if given, those of a mode and those with `words` in the
        ref or the name."""
        query = select(BrandRow).where(col(BrandRow.erasing_at).is_(None)).order_by(col(BrandRow.ref)).limit(limit)
        if mode is not None:
            query = query.where(col(BrandRow.mode) == mode.value)
        if reach.brands is not None:
            query = query.where(or_(*(_matches(pattern) for pattern in reach.brands)))
        if after is not None:
            query = query.where(col(BrandRow.ref) > after)
        if words:
            places = (col(BrandRow.ref), col(BrandRow.name))
            query = query.where(or_(*(place.icontains(words, autoescape=True) for place in places)))
        async with self._database.read() as session:
            return [brand_view(row) for row in (await session.exec(query)).all()]

    async def change(self, ref: str, changes: dict[str, Any], now: datetime) -> BrandView | None:
        """Change some of the columns: values as rows have them, or BrandLimits. None when there is no such brand."""
        async with self._database.write() as session:
            row = await session.get(BrandRow, ref, with_for_update=True)
            if row is None or row.erasing_at is not None:
                return None
            for name, value in changes.items():
                setattr(row, name, value.model_dump(mode="json") if isinstance(value, BrandLimits) else value)
            record(session, Action.BRAND_UPDATED, target=ref, brand_ref=ref, now=now)
        forget_callers(self._database)
        return brand_view(row)
