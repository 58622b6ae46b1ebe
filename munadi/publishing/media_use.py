"""Stores the media of a request in the transaction that stores the post, and keeps them from being deleted meanwhile.

A request is checked before its transaction begins. A file that the check has found may be deleted in between: then
the transaction is rolled back with `MediaGone`, and `recheck_if_media_gone` runs check and transaction again.

Rule: a row in `media` that is not deleted has its bytes in the store. Files are put into the store before the
transaction (`put_files`), and the same bytes may be removed from it just then, because their last row was deleted. So
`add_media` refuses when a removal of them has begun that had not ended before they were put. It and the beginning of a
removal (`media_deletion`) take turns by a lock of the hash.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import TypeVar

from sqlalchemy import ColumnElement, text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.brands.limits import require_holding
from munadi.db.contents.media_uses import use_media
from munadi.db.session import Database
from munadi.db.tables import MediaRow
from munadi.domain.usage import Limit
from munadi.intake.media import IntakeMedia
from munadi.media.store import MediaStore

T = TypeVar("T")
# Checks of one request before it gives up. Each further one needs a deletion in the same moment.
CHECKS = 3
# Advisory locks of PostgreSQL have two numbers here: this one, and one of the hash.
_SPACE = 1_835_363_433
_LOCK = text(f"SELECT pg_advisory_xact_lock({_SPACE}, hashtext(:digest))")


class MediaGone(Exception):
    """Files that the check of a request found were deleted before it was stored. Nothing is stored."""

    def __init__(self, names: Collection[str]) -> None:
        super().__init__(", ".join(sorted(names)))


async def recheck_if_media_gone(attempt: Callable[[], Awaitable[T]]) -> T:
    """Run `attempt`, which checks a request and stores it; again if it raises MediaGone.

    The second check reports a file that was deleted as a problem of the request, and fetches one that was sent by URL
    again. Raises MediaGone after some tries.
    """
    for _ in range(CHECKS - 1):
        try:
            return await attempt()
        except MediaGone:
            continue
    return await attempt()


async def put_files(database: Database, media: IntakeMedia, store: MediaStore) -> None:
    """Move the files of a request into the store. Call it before the transaction. Raises StoreUnavailable."""
    if not media.files:
        return
    ended = select(MediaRow.id).where(_of_hashes(media), col(MediaRow.removed_at).is_not(None))
    async with database.read() as session:
        media.removed_before = frozenset((await session.exec(ended)).all())
    await media.keep(store)


async def store_media(session: AsyncSession, brand_ref: str, used_by: str, media: IntakeMedia) -> None:
    """Store a request's new media, and that the post uses all of its media. Raises MediaGone."""
    await add_media(session, media)
    gone = await use_media(session, brand_ref, used_by, {row.id for row in media.rows.values()})
    if gone:
        raise MediaGone(gone)


async def add_media(session: AsyncSession, media: IntakeMedia) -> None:
    """Store the rows of files that `put_files` has put. Raises MediaGone if their bytes were removed meanwhile, and
    QuotaExceeded where the brand's files would have too many bytes."""
    if not media.new:
        return
    first, added = media.new[0], sum(row.bytes for row in media.new)  # all are of one brand
    await require_holding(session, first.brand_ref, Limit.MEDIA_BYTES, media.limits, first.created_at, adding=added)
    await lock_hashes(session, {row.sha256 for row in media.new})
    begun = select(MediaRow.id).where(_of_hashes(media), col(MediaRow.removing_at).is_not(None))
    if meanwhile := set((await session.exec(begun)).all()) - media.removed_before:
        raise MediaGone(meanwhile)
    session.add_all(media.new)
    await session.flush()


async def lock_hashes(session: AsyncSession, hashes: Collection[str]) -> None:
    """Let one transaction at a time add rows of these files, or begin to remove their bytes."""
    connection = await session.connection()
    if connection.dialect.name == "postgresql":
        for digest in sorted(hashes):
            await connection.execute(_LOCK, {"digest": digest})


def _of_hashes(media: IntakeMedia) -> ColumnElement[bool]:
    return col(MediaRow.sha256).in_({row.sha256 for row in media.new})
