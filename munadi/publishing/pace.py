"""The pace of deletions: short transactions, between which posts are published as if nothing else happened.

The rule here: a transaction aims at 50 milliseconds, for SQLite has one writer. It waits until no post is due within a
moment, but not for ever: an installation that always publishes deletes, too. Then it rests as long as its share allows.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.session import Database
from munadi.db.tables import PublicationRow
from munadi.domain.publication import PublicationStatus
from munadi.ports import Clock

AIM_SECONDS = 0.05
SMALLEST, FIRST, LARGEST = 5, 20, 200
# A post is due that is due so soon, or was due so lately and is not published yet.
SOON, LATELY = timedelta(seconds=2), timedelta(seconds=10)
PATIENCE_SECONDS, CHECK_SECONDS = 5.0, 0.25
_DUE = [status.value for status in (PublicationStatus.ACCEPTED, PublicationStatus.QUEUED, PublicationStatus.PUBLISHING)]

# Does a part of the work of this size in a transaction, and returns whether there may be more.
Step = Callable[[AsyncSession, int], Awaitable[bool]]


class Pace:
    """Runs transactions of a deletion one after the other. `share`: of the time that they may take."""

    def __init__(self, database: Database, clock: Clock, share: float) -> None:
        self._database = database
        self._clock = clock
        self._share = share
        self._size = FIRST

    async def each(self, ids: Sequence[str], work: Callable[[AsyncSession, Sequence[str]], Awaitable[None]]) -> None:
        """Do the work for all of these, for some in each transaction."""
        left = list(ids)

        async def step(session: AsyncSession, size: int) -> bool:
            await work(session, left[:size])
            del left[:size]
            return bool(left)

        while left:
            await self.once(step)

    async def once(self, step: Step) -> bool:
        """One transaction, when no post is due. Whether there may be more."""
        await wait_for_posts(self._database, self._clock)
        began = time.monotonic()
        async with self._database.write() as session:
            has_more = await step(session, self._size)
        took = time.monotonic() - began
        if took > 2 * AIM_SECONDS:
            self._size = max(SMALLEST, self._size // 2)
        elif took < AIM_SECONDS / 2:
            self._size = min(LARGEST, self._size * 2)
        await asyncio.sleep(took / self._share - took)
        return has_more


async def wait_for_posts(database: Database, clock: Clock) -> None:
    """Wait until no post is due within a moment, but not for ever."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until and await _is_any_due(database, clock.now()):  # noqa: ASYNC110 - the database is asked
        await asyncio.sleep(CHECK_SECONDS)


async def _is_any_due(database: Database, now: datetime) -> bool:
    due_at = col(PublicationRow.due_at)
    query = select(PublicationRow.id).where(due_at >= now - LATELY, due_at <= now + SOON)
    query = query.where(col(PublicationRow.status).in_(_DUE)).limit(1)

    def find(connection: Connection) -> bool:
        return connection.execute(query).first() is not None

    return await database.lookup(find)
