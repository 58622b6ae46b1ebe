"""Programs that registered themselves (RFC 7591). Anyone can register, so their number is bounded and they are swept.

Registering gives nothing: only a person's consent does. A registration without one is deleted after a day. When there
are too many, a new one takes the place of the oldest that no person is likely to be looking at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from sqlmodel import col, delete, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.session import Database
from munadi.db.tables import OAuthClientRow

MOST_UNUSED = 500
# Of one address within the time below, so that no one fills all places.
MOST_REGISTRATIONS = 20
# Of one person, and of one address, to type the code of a device within that time.
MOST_TRIES = 10
# The time in which a person signs in and reads.
IN_PROGRESS = timedelta(minutes=15)
UNUSED_LIFE = timedelta(days=1)
# Longer than any grant, so that no living one loses its program.
USED_LIFE = timedelta(days=400)
BATCH = 1_000


class TooManyClients(Exception):
    """So many programs wait for a person that none can be forgotten yet. `seconds`: when to try again."""

    def __init__(self, seconds: int, most: int = MOST_UNUSED) -> None:
        super().__init__(f"{most} programs wait for a person, which is the most")
        self.seconds = seconds


@dataclass(frozen=True)
class OAuthClients:
    """The registered programs of one database."""

    database: Database

    async def add(self, client_id: str, name: str, facts: Mapping[str, Any], now: datetime) -> None:
        """Store a registration. TooManyClients when there is no place for it."""
        async with self.database.write() as session:
            await _make_room(session, now)
            session.add(OAuthClientRow(id=client_id, name=name, facts=dict(facts), created_at=now))

    async def get(self, client_id: str) -> OAuthClientRow | None:
        """A program by its id."""
        async with self.database.read() as session:
            return await session.get(OAuthClientRow, client_id)


async def _make_room(session: AsyncSession, now: datetime) -> None:
    """Delete the oldest unused registrations beyond the bound."""
    unused = col(OAuthClientRow.used_at).is_(None)
    count = (await session.exec(select(func.count()).select_from(OAuthClientRow).where(unused))).one()
    if count < MOST_UNUSED:
        return
    oldest = select(OAuthClientRow).where(unused).order_by(col(OAuthClientRow.created_at)).limit(1)
    found = (await session.exec(oldest)).one()
    if (left := found.created_at + IN_PROGRESS - now) > timedelta(0):
        raise TooManyClients(ceil(left.total_seconds()))
    await session.delete(found)


async def forget_old_clients(session: AsyncSession, now: datetime) -> int:
    """Delete registrations without a consent after a day, and those of grants that ended long ago; a batch."""
    gone: list[str] = []
    unused = col(OAuthClientRow.used_at).is_(None) & (col(OAuthClientRow.created_at) <= now - UNUSED_LIFE)
    for is_old in (unused, col(OAuthClientRow.used_at) <= now - USED_LIFE):
        gone += (await session.exec(select(OAuthClientRow.id).where(is_old).limit(BATCH))).all()
    if gone:
        await session.exec(delete(OAuthClientRow).where(col(OAuthClientRow.id).in_(gone)))
    return len(gone)
