"""Counts what needs a person, for the navigation of every page: one query, by an index of few posts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, literal_column, union_all
from sqlalchemy import select as select_columns
from sqlmodel import col, text
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.tables import AccountRow, ContentRow
from munadi.db.tables.contents import NEEDS_A_PERSON
from munadi.domain.account import AccountStatus
from munadi.domain.content import ContentStatus

# A failure needs attention this long.
FAILED_SINCE = timedelta(days=7)
# Each kind is counted up to here, so that the count costs the same however much there is.
COUNTED = 100


async def count_needing_a_person(
    session: AsyncSession, now: datetime, brand_ref: str | None, *, with_accounts: bool
) -> int:
    """The number of unconfirmed posts, of failures of the last days that nobody dismissed, and, if wanted, of accounts
    to reconnect: of a brand, or of all (None). Exact below `COUNTED`."""
    kinds = [_unconfirmed(brand_ref), _failed(brand_ref, now - FAILED_SINCE)]
    if with_accounts:
        kinds.append(_accounts(brand_ref))
    counts = union_all(*(select_columns(func.count().label("number")).select_from(each.subquery()) for each in kinds))
    return int((await session.exec(select_columns(func.sum(counts.subquery().c.number)))).scalar_one())  # type: ignore[call-overload]


def _unconfirmed(brand_ref: str | None) -> Select[Any]:
    return _posts(brand_ref).where(col(ContentRow.status) == literal_column(f"'{ContentStatus.UNCONFIRMED}'"))


def _failed(brand_ref: str | None, since: datetime) -> Select[Any]:
    kinds: list[ColumnElement[str]] = [
        literal_column(f"'{each}'") for each in (ContentStatus.FAILED, ContentStatus.PARTIALLY_PUBLISHED)
    ]
    return _posts(brand_ref).where(col(ContentRow.status).in_(kinds), col(ContentRow.updated_at) >= since)


def _posts(brand_ref: str | None) -> Select[Any]:
    # As in the index, word for word: a database uses a partial index only if it sees that its condition holds.
    query = select_columns(literal(1)).select_from(ContentRow).where(text(NEEDS_A_PERSON)).limit(COUNTED)
    return query if brand_ref is None else query.where(col(ContentRow.brand_ref) == brand_ref)


def _accounts(brand_ref: str | None) -> Select[Any]:
    ill = [each.value for each in (AccountStatus.REAUTH_REQUIRED, AccountStatus.EXPIRING)]
    query = select_columns(literal(1)).select_from(AccountRow)
    query = query.where(col(AccountRow.deleted_at).is_(None), col(AccountRow.status).in_(ill)).limit(COUNTED)
    return query if brand_ref is None else query.where(col(AccountRow.brand_ref) == brand_ref)
