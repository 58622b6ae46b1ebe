"""Sessions: `read()` for queries, `write()` for transactions that will change something, `lookup()` for a few rows.

SQLite: WAL, synchronous=FULL (a 202 is a promise), and BEGIN IMMEDIATE for every writer, because a deferred
transaction that reads and then writes fails at once, whatever the busy timeout. Writers of one process queue
on a lock of their own, which is fair and does not poll. PostgreSQL: READ COMMITTED and row locks.

An error of the database names its statement and never its parameters: they hold texts and sealed secrets.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlalchemy.pool import QueuePool
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.group_commit import GroupCommit
from munadi.db.sqlite import OneTripConnection, connect, connect_writer, savepoints_at_once, sole_use

BUSY_TIMEOUT_MS = 15_000
LOCK_TIMEOUT_MS = 5_000
# PostgreSQL ends a transaction whose client is silent for this long, as one on a machine that was suspended or cut off.
# Its locks would stop the posts that it had in hand until that machine is back. Ours run for milliseconds.
IDLE_TIMEOUT_MS = 20_000
Found = TypeVar("Found")
_DELIVERIES = "deliveries"
_WAITED = "waited"


class Database:
    """A database, by its URL: `sqlite+aiosqlite:///path` or `postgresql+psycopg://…`."""

    def __init__(self, url: str, *, pool_size: int = 10, idle_timeout_ms: int = IDLE_TIMEOUT_MS) -> None:
        self.url = make_url(url)
        # Called after each commit that wrote deliveries; the worker's event dispatcher listens.
        self.on_deliveries: Callable[[], None] = lambda: None
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._groups: GroupCommit | None = None
        self._lookups: Engine | None = None
        if self.is_sqlite:
            self._reader = _sqlite_engine(url, "BEGIN", connect, pool_size)
            self._writer = _sqlite_engine(url, "BEGIN IMMEDIATE", connect_writer, 2)
            savepoints_at_once(self._writer.sync_engine.dialect)
            self._groups = GroupCommit(self._writer)
            self._lookups = _lookup_engine(self.url.database or ":memory:")
            self._autocommit = self._reader
        else:
            self._reader = self._writer = create_async_engine(
                url, pool_size=pool_size, pool_pre_ping=True, hide_parameters=True
            )
            _end_idle_transactions(self._reader.sync_engine, idle_timeout_ms)
            # The same pool. One statement needs no transaction around it: no BEGIN and no ROLLBACK.
            self._autocommit = self._reader.execution_options(isolation_level="AUTOCOMMIT")
        options: dict[str, Any] = {"class_": AsyncSession, "expire_on_commit": False, "autoflush": False}
        self._read_sessions = async_sessionmaker(self._reader, **options)
        self._write_sessions = async_sessionmaker(self._writer, **options)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session for reading. Anything it writes is rolled back."""
        async with self._read_sessions() as session:
            yield session

    async def lookup(self, find: Callable[[Connection], Found]) -> Found:
        """Run `find`, which reads a few rows by an index, with Core statements only. Each statement stands for itself.

        On SQLite it runs here, in the event loop's thread: such a read takes microseconds, and a trip to another
        thread takes longer than that.
        """
        if self._lookups is not None:
            with self._lookups.connect() as connection:
                return find(connection)
        async with self._autocommit.connect() as connection:
            return await connection.run_sync(find)

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

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncSession]:
        async with self._write_sessions() as session, session.begin():
            await session.connection()
            yield session

    def _is_busy(self) -> bool:
        """Whether a new transaction must wait for another one of this process."""
        if self._groups is not None:
            return self._groups.is_busy
        pool = self._writer.pool
        return isinstance(pool, QueuePool) and pool.checkedout() >= pool.size()

    @asynccontextmanager
    async def alone(self, task: str) -> AsyncIterator[bool]:
        """Whether this block alone does a task until it ends, over all processes. The end of a process ends it too, but
        no pause of a process does. No transaction is open."""
        if self.is_sqlite:
            with sole_use(f"{self.url.database}-{task}") as is_alone:
                yield is_alone
            return
        lock = {"lock": int.from_bytes(hashlib.sha256(task.encode()).digest()[:8], signed=True)}
        async with self._autocommit.connect() as connection:
            got = (await connection.execute(text("SELECT pg_try_advisory_lock(:lock)"), lock)).scalar_one()
            try:
                yield bool(got)
            finally:
                if got:
                    await connection.execute(text("SELECT pg_advisory_unlock(:lock)"), lock)

    async def ping(self) -> None:
        """Raise when the database does not answer."""
        async with self._reader.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Close all connections."""
        if self._groups is not None:
            await self._groups.close()
        if self._lookups is not None:
            self._lookups.dispose()
        await self._reader.dispose()
        if self._writer is not self._reader:
            await self._writer.dispose()


def announce_deliveries(session: AsyncSession) -> None:
    """Call `on_deliveries` after this transaction has committed: it writes deliveries that are due at once."""
    session.info[_DELIVERIES] = True


def waited(session: AsyncSession) -> timedelta:
    """How long this transaction waited for other transactions of this process before it began.

    A caller reads the clock before it asks for the transaction. In a burst the wait takes seconds, and an event's time
    must be the time of its commit.
    """
    wait: timedelta = session.info.get(_WAITED, timedelta())
    return wait


def _end_idle_transactions(engine: Engine, milliseconds: int) -> None:
    """Set the limit for each new connection: by a statement, because some poolers refuse it as an option."""

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute(f"SET idle_in_transaction_session_timeout = {milliseconds}")
        cursor.close()
        connection.commit()  # a rollback would undo it


def _sqlite_engine(
    url: str, begin: str, connect: Callable[[str], Awaitable[OneTripConnection]], pool_size: int
) -> AsyncEngine:
    path = make_url(url).database or ":memory:"
    engine = create_async_engine(
        url,
        async_creator=lambda: connect(path),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=BUSY_TIMEOUT_MS / 1000,
        hide_parameters=True,
    )

    _configure(engine.sync_engine, begin)
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
    _configure(engine, None)
    return engine


def _configure(engine: Engine, begin: str | None) -> None:
    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        # BEGIN is explicit; the driver must not begin transactions.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout={BUSY_TIMEOUT_MS}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    if begin is not None:
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
