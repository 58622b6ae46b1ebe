"""Counts publications by day and network, and what they cost: one statement, by an index that has all it reads."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, cast, func
from sqlalchemy import select as select_columns
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.tables import AccountRow, PublicationRow


async def published_days_of(
    session: AsyncSession, brand_ref: str, since: datetime, until: datetime
) -> list[tuple[date, str, int, int]]:
    """What a brand published from `since` to before `until`: day in UTC, channel, number, and price in millionths of a
    US dollar. Accounts that were disconnected since count, too."""
    row = PublicationRow
    at = col(row.published_at)
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    day: Any = func.substr(at, 1, 10) if is_sqlite else cast(func.timezone("UTC", at), Date)
    query: Any = (
        select_columns(day.label("day"), col(row.channel), func.count(), func.sum(col(row.price)))
        .join(AccountRow, col(row.account_id) == col(AccountRow.id))
        .where(col(AccountRow.brand_ref) == brand_ref, at >= since, at < until)
        .group_by("day", col(row.channel))
    )
    found = (await session.exec(query)).all()
    return [(_date(day), channel, int(number), int(price)) for day, channel, number, price in found]


def _date(found: date | str) -> date:
    return date.fromisoformat(found) if isinstance(found, str) else found
