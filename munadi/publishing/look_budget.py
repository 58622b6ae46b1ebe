"""Counts the requests of looks by day, so that they never use up what publishing needs of a network's quota.

A look reserves the most requests that it may make before it begins, and gives back those that it did not make. A
worker that dies keeps its reservation: too much is counted then, never too little. Spending is one statement per scope,
because several workers begin a day's first row at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, delete, update
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.session import Database
from munadi.db.tables import LookBudgetRow
from munadi.domain.look_rule import LookRule

KEPT = timedelta(days=8)


def next_day(now: datetime) -> datetime:
    """When the budgets of a day (UTC) begin anew."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


class _Spent(Exception):
    """A budget of the day has too little left."""


async def spend(
    session: AsyncSession, rule: LookRule, channel: str, account_id: str, requests: int, now: datetime
) -> bool:
    """Take requests from the day's budgets of the account and of the network; False, and nothing taken, if too few are
    left of either."""
    try:
        async with session.begin_nested():
            for scope, limit in _scopes(rule, channel, account_id):
                if not await _take(session, scope, _day(now), requests, limit):
                    raise _Spent
    except _Spent:
        return False
    return True


async def give_back(
    session: AsyncSession, rule: LookRule, channel: str, account_id: str, requests: int, spent_at: datetime
) -> None:
    """Return requests that were spent at a time and not made."""
    scopes = [scope for scope, _ in _scopes(rule, channel, account_id)]
    budget = LookBudgetRow
    of_day = (col(budget.scope).in_(scopes), col(budget.day) == _day(spent_at))
    await session.exec(update(budget).where(*of_day).values(requests=col(budget.requests) - requests))


async def spent_on(database: Database, scopes: Sequence[str], now: datetime) -> dict[str, int]:
    """The requests of a day so far, by account or network."""
    async with database.read() as session:
        rows = [await session.get(LookBudgetRow, (scope, _day(now))) for scope in scopes]
    return {row.scope: row.requests for row in rows if row is not None}


async def forget_old_budgets(database: Database, now: datetime) -> int:
    """Delete the counts of days long past; returns their number."""
    async with database.write() as session:
        gone = await session.exec(delete(LookBudgetRow).where(col(LookBudgetRow.day) < _day(now - KEPT)))
        return int(gone.rowcount)


def _scopes(rule: LookRule, channel: str, account_id: str) -> list[tuple[str, int]]:
    """What the requests are counted for, each with its limit."""
    of_app = [] if rule.of_app is None else [(channel, rule.of_app)]
    return [(account_id, rule.of_account), *of_app]


def _day(now: datetime) -> str:
    return now.astimezone(UTC).date().isoformat()


async def _take(session: AsyncSession, scope: str, day: str, requests: int, limit: int) -> bool:
    if requests > limit:
        return False
    connection = await session.connection()
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(LookBudgetRow).values(scope=scope, day=day, requests=requests)
    total = col(LookBudgetRow.requests) + statement.excluded.requests
    statement = statement.on_conflict_do_update(
        index_elements=["scope", "day"], set_={"requests": total}, where=total <= limit
    )
    made = await connection.execute(statement.returning(col(LookBudgetRow.requests)))
    return made.first() is not None
