"""Records leftovers: objects that a preparation created at a network and no post will use.

The rule here: nothing whose visible call may ever have been sent is recorded (docs/decisions/009). A row that is not
`detached` points at the preparation of its publication, which a retry may still use; see `leftover_removal.py`.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.ids import new_id
from munadi.db.tables import AttemptRow, DiscardRow, PublicationRow
from munadi.domain.ids import Prefix
from munadi.domain.publication import PublicationStatus

# The preparation of a failed publication is kept for a retry for this long.
KEPT_FOR_A_RETRY = timedelta(hours=1)


def is_over(row: PublicationRow) -> bool:
    """Whether the publication has ended without a post, unless it is retried."""
    return row.status in (PublicationStatus.CANCELED, PublicationStatus.FAILED)


async def may_have_been_seen(session: AsyncSession, row: PublicationRow) -> bool:
    """Whether the outcome of a visible call was ever unknown: then what the call used is never removed.

    A restored database has no record of recent calls, so what must still be checked at the network counts as seen.
    """
    if row.look_since is not None:
        return True
    await session.flush()
    query = select(AttemptRow.id).where(
        AttemptRow.publication_id == row.id, or_(col(AttemptRow.is_open), col(AttemptRow.was_uncertain))
    )
    return (await session.exec(query.limit(1))).first() is not None


async def leave_behind(session: AsyncSession, row: PublicationRow, now: datetime) -> bool:
    """Record the preparation of an ended publication for removal; returns whether it will be removed."""
    if row.sealed_preparation is None or await may_have_been_seen(session, row):
        return False
    if not await is_planned(session, row.id):
        is_failed = row.status == PublicationStatus.FAILED
        session.add(
            _discard(row, row.preparation_draft_version, now, now + (KEPT_FOR_A_RETRY if is_failed else timedelta(0)))
        )
    return True


async def leave_detached(
    session: AsyncSession, row: PublicationRow, now: datetime, *, draft_version: int | None, sealed: bytes | None
) -> bool:
    """Record a preparation that its publication no longer has for removal; returns whether it will be removed."""
    if sealed is None or await may_have_been_seen(session, row):
        return False
    left = _discard(row, draft_version, now, now)
    left.detached, left.sealed_preparation = True, sealed
    session.add(left)
    return True


async def give_up_preparation(session: AsyncSession, row: PublicationRow, now: datetime) -> None:
    """Detach a waiting publication's preparation and record it for removal, so that it is prepared again."""
    version = row.preparation_draft_version
    if await leave_detached(session, row, now, draft_version=version, sealed=row.sealed_preparation):
        forget_preparation(row)
        row.epoch += 1


def is_spent(row: PublicationRow) -> bool:
    """Whether a publication no longer needs its preparation: it is live, with no later step or check to come."""
    return row.status == PublicationStatus.PUBLISHED and not row.steps_left and row.next_look_at is None


def forget_preparation(row: PublicationRow) -> None:
    """Clear the preparation of a publication."""
    row.sealed_preparation = row.preparation_draft_version = row.preparation_expires_at = None
    row.preparation_ready = False


def _discard(row: PublicationRow, draft_version: int | None, now: datetime, at: datetime) -> DiscardRow:
    return DiscardRow(
        id=new_id(Prefix.DISCARD),
        publication_id=row.id,
        draft_version=draft_version or 0,
        next_try_at=at,
        created_at=now,
        updated_at=now,
    )


async def is_planned(session: AsyncSession, publication_id: str) -> bool:
    """Whether the removal of the preparation is already recorded."""
    query = select(DiscardRow.id).where(
        DiscardRow.publication_id == publication_id,
        col(DiscardRow.next_try_at).is_not(None),
        col(DiscardRow.detached).is_(False),
    )
    return (await session.exec(query.limit(1))).first() is not None
