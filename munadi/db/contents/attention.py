"""Finds what needs a person. The count, for the navigation of every page, is one query, by indexes of few posts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple, cast

from sqlalchemy import ColumnElement, Select, func, literal, literal_column, union_all
from sqlalchemy import select as select_columns
from sqlmodel import col, select, text
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.brands.modes import Brands
from munadi.db.tables import AccountRow, ContentRow, PublicationRow
from munadi.db.tables.contents import NEEDS_A_PERSON
from munadi.domain.account import AccountStatus
from munadi.domain.content import ContentStatus

# A failure needs attention this long.
FAILED_SINCE = timedelta(days=7)
# Each kind is counted up to here, so that the count costs the same however much there is.
COUNTED = 100


async def count_needing_a_person(session: AsyncSession, now: datetime, brands: Brands, *, with_accounts: bool) -> int:
    """The number of unconfirmed posts; of failures, live publications without a part, withdrawals that were refused or
    are not certain, and posts that are gone or limited, all of the last days and not dismissed; and, if wanted, of
    accounts to reconnect: of these brands. Exact below `COUNTED`."""
    since = now - FAILED_SINCE
    kinds = [_unconfirmed(brands), _failed(brands, since), *_unfinished(brands, since)]
    if with_accounts:
        kinds.append(_accounts(brands))
    counts = union_all(*(select_columns(func.count().label("number")).select_from(each.subquery()) for each in kinds))
    return int((await session.exec(select_columns(func.sum(counts.subquery().c.number)))).scalar_one())  # type: ignore[call-overload]


# No bare column, or a database would read every post of the brand, and look for such publications.
_BRAND = cast(ColumnElement[str], col(ContentRow.brand_ref)).concat("")


class Incomplete(NamedTuple):
    """A publication that is live without a part of it. `because`: the reason, if it is known."""

    content_id: str
    publication_id: str
    because: str | None


async def incomplete_publications(
    session: AsyncSession, now: datetime, brand_ref: str | None, limit: int
) -> list[Incomplete]:
    """Those of the last days that no person dismissed, the newest first: of a brand, or of all (None)."""
    row = PublicationRow
    query = select(row.content_id, row.id, row.incomplete_because).where(
        *_is_open(row.incomplete_at, now - FAILED_SINCE)
    )
    if brand_ref is not None:
        query = query.join(ContentRow, col(ContentRow.id) == col(row.content_id)).where(brand_ref == _BRAND)
    query = query.order_by(col(row.incomplete_at).desc()).limit(limit)
    return [Incomplete(*found) for found in (await session.exec(query)).all()]


async def kept_publications(
    session: AsyncSession, now: datetime, brand_ref: str | None, limit: int
) -> list[tuple[str, str]]:
    """The post and the id of live publications whose withdrawal or last edit was refused or is not certain, the newest
    first: those of the last days that no person dismissed, of a brand, or of all (None)."""
    return await _newest(session, PublicationRow.kept_since, now, brand_ref, limit)


async def hidden_publications(
    session: AsyncSession, now: datetime, brand_ref: str | None, limit: int
) -> list[tuple[str, str]]:
    """The same for publications that looks showed to be gone or limited."""
    return await _newest(session, PublicationRow.hidden_since, now, brand_ref, limit)


async def _newest(
    session: AsyncSession, moment: datetime | None, now: datetime, brand_ref: str | None, limit: int
) -> list[tuple[str, str]]:
    """The publications whose `moment`, a column, needs a person."""
    row = PublicationRow
    query = select(row.content_id, row.id).where(*_is_open(moment, now - FAILED_SINCE))
    if brand_ref is not None:
        query = query.join(ContentRow, col(ContentRow.id) == col(row.content_id)).where(brand_ref == _BRAND)
    query = query.order_by(col(moment).desc()).limit(limit)
    return [(content_id, publication_id) for content_id, publication_id in (await session.exec(query)).all()]


def _unfinished(brands: Brands, since: datetime) -> list[Select[Any]]:
    """Live publications without a part, those not withdrawn or edited, and those that are gone or limited."""
    row = PublicationRow
    found = []
    for moment in (row.incomplete_at, row.kept_since, row.hidden_since):
        query = select_columns(literal(1)).select_from(row).where(*_is_open(moment, since)).limit(COUNTED)
        if not brands.are_all:
            query = query.join(ContentRow, col(ContentRow.id) == col(row.content_id)).where(*brands.own(_BRAND))
        found.append(query)
    return found


def _is_open(moment: datetime | None, since: datetime) -> list[ColumnElement[bool]]:
    """Since then, and not dismissed; `moment` is a column. The first two are the condition of its index."""
    return [col(moment).is_not(None), col(PublicationRow.dismissed_at).is_(None), col(moment) >= since]


def _unconfirmed(brands: Brands) -> Select[Any]:
    return _posts(brands).where(col(ContentRow.status) == literal_column(f"'{ContentStatus.UNCONFIRMED}'"))


def _failed(brands: Brands, since: datetime) -> Select[Any]:
    kinds: list[ColumnElement[str]] = [
        literal_column(f"'{each}'") for each in (ContentStatus.FAILED, ContentStatus.PARTIALLY_PUBLISHED)
    ]
    return _posts(brands).where(col(ContentRow.status).in_(kinds), col(ContentRow.updated_at) >= since)


def _posts(brands: Brands) -> Select[Any]:
    # As in the index, word for word: a database uses a partial index only if it sees that its condition holds.
    query = select_columns(literal(1)).select_from(ContentRow).where(text(NEEDS_A_PERSON)).limit(COUNTED)
    return query.where(*brands.own(col(ContentRow.brand_ref)))


async def accounts_to_reconnect(session: AsyncSession, brands: Brands) -> frozenset[str]:
    """The ids of accounts of these brands without our access, `COUNTED` at most. Their posts wait."""
    query = select(col(AccountRow.id)).where(
        col(AccountRow.deleted_at).is_(None), col(AccountRow.status) == AccountStatus.REAUTH_REQUIRED.value
    )
    query = query.where(*brands.own(col(AccountRow.brand_ref)))
    return frozenset((await session.exec(query.limit(COUNTED))).all())


def _accounts(brands: Brands) -> Select[Any]:
    ill = [each.value for each in (AccountStatus.REAUTH_REQUIRED, AccountStatus.EXPIRING)]
    query = select_columns(literal(1)).select_from(AccountRow)
    query = query.where(col(AccountRow.deleted_at).is_(None), col(AccountRow.status).in_(ill)).limit(COUNTED)
    return query.where(*brands.own(col(AccountRow.brand_ref)))
