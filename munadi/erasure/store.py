"""The steps of erasures, each in transactions of its own. (Port of the worker's loop: `worker/erasing.py`.)

Every step is repeatable and finds what is left by itself, so an erasure continues after the death of a worker with the
next one. The order: stop what would be sent, erase posts, let Temporal forget their workflows, then the rest and the
files, and at last the brand or the account itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.crypto import KeyRing
from munadi.db.compact import empty_log
from munadi.db.contents.word_index import forget_words
from munadi.db.session import Database
from munadi.db.tables import AccountRow, ErasureRow
from munadi.domain.erasure import ErasureWait
from munadi.domain.ids import account_workflow_id
from munadi.erasure import posts, remains
from munadi.erasure.scope import Scope, add_to, scope_of
from munadi.media.store import MediaStore
from munadi.ports import Clock
from munadi.publishing import account_changes
from munadi.publishing.media_deletion import remove_deleted
from munadi.publishing.pace import Pace, Step

# Of the time, what its transactions may take: others write, too.
SHARE = 0.5


class ErasureStore:
    """Erasures of one database, its media store among it."""

    def __init__(self, database: Database, keyring: KeyRing, media: MediaStore, clock: Clock) -> None:
        self._database = database
        self._keyring = keyring
        self._media = media
        self._clock = clock
        self._pace = Pace(database, clock, SHARE)

    async def running(self) -> list[Scope]:
        """The running erasures, the oldest first."""
        query = select(ErasureRow).where(col(ErasureRow.ended_at).is_(None)).order_by(col(ErasureRow.id))
        async with self._database.read() as session:
            return [scope_of(row) for row in (await session.exec(query)).all()]

    async def connected(self, scope: Scope) -> list[str]:
        """The accounts of the erasure that are still connected."""
        query = select(AccountRow.id).where(
            AccountRow.brand_ref == scope.brand_ref, col(AccountRow.deleted_at).is_(None)
        )
        if scope.account_id is not None:
            query = query.where(AccountRow.id == scope.account_id)
        async with self._database.read() as session:
            return list((await session.exec(query)).all())

    async def disconnect(self, account_id: str) -> None:
        """Disconnect an account: what waits for it fails, and nothing more is claimed."""
        await account_changes.disconnect(self._database, account_id, self._clock.now())

    async def with_credentials(self, scope: Scope) -> list[str]:
        """The accounts of the erasure whose credentials a call needed until now."""
        query = select(AccountRow.id).where(AccountRow.brand_ref == scope.brand_ref, AccountRow.sealed != b"")
        if scope.account_id is not None:
            query = query.where(AccountRow.id == scope.account_id)
        async with self._database.read() as session:
            return list((await session.exec(query)).all())

    async def drop_credentials(self, account_id: str) -> None:
        """Delete the credentials of a disconnected account."""
        async with self._database.write() as session:
            row = await session.get(AccountRow, account_id, with_for_update=True)
            if row is not None and row.deleted_at is not None:
                row.sealed, row.updated_at = b"", self._clock.now()

    async def erase_posts(self, scope: Scope) -> bool:
        """Erase posts in batches. Whether all are gone: others have a call under way."""
        after, is_all = "", True

        async def step(session: AsyncSession, size: int) -> bool:
            nonlocal after, is_all
            ids = await posts.next_posts(session, scope, after, size)
            if ids:
                is_all = await posts.erase_batch(session, scope, ids, self._clock.now()) and is_all
                after = ids[-1]
            return bool(ids)

        await self._in_batches(step)
        return is_all

    async def workflows(self, scope: Scope) -> Mapping[str, str]:
        """The workflows that Temporal must forget: of each id, all runs, or those that have ended."""
        async with self._database.read() as session:
            return dict((await session.get_one(ErasureRow, scope.id)).workflows)

    async def forgot(self, scope: Scope, workflow_ids: Collection[str]) -> None:
        """Note that Temporal has none of these any more."""
        async with self._database.write() as session:
            row = await session.get_one(ErasureRow, scope.id, with_for_update=True)
            row.workflows = {key: runs for key, runs in row.workflows.items() if key not in workflow_ids}
            row.updated_at = self._clock.now()

    async def erase_rest(self, scope: Scope) -> None:
        """Erase events, deliveries and files, in batches; then the index of words."""
        now = self._clock.now()
        await self._in_batches(lambda session, size: remains.erase_events(session, scope, size, now))
        if scope.account_id is None:
            await self._in_batches(lambda session, size: remains.erase_deliveries(session, scope, size))
            await self._in_batches(lambda session, size: remains.erase_imports(session, scope, size))
            await self._in_batches(lambda session, size: remains.erase_media(session, scope, size, now))
        await forget_words(self._database, overwrite=True)

    async def remove_files(self, scope: Scope) -> bool:
        """Remove the bytes of deleted files. Whether none is left. Raises StoreUnavailable."""
        await remove_deleted(self._database, self._media, self._clock.now())
        async with self._database.read() as session:
            return not await remains.has_bytes(session)

    async def finish(self, scope: Scope) -> bool:
        """Delete the brand or the account itself. False while something new refers to it, which another round
        erases."""
        now = self._clock.now()
        try:
            async with self._database.write() as session:
                await remains.forget_media(session, scope)
                if scope.account_id is None:
                    gone = await remains.erase_brand(session, scope, now)
                else:
                    gone = await remains.erase_account(session, scope, self._keyring, now)
                workflows = {account_workflow_id(each): posts.ALL_RUNS for each in gone}
                await add_to(session, scope, now, {"accounts": len(gone)}, workflows=workflows)
        except IntegrityError:
            return False
        return True

    async def empty_log(self) -> bool:
        """Remove what was deleted from SQLite's write-ahead log. False while a reader needs it."""
        return await empty_log(self._database)

    async def wait(self, scope: Scope, what: ErasureWait | None) -> None:
        """Record what the erasure waits for."""
        async with self._database.write() as session:
            row = await session.get_one(ErasureRow, scope.id, with_for_update=True)
            if row.waits_for != what:
                row.waits_for, row.updated_at = what, self._clock.now()

    async def end(self, scope: Scope) -> None:
        """Record that nothing is left."""
        now = self._clock.now()
        async with self._database.write() as session:
            row = await session.get_one(ErasureRow, scope.id, with_for_update=True)
            row.waits_for, row.ended_at, row.updated_at = None, now, now

    async def _in_batches(self, erase: Step) -> None:
        while await self._pace.once(erase):
            pass
