"""Deletes media. The API marks the row, in one transaction with the check that nothing needs the file. The worker
removes the bytes afterwards.

    delete_media (API) ─ deleted_at ─► remove_bytes (worker) ─ removing_at · bytes · removed_at ─► forget_removed

Rule: bytes that another row needs stay. No transaction waits for the store, so a removal has a beginning and an end in
the database. A killed worker leaves a beginning, and the next round does it again. Removals run one at a time over all
processes (`Database.alone`): a worker that was paused in one never removes bytes that were stored again since.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.audit import record
from munadi.db.contents.media import IS_THERE, new_media
from munadi.db.contents.media_uses import lock_to_delete, needed_by
from munadi.db.contents.renditions import delete_renditions
from munadi.db.idempotency import forget_answers_about, scope_of
from munadi.db.session import Database
from munadi.db.tables import MediaRow, MediaUseRow
from munadi.domain.audit import Action
from munadi.media.pool import off_loop
from munadi.media.rendition_store import RenditionStore
from munadi.media.store import MediaStore
from munadi.publishing.media_use import lock_hashes

# How many posts and drafts a refusal names.
NAMED = 10
# Rows of removed files show requests which put the same bytes into the store that a removal was under way. No request
# takes this long.
REMEMBERED = timedelta(days=7)
BATCH = 100


class MediaInUse(Exception):
    """Posts or drafts need the file: the ids of the first `NAMED`. `has_more`: there are others."""

    def __init__(self, ids: Sequence[str], *, has_more: bool) -> None:
        super().__init__(", ".join(ids))
        self.ids, self.has_more = tuple(ids), has_more


async def delete_media(session: AsyncSession, media_id: str, now: datetime) -> bool:
    """Delete a file in the caller's transaction; False when there is none. Raises MediaInUse."""
    row = await lock_to_delete(session, media_id)
    if row is None:
        return False
    found = await needed_by(session, media_id, NAMED + 1)
    if found:
        raise MediaInUse(found[:NAMED], has_more=len(found) > NAMED)
    row.deleted_at = now
    await delete_renditions(session, [media_id], now)
    await session.exec(delete(MediaUseRow).where(col(MediaUseRow.media_id) == media_id))
    # The same upload, repeated, is stored again.
    await forget_answers_about(session, scope_of(row.brand_ref, "media.create"), media_id)
    record(session, Action.MEDIA_DELETED, target=media_id, brand_ref=row.brand_ref, now=now)
    return True


async def remove_deleted(database: Database, store: MediaStore, now: datetime) -> list[str]:
    """Remove the bytes of some deleted files and of what was made of them; returns their hashes. Nothing happens while
    another process does it. Raises StoreUnavailable; a later call does the rest."""
    removed = []
    async with database.alone("media-removal") as is_alone:
        for digest in await _hashes_to_remove(database) if is_alone else ():
            if await _begin(database, digest, now):
                await _remove_renditions(database, store, digest, now)
                await off_loop(store.delete, digest)
                removed.append(digest)
                await _end(database, digest, now)
    return removed


async def forget_removed(database: Database, now: datetime) -> int:
    """Delete the rows of files that were removed long ago; returns how many."""
    async with database.write() as session:
        gone = await session.exec(delete(MediaRow).where(col(MediaRow.removed_at) < now - REMEMBERED))
        return int(gone.rowcount)


async def _hashes_to_remove(database: Database) -> list[str]:
    # Without DISTINCT, for which SQLite would read every file in the order of the hashes.
    query = select(MediaRow.sha256).where(~IS_THERE, col(MediaRow.removed_at).is_(None)).limit(BATCH)
    async with database.read() as session:
        return list(dict.fromkeys((await session.exec(query)).all()))


async def _begin(database: Database, digest: str, now: datetime) -> bool:
    """Begin a removal. False when another row needs the bytes: then they stay, and nothing is left to do."""
    async with database.write() as session:
        await lock_hashes(session, [digest])
        query = select(MediaRow.id).where(MediaRow.sha256 == digest, IS_THERE).limit(1)
        is_needed = (await session.exec(query)).first() is not None
        await _note(session, digest, **{"removed_at" if is_needed else "removing_at": now})
    return not is_needed


async def _end(database: Database, digest: str, now: datetime) -> None:
    async with database.write() as session:
        await _note(session, digest, removed_at=now)


async def _note(session: AsyncSession, digest: str, **columns: datetime) -> None:
    of_deleted = (col(MediaRow.sha256) == digest, ~IS_THERE, col(MediaRow.removed_at).is_(None))
    await session.exec(update(MediaRow).where(*of_deleted).values(**columns))


async def _remove_renditions(database: Database, store: MediaStore, source: str, now: datetime) -> None:
    """Delete what was made of a file, as deleted media: their bytes are removed by the rules of all others. If another
    source has the same rendition, it is made again when it is needed."""
    renditions = RenditionStore(store)
    for note, made in await off_loop(renditions.of, source):
        if made is not None:
            row = new_media(None, made.sha256, made.facts, None, now)
            row.deleted_at = now
            async with database.write() as session:
                session.add(row)
        await off_loop(store.delete_note, note)
