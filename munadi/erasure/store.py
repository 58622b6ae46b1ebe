"""The steps of erasures, each in transactions of its own. (Port of the worker's loop: `worker/erasing.py`.)

Every step is repeatable and finds what is left by itself, so an erasure continues after the death of a worker with the
next one. The order: stop what would be sent, erase posts, let Temporal forget their workflows, then the rest and the
files, and at last the brand or the account itself.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime

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
from munadi.publishing import account_changes
from munadi.publishing.media_deletion import remove_deleted


class ErasureStore:
    """Erasures of one database, its media store among it."""

    def __init__(self, database: Database, keyring: KeyRing, media: MediaStore) -> None:
        self._database = database
        self._keyring = keyring
        self._media = media

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

    async def disconnect(self, account_id: str, now: datetime) -> None:
        """Disconnect an account: what waits for it fails, and nothing more is claimed."""
        await account_changes.disconnect(self._database, account_id, now)

    async def with_credentials(self, scope: Scope) -> list[str]:
        """The accounts of the erasure whose credentials a call needed until now."""
        query = select(AccountRow.id).where(AccountRow.brand_ref == scope.brand_ref, AccountRow.sealed != b"")
        if scope.account_id is not None:
            query = query.where(AccountRow.id == scope.account_id)
        async with self._database.read() as session:
            return list((await session.exec(query)).all())

    async def drop_credentials(self, account_id: str, now: datetime) -> None:
        """Delete the credentials of a disconnected account."""
        async with self._database.write() as session:
            row = await session.get(AccountRow, account_id, with_for_update=True)
            if row is not None and row.deleted_at is not None:
                row.sealed, row.updated_at = b"", now

    async def erase_posts(self, scope: Scope, now: datetime) -> bool:
        """Erase posts in batches. Whether all are gone: others have a call under way."""
        after, is_all = "", True
        while True:
            async with self._database.write() as session:
                ids = await posts.next_posts(session, scope, after)
                if not ids:
                    return is_all
                is_all = await posts.erase_batch(session, scope, ids, now) and is_all
            after = ids[-1]

    async def workflows(self, scope: Scope) -> Mapping[str, str]:
        """The workflows that Temporal must forget: of each id, all runs, or those that have ended."""
        async with self._database.read() as session:
            return dict((await session.get_one(ErasureRow, scope.id)).workflows)

    async def forgot(self, scope: Scope, workflow_ids: Collection[str], now: datetime) -> None:
        """Note that Temporal has none of these any more."""
        async with self._database.write() as session:
            row = await session.get_one(ErasureRow, scope.id, with_for_update=True)
            row.workflows = {key: runs for key, runs in row.workflows.items() if key not in workflow_ids}
            row.updated_at = now

    async def erase_rest(self, scope: Scope, now: datetime) -> None:
        """Erase events, deliveries and files, in batches; then the index of words."""
        await self._in_batches(lambda session: remains.erase_events(session, scope, now))
        if scope.account_id is None:
            await self._in_batches(lambda session: remains.erase_deliveries(session, scope))
            await self._in_batches(lambda session: remains.erase_media(session, scope, now))
        await forget_words(self._database, overwrite=True)

    async def remove_files(self, scope: Scope, now: datetime) -> bool:
        """Remove the bytes of deleted files. Whether none is left. Raises StoreUnavailable."""
        await remove_deleted(self._database, self._media, now)
        async with self._database.read() as session:
            return not await remains.has_bytes(session)

    async def finish(self, scope: Scope, now: datetime) -> bool:
        """Delete the brand or the account itself. False while something new refers to it, which another round
        erases."""
        try:
            async with self._database.write() as session:
                await remains.forget_media(session, scope)
                if scope.account_id is None:
                    gone = await remains.erase_brand(session, scope)
                else:
                    gone = await remains.erase_account(session, scope, self._keyring)
                workflows = {account_workflow_id(each): posts.ALL_RUNS for each in gone}
                await add_to(session, scope, now, {"accounts": len(gone)}, workflows=workflows)
        except IntegrityError:
            return False
        return True

    async def empty_log(self) -> bool:
        """Remove what was deleted from SQLite's write-ahead log. False while a reader needs it."""
        return await empty_log(self._database)

    async def wait(self, scope: Scope, what: ErasureWait | None, now: datetime) -> None:
        """Record what the erasure waits for."""
        async with self._database.write() as session:
            row = await session.get_one(ErasureRow, scope.id, with_for_update=True)
            if row.waits_for != what:
                row.waits_for, row.updated_at = what, now

    async def end(self, scope: Scope, now: datetime) -> None:
        """Record that nothing is left."""
        async with self._database.write() as session:
            row = await session.get_one(ErasureRow, scope.id, with_for_update=True)
            row.waits_for, row.ended_at, row.updated_at = None, now, now

    async def _in_batches(self, erase: Callable[[AsyncSession], Awaitable[bool]]) -> None:
        has_more = True
        while has_more:
            async with self._database.write() as session:
                has_more = await erase(session)
