"""The service that deletes old posts, in short transactions.

    old_posts ─ lock_old ─ reasons_to_keep ─► delete_posts, with the entry of the audit log

Each transaction deletes whole posts or nothing. So a purge that was killed has left no part of one, and the next purge
continues: what is gone is not found again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from sqlalchemy import insert, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.audit import audit_values
from munadi.db.contents.post_deletion import count_rows, delete_posts
from munadi.db.contents.sources import Place
from munadi.db.contents.word_index import SQLITE_TABLE, forget_words
from munadi.db.session import Database
from munadi.db.tables import AuditRow, BrandRow
from munadi.domain.audit import Action
from munadi.domain.purge import SOONEST, Kept, PurgeReport, latest_before
from munadi.ports import Clock
from munadi.publishing.pace import LARGEST, Pace
from munadi.publishing.purgeable import lock_old, old_posts, reasons_to_keep

Progress = Callable[[int], None]


class PurgeRefused(Exception):
    """A purge that is not done. The text names the field, the rule and the limit."""


class PostPurge:
    """Deletes posts whose last change was before a time. `share`: of the time that its transactions may take."""

    def __init__(self, database: Database, clock: Clock, share: float = 0.5) -> None:
        self._database = database
        self._clock = clock
        self._share = share

    async def count(self, before: datetime, brand_ref: str | None = None) -> PurgeReport:
        """What `purge` would delete now. Raises PurgeRefused."""
        await self._check(before, brand_ref)
        found = _Purge(before, brand_ref)
        has_more = True
        while has_more:
            async with self._database.read() as session:
                has_more = await found.count_some(session, LARGEST, self._clock.now())
        return found.report(is_dry_run=True)

    async def purge(
        self, before: datetime, brand_ref: str | None = None, progress: Progress = lambda _posts: None
    ) -> PurgeReport:
        """Delete them. `progress` gets the number of deleted posts after each transaction. Raises PurgeRefused."""
        await self._check(before, brand_ref)
        done = _Purge(before, brand_ref)

        async def step(session: AsyncSession, size: int) -> bool:
            return await done.delete_some(session, size, self._clock.now())

        pace = Pace(self._database, self._clock, self._share)
        while await pace.once(step):
            progress(done.posts)
        done.rows[SQLITE_TABLE] += await forget_words(self._database)
        return done.report(is_dry_run=False)

    async def _check(self, before: datetime, brand_ref: str | None) -> None:
        if before > (latest := latest_before(self._clock.now())):
            raise PurgeRefused(
                f"before must be at least {SOONEST.days} days ago ({latest:%Y-%m-%dT%H:%M:%SZ} or earlier): "
                "until then repeated requests and the same post are recognized"
            )
        if brand_ref is None:
            return
        async with self._database.read() as session:
            if (await session.exec(select(BrandRow.ref).where(BrandRow.ref == brand_ref))).first() is None:
                raise PurgeRefused(f"there is no brand {brand_ref!r}")


class _Purge:
    """A purge under way: how far it has come, and what it has deleted."""

    def __init__(self, before: datetime, brand_ref: str | None) -> None:
        self.posts = 0
        self.rows = Counter[str]()
        self._before, self._brand_ref = before, brand_ref
        self._kept = Counter[Kept]()
        self._after: Place | None = None
        self._entries: dict[str, str] = {}

    async def delete_some(self, session: AsyncSession, size: int, now: datetime) -> bool:
        """Delete the next posts that nothing needs. Whether there may be more."""
        ids = await self._next(session, size)
        brands = await lock_old(session, ids, self._before)
        free = await self._free(session, list(brands), now)
        if free:
            self.rows.update(await delete_posts(session, free))
            for ref, count in Counter(brands[key] for key in free).items():
                await self._record(session, ref, count, now)
        return len(ids) == size

    async def count_some(self, session: AsyncSession, size: int, now: datetime) -> bool:
        """Count what `delete_some` would delete. Whether there may be more."""
        ids = await self._next(session, size)
        if free := await self._free(session, ids, now):
            self.rows.update(await count_rows(session, free))
        return len(ids) == size

    def report(self, *, is_dry_run: bool) -> PurgeReport:
        """What was done so far."""
        return PurgeReport(
            before=self._before,
            brand_ref=self._brand_ref,
            is_dry_run=is_dry_run,
            posts=self.posts,
            deleted={table: count for table, count in self.rows.items() if count},
            kept=dict(self._kept),
        )

    async def _next(self, session: AsyncSession, size: int) -> list[str]:
        places = await old_posts(session, self._before, self._brand_ref, self._after, size)
        if places:
            self._after = places[-1]
        return [key for _, key in places]

    async def _free(self, session: AsyncSession, ids: Sequence[str], now: datetime) -> list[str]:
        kept = await reasons_to_keep(session, ids, self._before, now) if ids else {}
        self._kept.update(kept.values())
        self.posts += len(ids) - len(kept)
        return [key for key in ids if key not in kept]

    async def _record(self, session: AsyncSession, ref: str, count: int, now: datetime) -> None:
        """One entry of the audit log for each brand, which counts on with every transaction."""
        connection = await session.connection()
        if ref in self._entries:
            more = update(AuditRow).where(col(AuditRow.id) == self._entries[ref])
            await connection.execute(more.values(count=col(AuditRow.count) + count))
            return
        target = f"{self._before.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        values = audit_values(Action.CONTENT_PURGED, target=target, brand_ref=ref, now=now)
        await connection.execute(insert(AuditRow).values(values | {"count": count}))
        self._entries[ref] = values["id"]
