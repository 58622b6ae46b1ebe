"""Counts API calls in the database: added in batches, read with the key (`munadi/db/keys/callers.py`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.tables import ApiCallsRow
from munadi.domain.usage import Month

# PostgreSQL and SQLite bound the parameters of a statement.
BRANDS_AT_ONCE = 500


@dataclass
class Calls:
    """The calls of one brand in a month, and in the newest minute of it."""

    calls: int = 0
    minute: datetime | None = None
    minute_calls: int = 0

    def add(self, minute: datetime, calls: int = 1, minute_calls: int = 1) -> None:
        """Add calls that were made in a minute."""
        self.calls += calls
        if self.minute is None or minute > self.minute:
            self.minute, self.minute_calls = minute, 0
        if minute == self.minute:
            self.minute_calls += minute_calls

    def within(self, minute: datetime) -> int:
        """The number of calls in this minute."""
        return self.minute_calls if self.minute == minute else 0


async def add_calls(session: AsyncSession, made: Mapping[tuple[str, str], Calls]) -> None:
    """Add calls by brand and month, always in the same order, so that no two processes wait for one another."""
    rows = [
        {"brand_ref": brand, "month": month, "calls": one.calls, "minute": one.minute, "minute_calls": one.minute_calls}
        for (brand, month), one in sorted(made.items())
    ]
    for start in range(0, len(rows), BRANDS_AT_ONCE):
        await _add(session, rows[start : start + BRANDS_AT_ONCE])


async def _add(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    connection = await session.connection()
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(ApiCallsRow).values(rows)
    new, minute, within = statement.excluded, col(ApiCallsRow.minute), col(ApiCallsRow.minute_calls)
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["brand_ref", "month"],
            set_={
                "calls": col(ApiCallsRow.calls) + new.calls,
                "minute": case((minute > new.minute, minute), else_=new.minute),
                "minute_calls": case(
                    (minute > new.minute, within),
                    (minute == new.minute, within + new.minute_calls),
                    else_=new.minute_calls,
                ),
            },
        )
    )


async def calls_of(session: AsyncSession, refs: Sequence[str], month: Month) -> dict[str, Calls]:
    """The calls of several brands in a month."""
    query = select(ApiCallsRow).where(col(ApiCallsRow.brand_ref).in_(refs), col(ApiCallsRow.month) == month.text)
    return {row.brand_ref: Calls(row.calls, row.minute, row.minute_calls) for row in (await session.exec(query)).all()}
