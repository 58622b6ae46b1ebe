"""API calls as the database counts them: added to in batches, read beside the key that makes the next one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, and_, bindparam, case
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.tables import ApiCallsRow, BrandRow, KeyRow, SessionRow
from munadi.db.types import UtcDateTime
from munadi.domain.brand import BrandLimits
from munadi.domain.usage import BrandCalls, Month

# PostgreSQL and SQLite bound the parameters of a statement.
BRANDS_AT_ONCE = 500


@dataclass
class Calls:
    """Calls of one brand in one month, and in the newest minute of it."""

    calls: int = 0
    minute: datetime | None = None
    minute_calls: int = 0

    def add(self, minute: datetime, calls: int = 1, minute_calls: int = 1) -> None:
        """Count calls that were made in a minute."""
        self.calls += calls
        if self.minute is None or minute > self.minute:
            self.minute, self.minute_calls = minute, 0
        if minute == self.minute:
            self.minute_calls += minute_calls

    def within(self, minute: datetime) -> int:
        """How many were made in this minute."""
        return self.minute_calls if self.minute == minute else 0


_NAMED: ColumnElement[str] = func.coalesce(KeyRow.brand_ref, bindparam("named", type_=String))
# Made once: every call executes one of them, and putting it together costs more than the database does.
_KEY_AND_BRAND: Any = (
    select(  # type: ignore[call-overload]
        KeyRow,
        BrandRow.ref,
        BrandRow.limits,
        ApiCallsRow.calls,
        ApiCallsRow.minute,
        ApiCallsRow.minute_calls,
    )
    .join(BrandRow, col(BrandRow.ref) == _NAMED, isouter=True)
    .join(
        ApiCallsRow,
        and_(col(ApiCallsRow.brand_ref) == col(BrandRow.ref), col(ApiCallsRow.month) == bindparam("month")),
        isouter=True,
    )
)
_CALLER = _KEY_AND_BRAND.where(KeyRow.hash == bindparam("hash"))
_OF_SESSION = _KEY_AND_BRAND.join(SessionRow, col(SessionRow.key_id) == col(KeyRow.id)).where(
    SessionRow.id == bindparam("session"),
    col(SessionRow.ended_at).is_(None),
    col(SessionRow.ends_at) > bindparam("now", type_=UtcDateTime),
)


async def find_caller(
    session: AsyncSession, key_hash: str, named: str | None, month: Month
) -> tuple[KeyRow, BrandCalls | None] | None:
    """The key of that hash, and the brand its call counts for: the key's own, else the one that the call names.

    One statement, the one that every call makes anyway. No brand: the call counts for none.
    """
    asked = {"hash": key_hash, "named": named, "month": month.text}
    return _caller((await session.exec(_CALLER, params=asked)).first())


async def find_session(
    session: AsyncSession, session_id: str, named: str | None, month: Month, now: datetime
) -> tuple[KeyRow, BrandCalls | None] | None:
    """The same for a session of the dashboard that is open."""
    asked = {"session": session_id, "named": named, "month": month.text, "now": now}
    return _caller((await session.exec(_OF_SESSION, params=asked)).first())


def _caller(found: Any) -> tuple[KeyRow, BrandCalls | None] | None:
    if found is None:
        return None
    key, ref, limits, calls, minute, minute_calls = found
    if ref is None:
        return key, None
    return key, BrandCalls(ref, BrandLimits.kept(limits), calls or 0, minute, minute_calls or 0)


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
