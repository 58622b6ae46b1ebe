"""Removes networks' raw answers from attempts that ended long ago. Outcome, code and times stay, and so does what a
failure says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.session import Database
from munadi.db.tables import AttemptRow
from munadi.ports import Clock
from munadi.publishing.pace import Pace

# Attempts that one query reads.
CONSIDERED = 1_000


class _Attempt(NamedTuple):
    id: str
    ended_at: datetime | None
    has_answer: bool


class OldAnswers:
    """Goes through the attempts in the order of their ids, which is that of their intents.

    It remembers how far it came, and which of those had not ended long enough ago.
    """

    def __init__(self, database: Database, clock: Clock, share: float) -> None:
        self._database = database
        self._pace = Pace(database, clock, share)
        self._after = ""
        self._later: list[str] = []

    async def remove(self, before: datetime) -> int:
        """Remove the answers of attempts whose outcome was certain before a time; how many."""
        later, self._later, removed = self._later, [], 0
        for start in range(0, len(later), CONSIDERED):
            some = await self._read(col(AttemptRow.id).in_(later[start : start + CONSIDERED]))
            removed += await self._remove(some, before)
        while True:
            rows = await self._read(and_(col(AttemptRow.id) > self._after, col(AttemptRow.intent_at) < before))
            removed += await self._remove(rows, before)
            if len(rows) < CONSIDERED:
                return removed

    async def _remove(self, rows: Sequence[_Attempt], before: datetime) -> int:
        old = [row.id for row in rows if row.has_answer and row.ended_at is not None and row.ended_at < before]
        self._later += [row.id for row in rows if row.ended_at is None or row.ended_at >= before]
        await self._pace.each(old, _forget)
        if rows:
            self._after = max(self._after, rows[-1].id)
        return len(old)

    async def _read(self, condition: ColumnElement[bool]) -> list[_Attempt]:
        row = AttemptRow
        query = select(row.id, row.ended_at, col(row.raw).is_not(None)).where(condition)
        async with self._database.read() as session:
            found = (await session.exec(query.order_by(col(row.id)).limit(CONSIDERED))).all()
        return [_Attempt(key, ended_at, bool(has_answer)) for key, ended_at, has_answer in found]


async def _forget(session: AsyncSession, ids: Sequence[str]) -> None:
    query = update(AttemptRow).where(col(AttemptRow.id).in_(ids), col(AttemptRow.is_open).is_(False))
    await (await session.connection()).execute(query.values(raw=None))
