"""Counts publications by network, day, result and lateness: one statement, by an index of those that have ended."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, case, cast, func
from sqlalchemy import select as select_columns
from sqlmodel import col, select, text
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.tables import AccountRow, PublicationRow
from munadi.db.tables.contents import HAS_ENDED
from munadi.domain.insights import STEPS, Tally
from munadi.domain.publication import PublicationStatus


async def tallies_of(
    session: AsyncSession, brand_ref: str | None, since: datetime, until: datetime, *, live_only: bool = False
) -> dict[tuple[str, date], Tally]:
    """The publications that were due from `since` to before `until`, by channel and day in UTC. `brand_ref` None: of
    every brand, or of every one that is no test brand."""
    row = PublicationRow
    late = col(row.lateness_ms)
    step = case(*((late <= bound, place) for place, bound in enumerate(STEPS)), else_=None)
    columns = [col(row.channel), _day(session).label("day"), col(row.status), step.label("step")]
    query: Any = (
        select_columns(*columns, func.count())
        # As in the index, word for word: a database uses a partial index only if it sees that its condition holds.
        .where(text(HAS_ENDED), col(row.due_at) >= since, col(row.due_at) < until)
        .group_by(*columns)
    )
    # No bare column, or a database would read every publication of these accounts from the table.
    account_id = col(row.account_id).concat("")
    if brand_ref is not None:
        query = query.where(account_id.in_(select(AccountRow.id).where(AccountRow.brand_ref == brand_ref)))
    elif live_only:
        query = query.where(account_id.not_in(select(AccountRow.id).where(col(AccountRow.is_test).is_(True))))
    found: dict[tuple[str, date], Tally] = {}
    for channel, day, status, place, count in (await session.exec(query)).all():
        tally = found.setdefault((channel, _date(day)), Tally())
        if status == PublicationStatus.FAILED:
            tally.failed += count
            continue
        tally.published += count
        if place is not None:
            tally.steps[place] += count
    return found


def _day(session: AsyncSession) -> Any:
    """The day of the due time in UTC, as a date or as its text."""
    due = col(PublicationRow.due_at)
    if session.get_bind().dialect.name == "sqlite":
        return func.substr(due, 1, 10)
    return cast(func.timezone("UTC", due), Date)


def _date(found: date | str) -> date:
    return date.fromisoformat(found) if isinstance(found, str) else found
