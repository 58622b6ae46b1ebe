"""The queue of leftovers to remove from networks: what is due, one lease per attempt, and each result."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col, delete, select

from munadi.crypto import KeyRing, SealBroken
from munadi.db.session import Database
from munadi.db.tables import DiscardRow
from munadi.domain.publication import Preparation
from munadi.publishing.content import LockedContent
from munadi.publishing.leftovers import forget_preparation, is_over, may_have_been_seen
from munadi.publishing.preparations import state_of
from munadi.publishing.spent_preparations import forget_spent_preparations

log = logging.getLogger("munadi.discarding")

# An attempt without a result (its worker died) is repeated after this.
LEASE = timedelta(minutes=2)
# The wait after each failed attempt; after the last one the leftover is given up.
WAITS = tuple(timedelta(seconds=seconds) for seconds in (15, 60, 300, 1800, 7200, 21_600, 43_200, 86_400))
MAX_NOTE = 500
# How long ended rows are kept, so that the reason can be read.
KEPT = timedelta(days=30)


@dataclass(frozen=True)
class Leftover:
    """A leftover to remove now, and the number of this attempt."""

    id: str
    publication_id: str
    account_id: str
    channel: str
    preparation: Preparation
    tries: int


class DiscardOutbox:
    """The queue of leftovers to remove. Every call is one transaction."""

    def __init__(self, database: Database, keyring: KeyRing) -> None:
        self._database = database
        self._keyring = keyring

    async def due(self, now: datetime, limit: int) -> list[str]:
        """The ids of what is due for removal, the longest waiting first. Read only, because usually nothing is due."""
        query = select(DiscardRow.id).where(col(DiscardRow.next_try_at) <= now)
        query = query.order_by(col(DiscardRow.next_try_at)).limit(limit)
        return await self._database.lookup(lambda connection: list(connection.execute(query).scalars()))

    async def take(self, discard_id: str, now: datetime) -> Leftover | None:
        """Begin an attempt, under a lease; None when it is not due, or no longer to be removed.

        From then on the preparation cannot be used: a publication that is retried later is prepared again.
        """
        async with self._database.write() as session:
            row = await session.get(DiscardRow, discard_id, with_for_update=True)
            if row is None or row.next_try_at is None or row.next_try_at > now:
                return None
            locked = await LockedContent.lock_by_publication(session, row.publication_id, now)
            if locked is None:
                return None
            publication = locked.publication(row.publication_id)
            if not row.detached:
                if not is_over(publication) or await may_have_been_seen(session, publication):
                    _end(row, "withdrawn", "the publication was taken up again", now)
                    return None
                row.sealed_preparation = publication.sealed_preparation
                row.draft_version, row.detached = publication.preparation_draft_version or 0, True
                forget_preparation(publication)
            if row.sealed_preparation is None:
                _end(row, "withdrawn", "nothing was left", now)
                return None
            if row.tries > len(WAITS):
                _end(row, "given_up", row.note or "no try was ever reported on", now)
                return None
            row.tries += 1
            row.next_try_at = now + LEASE
            row.updated_at = now
            try:
                state = state_of(self._keyring, row)
            except SealBroken as error:
                row.note = f"what was prepared cannot be opened: {error}"[:MAX_NOTE]
                row.next_try_at = now + WAITS[row.tries - 1]
                return None
            preparation = Preparation(draft_version=row.draft_version, state=state or {})
            return Leftover(row.id, publication.id, publication.account_id, publication.channel, preparation, row.tries)

    async def removed(self, discard_id: str, note: str | None, now: datetime) -> None:
        """Record that the leftover is removed."""
        async with self._database.write() as session:
            row = await session.get(DiscardRow, discard_id, with_for_update=True)
            if row is not None:
                _end(row, "removed", note, now)

    async def failed(
        self, discard_id: str, reason: str, now: datetime, *, final: bool = False, wait: timedelta | None = None
    ) -> timedelta | None:
        """Record a failed attempt; returns the time until the next one (at least `wait`), None when it is given up."""
        async with self._database.write() as session:
            row = await session.get(DiscardRow, discard_id, with_for_update=True)
            if row is None or row.outcome is not None:
                return None
            row.note, row.updated_at = reason[:MAX_NOTE], now
            if final or row.tries > len(WAITS):
                _end(row, "given_up", row.note, now)
                return None
            pause = max(WAITS[row.tries - 1], wait or timedelta(0))
            row.next_try_at = now + pause
            return pause

    async def tidy(self, now: datetime) -> None:
        """Delete the unused preparations of ended publications."""
        if forgotten := await forget_spent_preparations(self._database, now):
            log.info("dropped %d preparations that are not needed", forgotten)


async def forget_old_discards(database: Database, now: datetime) -> int:
    """Delete entries that ended long ago; returns their number."""
    ended = col(DiscardRow.next_try_at).is_(None)
    async with database.write() as session:
        gone = await session.exec(delete(DiscardRow).where(ended, col(DiscardRow.updated_at) < now - KEPT))
        return int(gone.rowcount)


def _end(row: DiscardRow, outcome: str, note: str | None, now: datetime) -> None:
    row.outcome, row.note = outcome, note[:MAX_NOTE] if note else None
    row.sealed_preparation = None
    row.next_try_at, row.updated_at = None, now
