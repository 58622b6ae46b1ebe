"""Deletes unused handles, and seals those that an older version stored unencrypted (docs/decisions/017)."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.crypto import KeyRing, SealBroken
from munadi.db.session import Database
from munadi.db.tables import DiscardRow, PublicationRow
from munadi.domain.publication import PublicationStatus
from munadi.publishing.content import LockedContent
from munadi.publishing.handles import state_of, stored
from munadi.publishing.leftovers import forget_handle, is_over, is_planned

log = logging.getLogger("munadi.handles")

# A failed publication keeps its preparation for this long; a retry after that prepares again.
KEPT_AFTER_A_FAILURE = timedelta(days=1)
ROWS = 100
_HELD = or_(col(PublicationRow.handle).is_not(None), col(PublicationRow.sealed_handle).is_not(None))
_OVER = [PublicationStatus.FAILED.value, PublicationStatus.CANCELED.value]


async def forget_spent_handles(database: Database, now: datetime) -> int:
    """Delete the handles of publications that ended a day ago, unless they are to be removed; returns their number.

    Most are deleted earlier: with the publication's end or their removal. These are of failures that may be visible.
    """
    query = select(PublicationRow.content_id).where(
        _HELD, col(PublicationRow.status).in_(_OVER), col(PublicationRow.updated_at) < now - KEPT_AFTER_A_FAILURE
    )
    async with database.read() as session:
        content_ids = (await session.exec(query.distinct().limit(ROWS))).all()
    forgotten = 0
    for content_id in content_ids:
        async with database.write() as session:
            locked = await LockedContent.lock(session, content_id, now)
            for row in locked.publications if locked else ():
                if await _is_spent(session, row, now):
                    forget_handle(row)
                    forgotten += 1
    return forgotten


async def seal_clear_handles(database: Database, keyring: KeyRing, now: datetime) -> int:
    """Seal unencrypted handles of an older version; returns the number of rows. Repeatable while others work."""
    sealed = 0
    async with database.read() as session:
        publications = (await session.exec(select(PublicationRow).where(_HELD))).all()
        discards = (await session.exec(select(DiscardRow).where(col(DiscardRow.handle).is_not(None)))).all()
    for content_id in dict.fromkeys(row.content_id for row in publications if _is_clear(keyring, row)):
        async with database.write() as session:
            locked = await LockedContent.lock(session, content_id, now)
            sealed += sum(_seal(keyring, row, row.id) for row in (locked.publications if locked else ()))
    for discard in discards:
        if _is_clear(keyring, discard):
            async with database.write() as session:
                row = await session.get(DiscardRow, discard.id, with_for_update=True)
                sealed += row is not None and _seal(keyring, row, row.publication_id)
    return sealed


def _is_clear(keyring: KeyRing, row: PublicationRow | DiscardRow) -> bool:
    """Whether a row has an unencrypted handle."""
    if row.handle is None:
        return False
    try:
        return row.sealed_handle is None or state_of(keyring, row) is row.handle
    except SealBroken as error:
        log.error("what was prepared for %s cannot be opened: %s", row.id, error)
        return False


def _seal(keyring: KeyRing, row: PublicationRow | DiscardRow, publication_id: str) -> bool:
    if not _is_clear(keyring, row):
        return False
    row.sealed_handle, row.handle = stored(keyring, publication_id, row.handle or {})
    return True


async def _is_spent(session: AsyncSession, row: PublicationRow, now: datetime) -> bool:
    return is_over(row) and row.updated_at < now - KEPT_AFTER_A_FAILURE and not await is_planned(session, row.id)
