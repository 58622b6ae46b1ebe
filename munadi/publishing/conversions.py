"""The queue of renditions that are to be made. Workers take from it; a lease gives each to one of them.

    fit (prepare) ─ waiting ─► take (worker) ─ converting · progress ─► finish: a row of media, and the place is empty

Rule: what a dead worker has begun is free again when its lease ends. Bytes are put into the store before the
transaction that names them, by the rules of all files (`media_use.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import and_, or_, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.config import LimitSettings
from munadi.db.contents.media import IS_THERE, new_media
from munadi.db.contents.media_uses import needed_by
from munadi.db.contents.renditions import delete_renditions, rendition
from munadi.db.session import Database
from munadi.db.tables import ConversionRow, MediaRow
from munadi.domain.fitting import Recipe, RenditionStatus
from munadi.domain.media_facts import MediaFacts
from munadi.domain.usage import QuotaExceeded
from munadi.intake.media import IntakeMedia
from munadi.media.store import MediaStore
from munadi.publishing.media_use import MediaGone, add_media, put_files

S = RenditionStatus
LEASE = timedelta(seconds=30)
# Workers that died over one conversion, before it is given up.
TRIES = 3
BATCH = 100


@dataclass(frozen=True)
class Conversion:
    """A rendition to make. `made`: the same was made of the same bytes already, for another brand."""

    media_id: str
    key: str
    source: str
    recipe: Recipe
    seconds: float
    holder: str
    made: tuple[str, MediaFacts] | None = None


class ConversionQueue:
    """Takes conversions, and records how far they are. Every method is one transaction."""

    def __init__(self, database: Database, store: MediaStore, limits: LimitSettings) -> None:
        self._database, self._store, self._limits = database, store, limits

    async def take(self, holder: str, now: datetime, *, long: bool) -> Conversion | None:
        """The conversion that is needed first, with a lease; None when there is none to do."""
        free = or_(
            col(ConversionRow.status) == S.WAITING.value,
            and_(col(ConversionRow.status) == S.CONVERTING.value, col(ConversionRow.lease_until) < now),
        )
        query = select(ConversionRow).where(
            col(ConversionRow.status) != S.FAILED.value, col(ConversionRow.is_long) == long, free
        )
        query = query.order_by(col(ConversionRow.needed_at)).limit(1).with_for_update(skip_locked=True)
        async with self._database.write() as session:
            row = (await session.exec(query)).first()
            if row is None:
                return None
            source = await session.get(MediaRow, row.media_id)
            if source is None or source.deleted_at is not None:
                await session.delete(row)
                return None
            if row.tries >= TRIES:
                row.status, row.failure = S.FAILED.value, f"the conversion ended {TRIES} times without a result"
                return None
            row.status, row.holder, row.lease_until = S.CONVERTING.value, holder, now + LEASE
            row.tries += 1
            same = await rendition(session, row.key)
            made = (same.sha256, MediaFacts.model_validate(same.facts)) if same else None
            recipe = Recipe.model_validate(row.recipe)
            return Conversion(row.media_id, row.key, source.sha256, recipe, row.seconds, holder, made)

    async def progress(self, one: Conversion, percent: int, now: datetime) -> bool:
        """Renew the lease. False when it was lost: the file is deleted, or another worker has the conversion."""
        async with self._database.write() as session:
            return await _change(session, one, progress=percent, lease_until=now + LEASE)

    async def fail(self, one: Conversion, message: str) -> None:
        """Record why no rendition can be made."""
        async with self._database.write() as session:
            await _change(session, one, status=S.FAILED.value, failure=message[:500], lease_until=None)

    async def free(self, one: Conversion) -> None:
        """Give it back: another worker, or a later round, does it."""
        async with self._database.write() as session:
            await _change(session, one, status=S.WAITING.value, lease_until=None, tries=0)

    async def finish(self, one: Conversion, path: Path | None, sha256: str, facts: MediaFacts, now: datetime) -> None:
        """Store the rendition as a file of its source's brand. `path` None: its bytes are stored already.

        Raises StoreUnavailable. Where the brand has no room for it, the conversion has failed.
        """
        row = new_media(None, sha256, facts, None, now)
        row.rendition_of, row.rendition_key = one.media_id, one.key
        media = IntakeMedia(new=[row], files=[path] if path else [], limits=self._limits)
        await put_files(self._database, media, self._store)
        try:
            async with self._database.write() as session:
                asked = await session.get(ConversionRow, (one.media_id, one.key), with_for_update=True)
                lock = select(MediaRow).where(MediaRow.id == one.media_id, IS_THERE)
                source = (await session.exec(lock.with_for_update(read=True, key_share=True))).first()
                if asked is None or asked.holder != one.holder or source is None:
                    row.deleted_at, row.rendition_of = now, None  # nobody's: its bytes are removed
                    session.add(row)
                    return
                row.brand_ref = source.brand_ref
                await add_media(session, media)
                await session.delete(asked)
        except MediaGone:
            await self.free(one)
        except QuotaExceeded as error:
            await self.fail(one, f"there is no room for the converted video: {error}")

    async def sweep(self, before: datetime, now: datetime) -> int:
        """Delete renditions that were made before a time, and that no post needs any more; how many files they are of.

        Each is made again when a post needs it.
        """
        swept = 0
        query = select(MediaRow.rendition_of).where(col(MediaRow.rendition_of).is_not(None), IS_THERE)
        query = query.where(col(MediaRow.created_at) < before).distinct().limit(BATCH)
        async with self._database.read() as session:
            sources = [one for one in (await session.exec(query)).all() if one is not None]
        for media_id in sources:
            async with self._database.write() as session:
                if not await needed_by(session, media_id, 1):
                    await delete_renditions(session, [media_id], now)
                    swept += 1
        return swept


async def _change(session: AsyncSession, one: Conversion, **columns: object) -> bool:
    mine = (
        col(ConversionRow.media_id) == one.media_id,
        col(ConversionRow.key) == one.key,
        col(ConversionRow.holder) == one.holder,
        col(ConversionRow.status) == S.CONVERTING.value,
    )
    done = await session.exec(update(ConversionRow).where(*mine).values(**columns))
    return bool(done.rowcount)
