"""Sessions: `read()` for queries, `write()` for transactions that will change something, `lookup()` for a few rows.

SQLite: WAL, synchronous=FULL (a 202 is a promise), and BEGIN IMMEDIATE for every writer, because a deferred
transaction that reads and then writes fails at once, whatever the busy timeout. Writers of one process queue
on a lock of their own, which is fair and does not poll. PostgreSQL: READ COMMITTED and row locks.

An error of the database names its statement and never its parameters: they hold texts and sealed secrets.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, async_sessionmaker, create_async_engine
from sqlalchemy.pool import QueuePool
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.file_locks import sole_use
from munadi.db.group_commit import GroupCommit
from munadi.db.limits import IDLE_TIMEOUT_MS, Limits, Pool, Reachability
from munadi.db.reader_shares import ReaderShares
from munadi.db.sqlite import BUSY_TIMEOUT_MS, configure, connect, connect_writer, keep_private

# Shorter than the limit of a statement: who waits for another request's lock learns that, and not that the database is
# away.
LOCK_TIMEOUT_MS = 3_000
Found = TypeVar("Found")
_DELIVERIES = "deliveries"
_WAITED = "waited"
_AFTER = "after_commit"
# The server must not end the transaction while the task works by other connections.
_TRY_ALONE = text(
    "SELECT pg_try_advisory_xact_lock(:lock)"
    " AND set_config('idle_in_transaction_session_timeout', '0', true) IS NOT NULL"
)


class Database:
    """A database, by its URL: `sqlite+aiosqlite:///path` or `postgresql+psycopg://…`. `limits` are PostgreSQL's."""

    def __init__(
        self,
        url: str,
        *,
        limits: Limits = Limits(),
        pool: Pool = Pool(),
        idle_timeout_ms: int = IDLE_TIMEOUT_MS,
    ) -> None:
        self.url = make_url(url)
        # Called after each commit that wrote deliveries; the worker's event dispatcher listens.
        self.on_deliveries: Callable[[], None] = lambda: None
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._groups: GroupCommit | None = None
        self._lookups: Engine | None = None
        self._reachability = Reachability()
        self._most = pool.size if self.is_sqlite else pool.size + pool.overflow
        self._shares = ReaderShares(pool.size, os.cpu_count() if self.is_sqlite else None)
        if self.is_sqlite:
            path = self.url.database or ":memory:"
            self._engine = _reader_engine(url, path, pool.size)
            self._groups = GroupCommit(lambda: connect_writer(path))
            self._lookups = _lookup_engine(path)
            self._autocommit = self._engine
        else:
            from munadi.db.postgres import open_engine  # only where its driver is needed

            self._engine = open_engine(self.url, limits, self._reachability, pool=pool, idle_ms=idle_timeout_ms)
            # The same pool. One statement needs no transaction around it: no BEGIN and no ROLLBACK.
            self._autocommit = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self._sessions = async_sessionmaker(self._engine, class_=AsyncSession, expire_on_commit=False, autoflush=False)

    @asynccontextmanager
    async def read(self, *, seconds: float | None = None) -> AsyncIterator[AsyncSession]:
        """A session for reading. Anything it writes is rolled back. `seconds`: the limit of each statement, where the
        usual one is too short."""
        async with self._shares.reading(), self._sessions() as session:
            async with self._reachability.connecting():
                connection = await session.connection()
            if seconds is None or self.is_sqlite:
                yield session
            else:
                from munadi.db.postgres import allow

                async with allow(connection, seconds):
                    yield session

    async def lookup(self, find: Callable[[Connection], Found]) -> Found:
        """Run `find`, which reads a few rows by an index, with Core statements only. Each statement stands for itself.

        On SQLite it runs here, in the event loop's thread: such a read takes microseconds, and a trip to another
        thread takes longer than that.
        """
        if self._lookups is not None:
            with self._lookups.connect() as connection:
                return find(connection)
        return await self.count(find)

    async def count(self, work: Callable[[Connection], Found]) -> Found:
        """On PostgreSQL: run `work`, in which each statement is a transaction of its own, also one that writes."""
        async with self._connection(self._autocommit) as connection:
            return await connection.run_sync(work)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """One writing transaction: committed when the block ends, rolled back when it raises."""
        busy, asked_at = self._is_busy(), time.monotonic()
        async with self._groups.transaction() if self._groups else self._transaction() as session:
            if busy:
                session.info[_WAITED] = timedelta(seconds=time.monotonic() - asked_at)
            yield session
        if session.info.get(_DELIVERIES):
            self.on_deliveries()
        for action in session.info.get(_AFTER, ()):
            action()

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncSession]:
        async with self._sessions() as session, session.begin():
            async with self._reachability.connecting():
                await session.connection()
            yield session

    @asynccontextmanager
    async def _connection(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        """A connection. What it wrote and did not commit is rolled back."""
        connection = engine.connect()
        async with self._reachability.connecting():
            await connection.start()
        try:
            yield connection
        finally:
            await connection.close()

    def _is_busy(self) -> bool:
        """Whether a new transaction must wait for another one of this process."""
        if self._groups is not None:
            return self._groups.pending > 0
        pool = self._engine.pool
        return isinstance(pool, QueuePool) and pool.checkedout() >= self._most

    @asynccontextmanager
    async def alone(self, task: str) -> AsyncIterator[bool]:
        """Whether this block alone does a task until it ends, over all processes. The end of a process ends it too, but
        no pause of a process does.

        On PostgreSQL a transaction of its own holds the lock, because a pooler may give each transaction another
        session. Between its statements such a transaction has no snapshot, so it keeps nothing from being vacuumed.
        """
        if self.is_sqlite:
            with sole_use(f"{self.url.database}-{task}") as is_alone:
                yield is_alone
            return
        lock = {"lock": int.from_bytes(hashlib.sha256(task.encode()).digest()[:8], signed=True)}
        async with self._connection(self._engine) as connection:
            got = (await connection.execute(_TRY_ALONE, lock)).scalar_one()
            yield bool(got)

    @property
    def connections(self) -> tuple[int, int]:
        """How many connections of the pool are in use, and how many may be."""
        pool = self._engine.pool
        return (pool.checkedout(), self._most) if isinstance(pool, QueuePool) else (0, 0)

    @property
    def writers(self) -> int:
        """Writing transactions under way or waiting in this process, on SQLite."""
        return self._groups.pending if self._groups is not None else 0

    async def ping(self) -> None:
        """Raise when the database does not answer."""
        async with self._connection(self._autocommit) as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Close all connections."""
        if self._groups is not None:
            await self._groups.close()
        if self._lookups is not None:
            self._lookups.dispose()
        await self._engine.dispose()


def announce_deliveries(session: AsyncSession) -> None:
    """Call `on_deliveries` after this transaction has committed: it writes deliveries that are due at once."""
    session.info[_DELIVERIES] = True


def after_commit(session: AsyncSession, action: Callable[[], None]) -> None:
    """Call `action` once this transaction has committed, and never if it is rolled back. It must not raise."""
    session.info.setdefault(_AFTER, []).append(action)


def waited(session: AsyncSession) -> timedelta:
    """How long this transaction waited for other transactions of this process before it began.

    A caller reads the clock before it asks for the transaction. In a burst the wait takes seconds, and an event's time
    must be the time of its commit.
    """
    wait: timedelta = session.info.get(_WAITED, timedelta())
    return wait


def _reader_engine(url: str, path: str, pool_size: int) -> AsyncEngine:
    engine = create_async_engine(
        url,
        async_creator=lambda: connect(path),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=BUSY_TIMEOUT_MS / 1000,
        hide_parameters=True,
    )

    event.listen(engine.sync_engine, "connect", lambda connection, _record: configure(connection))
    event.listen(engine.sync_engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine


def _lookup_engine(path: str) -> Engine:
    """One connection for short reads, one after the other, without transactions: nothing to begin and to roll back."""
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=QueuePool,
        pool_size=1,
        max_overflow=0,
        pool_reset_on_return=None,
        hide_parameters=True,
    )
    event.listen(engine, "do_connect", lambda *_: keep_private(path))
    event.listen(engine, "connect", lambda connection, _record: configure(connection))
    return engine
