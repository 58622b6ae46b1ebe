"""Dashboard sessions: each begins with a sign-in by key and ends with a sign-out or after a set time.

The rule here: a session never has more rights than its key. The key is read with it, so a revoked or expired key ends
the session.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlmodel import col, delete, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.audit import record
from munadi.db.ids import new_id
from munadi.db.keys.callers import Principal, find_session
from munadi.db.session import Database
from munadi.db.tables import KeyRow
from munadi.db.tables.audit import SessionRow
from munadi.domain.audit import Action
from munadi.domain.ids import Prefix
from munadi.domain.usage import Month

BATCH = 1_000


class SessionStore:
    """Stores sessions in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def start(self, key_id: str, brand_ref: str | None, now: datetime, life: timedelta) -> str:
        """Create a session of a key, for its brand if it has one; returns the id."""
        session_id = new_id(Prefix.SESSION)
        async with self._database.write() as session:
            session.add(SessionRow(id=session_id, key_id=key_id, created_at=now, ends_at=now + life))
            record(
                session,
                Action.SESSION_STARTED,
                target=session_id,
                brand_ref=brand_ref,
                now=now,
                key_id=key_id,
            )
        return session_id

    async def caller(self, session_id: str, named: str | None, month: Month, now: datetime) -> Principal | None:
        """The bearer of an open session, and the brand that its calls count for; None once it has ended."""
        return await find_session(self._database, session_id, named, month, now)

    async def end(self, session_id: str, brand_ref: str | None, now: datetime) -> None:
        """End a session permanently; other sessions of its key stay. A repeat changes nothing."""
        async with self._database.write() as session:
            row = await session.get(SessionRow, session_id, with_for_update=True)
            if row is not None and row.ended_at is None:
                row.ended_at = now
                record(session, Action.SESSION_ENDED, target=session_id, brand_ref=brand_ref, now=now)

    async def open(self, session_ids: Collection[str], now: datetime) -> set[str]:
        """The sessions among these that are open, and whose keys are valid."""
        expiry = col(KeyRow.expires_at)
        query = (
            select(SessionRow.id)
            .join(KeyRow, col(KeyRow.id) == col(SessionRow.key_id))
            .where(
                col(SessionRow.id).in_(session_ids), col(SessionRow.ended_at).is_(None), col(SessionRow.ends_at) > now
            )
            .where(col(KeyRow.revoked_at).is_(None), or_(expiry.is_(None), expiry > now))
        )
        async with self._database.read() as session:
            return set((await session.exec(query)).all())


async def forget_old_sessions(database: Database, now: datetime) -> int:
    """Delete expired sessions, a batch at a time; returns their number."""
    async with database.write() as session:
        gone = await _over(session, now)
        if gone:
            await session.exec(delete(SessionRow).where(col(SessionRow.id).in_(gone)))
        return len(gone)


async def _over(session: AsyncSession, now: datetime) -> list[str]:
    query = select(SessionRow.id).where(col(SessionRow.ends_at) <= now).order_by(col(SessionRow.ends_at)).limit(BATCH)
    return list((await session.exec(query)).all())
