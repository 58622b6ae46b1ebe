"""Makes old events compact: without the texts of posts, as endpoints with thin payloads get them. Ids, type, status,
reason and times stay."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, update
from sqlmodel import col, exists, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.events.notify import without_texts
from munadi.db.session import Database
from munadi.db.tables import IS_PENDING, DeliveryRow, EventRow
from munadi.ports import Clock
from munadi.publishing.pace import Pace

# Events that one query reads, without their data.
CONSIDERED = 1_000


class OldEvents:
    """Goes through the log by position.

    It remembers how far it came, and which events an endpoint is still to get: these stay as they are until then.
    """

    def __init__(self, database: Database, clock: Clock, share: float) -> None:
        self._database = database
        self._pace = Pace(database, clock, share)
        self._after = 0
        self._later: list[str] = []
        self._compacted = 0

    async def compact(self, before: datetime) -> int:
        """Remove the texts from the events that happened before a time; from how many."""
        later, self._later, self._compacted = self._later, [], 0
        for start in range(0, len(later), CONSIDERED):
            await self._some(col(EventRow.id).in_(later[start : start + CONSIDERED]))
        while await self._some(and_(col(EventRow.position) > self._after, col(EventRow.created_at) < before)):
            pass
        return self._compacted

    async def _some(self, condition: ColumnElement[bool]) -> bool:
        waits = exists().where(col(DeliveryRow.event_id) == col(EventRow.id), IS_PENDING)
        query = select(EventRow.id, col(EventRow.position), waits).where(condition)
        async with self._database.read() as session:
            rows = (await session.exec(query.order_by(col(EventRow.position)).limit(CONSIDERED))).all()
        self._later += [key for key, _, is_waiting in rows if is_waiting]
        await self._pace.each([key for key, _, is_waiting in rows if not is_waiting], self._forget)
        if rows:
            self._after = max(self._after, rows[-1][1] or 0)
        return len(rows) == CONSIDERED

    async def _forget(self, session: AsyncSession, ids: Sequence[str]) -> None:
        query = select(EventRow.id, EventRow.data).where(col(EventRow.id).in_(ids))
        connection = await session.connection()
        for event_id, data in (await session.exec(query.order_by(col(EventRow.id)).with_for_update())).all():
            if (kept := without_texts(data)) != data:
                await connection.execute(update(EventRow).where(col(EventRow.id) == event_id).values(data=kept))
                self._compacted += 1
