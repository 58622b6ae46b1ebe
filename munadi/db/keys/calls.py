"""Counts API calls in the database: added in batches, or one by one where a limit must hold over several processes.

They are read with the key (`munadi/db/keys/callers.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Integer, String, and_, bindparam, case, func, or_
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.tables import ApiCallsRow
from munadi.db.types import UtcDateTime
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


_ONE = postgresql.insert(ApiCallsRow).values(
    brand_ref=bindparam("ref", type_=String),
    month=bindparam("of_month", type_=String),
    calls=1,
    minute=bindparam("of_minute", type_=UtcDateTime),
    minute_calls=1,
)
# The clocks of processes differ: a call of a minute that is over elsewhere counts in the newest one.
_IS_NEWER = _ONE.excluded.minute > col(ApiCallsRow.minute)
_WITHIN = case((_IS_NEWER, 0), else_=col(ApiCallsRow.minute_calls))
_MOST = bindparam("per_minute", type_=Integer), bindparam("per_month", type_=Integer)
_TAKE = _ONE.on_conflict_do_update(
    index_elements=["brand_ref", "month"],
    set_={
        "calls": col(ApiCallsRow.calls) + 1,
        "minute": case((_IS_NEWER, _ONE.excluded.minute), else_=col(ApiCallsRow.minute)),
        "minute_calls": _WITHIN + 1,
    },
    where=and_(or_(_MOST[0].is_(None), _MOST[0] > _WITHIN), or_(_MOST[1].is_(None), col(ApiCallsRow.calls) < _MOST[1])),
).returning(
    col(ApiCallsRow.calls),
    col(ApiCallsRow.minute),
    col(ApiCallsRow.minute_calls),
    # A call does not wait for the disk: a server that crashes may forget the calls of its last moment.
    func.set_config("synchronous_commit", "off", True),
)


def take_call(
    connection: Connection, ref: str, month: Month, minute: datetime, per_minute: int | None, per_month: int | None
) -> Calls | None:
    """Count a call of a brand on PostgreSQL unless it is one too many; the calls with this one, else None.

    One statement, so that the limits hold over all processes. A limit of 0 must be checked before.
    """
    given = {"ref": ref, "of_month": month.text, "of_minute": minute, "per_minute": per_minute, "per_month": per_month}
    row = connection.execute(_TAKE, given).first()
    return None if row is None else Calls(row[0], row[1], row[2])


def read_calls(connection: Connection, ref: str, month: Month) -> Calls:
    """The calls of one brand in a month."""
    query = select(ApiCallsRow.calls, ApiCallsRow.minute, ApiCallsRow.minute_calls).where(
        col(ApiCallsRow.brand_ref) == ref, col(ApiCallsRow.month) == month.text
    )
    row = connection.execute(query).first()
    return Calls() if row is None else Calls(*row)


async def calls_of(session: AsyncSession, refs: Sequence[str], month: Month) -> dict[str, Calls]:
    """The calls of several brands in a month."""
    query = select(ApiCallsRow).where(col(ApiCallsRow.brand_ref).in_(refs), col(ApiCallsRow.month) == month.text)
    return {row.brand_ref: Calls(row.calls, row.minute, row.minute_calls) for row in (await session.exec(query)).all()}
