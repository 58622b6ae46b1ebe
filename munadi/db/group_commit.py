"""The SQLite writer: transactions that run at the same time share one commit to the disk.

A commit waits for the disk, for some milliseconds; the statements of a transaction take less. So transactions run one
after the other, each under a savepoint, and the ones that were waiting when a group began are committed together.
No transaction returns before that commit, so that what is promised is on the disk.

    BEGIN ─ savepoint 1 ─ release ─ savepoint 2 ─ roll back (it raised) ─ savepoint 3 ─ release ─ COMMIT ─► 1 and 3 end
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from sqlalchemy import Connection
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.inline import InlineSession, savepoint, statement_engine
from munadi.db.prebuilt import reported
from munadi.db.sqlite import WriterConnection

# Other processes wait for a group to end, so it is bounded: transactions, and seconds; fewer when one of them waits.
MAX_TRANSACTIONS = 32
MAX_SECONDS = 0.05
WANTED_SECONDS = 0.01


class _Group:
    """Transactions that share a commit. `committed` is done when they are on the disk."""

    def __init__(self, begun: asyncio.Task[Connection]) -> None:
        self.begun = begun
        self.committed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        # It may have no reader: every transaction of the group may have been rolled back, or cancelled.
        self.committed.add_done_callback(lambda future: future.exception())
        self.size = 0
        self._since = time.monotonic()

    @property
    def is_full(self) -> bool:
        return self.size >= MAX_TRANSACTIONS or self.lasts_longer_than(MAX_SECONDS)

    def lasts_longer_than(self, seconds: float) -> bool:
        return time.monotonic() - self._since > seconds


class GroupCommit:
    """The writing transactions of this process. Close it after use."""

    def __init__(self, opened: Callable[[], Awaitable[WriterConnection]]) -> None:
        self._opened = opened
        self._connection: WriterConnection | None = None
        self.statements = statement_engine(lambda: self._writer.file)
        self._turn = asyncio.Lock()
        # Transactions that wait for their turn or have it. The lock alone looks free while it changes hands.
        self.pending = 0
        self._group: _Group | None = None
        self._ending: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """One transaction: on the disk when the block has ended, rolled back when it raises."""
        self.pending += 1
        try:
            async with self._turn:
                group, connection = await self._current()
                group.size += 1
                try:
                    session = InlineSession(connection)
                    with savepoint(self._writer.file), session.sync_session as inner, inner.begin():
                        yield session
                finally:
                    await self._check(group)
        finally:
            self.pending -= 1
        # The commit continues if the caller is cancelled here.
        await asyncio.shield(group.committed)

    async def close(self) -> None:
        """Wait for the last commit and close the connection."""
        await asyncio.gather(*self._ending)
        async with self._turn:
            if self._connection is not None:
                await self._drop_connection()

    @property
    def _writer(self) -> WriterConnection:
        assert self._connection is not None, "a group has begun"
        return self._connection

    async def _current(self) -> tuple[_Group, Connection]:
        if self._group is not None and self._group.is_full:
            await self._end(self._group)
        if self._group is None:
            if self._connection is None:
                with reported():
                    self._connection = await self._opened()
            # A task, so that the transaction ends even if its caller is cancelled.
            group = self._group = _Group(asyncio.create_task(self._begin(self._connection)))
            ending = asyncio.create_task(self._end_in_turn(group))
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)
        group = self._group
        return group, await asyncio.shield(group.begun)

    async def _begin(self, connection: WriterConnection) -> Connection:
        """Begin a transaction, and open the connection for its statements."""
        with reported("BEGIN IMMEDIATE"):
            await connection.begin()
        return self.statements.connect()

    async def _end_in_turn(self, group: _Group) -> None:
        """End the group after the transactions that are waiting now: the lock serves in order."""
        async with self._turn:
            if self._group is group:
                await self._end(group)

    async def _check(self, group: _Group) -> None:
        """End a group that nothing may join: another process waits for it, or SQLite itself has rolled its transaction
        back, such as for a full disk."""
        is_long = group.lasts_longer_than(WANTED_SECONDS)
        if not self._writer.file.in_transaction or (is_long and self._writer.is_wanted):
            await self._end(group)

    async def _end(self, group: _Group) -> None:
        """End the group. A caller that is cancelled still waits for it: the connection is in use until then."""
        self._group = None
        ending, cancelled = asyncio.create_task(self._commit(group)), None
        while not ending.done():
            try:
                await asyncio.shield(ending)
            except asyncio.CancelledError as error:
                cancelled = error
        if cancelled is not None:
            raise cancelled

    async def _commit(self, group: _Group) -> None:
        try:
            (await group.begun).close()
            with reported("COMMIT"):
                await self._writer.commit()
        except Exception as error:  # noqa: BLE001 - each waiting transaction raises it
            if not group.committed.done():
                group.committed.set_exception(error)
            await self._drop_connection()
        else:
            group.committed.set_result(None)

    async def _drop_connection(self) -> None:
        """Close the connection, also after a failed begin or commit: the next group opens another."""
        connection, self._connection = self._writer, None
        self.statements.dispose(close=False)
        await connection.close()
