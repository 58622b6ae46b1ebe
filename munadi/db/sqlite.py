"""SQLite over aiosqlite, with few trips to the connection's thread, and one writer at a time over all processes.

The driver makes four trips per statement: open a cursor, execute, fetch, close. At our sizes a trip costs more than
the statement. A reader makes one trip per statement, because a list can take long; its transaction begins on the way
of the first one, and ends without a trip. A writer's statements are short, so they run in the event loop's own thread
(`munadi/db/inline.py`); only what waits for other processes or for the disk makes a trip: the beginning and the end of
a transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

import aiosqlite

from munadi.db.file_locks import WriterTurn
from munadi.private_files import close_to_others, private_file

BUSY_TIMEOUT_MS = 15_000


def keep_private(path: str) -> None:
    """Make a database's file readable by its owner only, creating it if it is missing. Call it before each connection.

    It is never opened here when it exists: closing it would end SQLite's locks of this process. SQLite gives `-wal` and
    `-shm` the mode of the file; those of an earlier version are corrected, too.
    """
    if path != ":memory:" and not path.startswith("file:"):
        private_file(path)
        for more in ("-wal", "-shm"):
            close_to_others(Path(path + more), 0o600)


class OneTripCursor:
    """The asyncio cursor that SQLAlchemy needs. It fetches the rows with the statement, so closing does nothing."""

    def __init__(self, connection: OneTripConnection) -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, operation: str, parameters: Sequence[Any] = ()) -> Self:
        """Execute one statement and fetch its rows."""
        if operation.startswith("BEGIN"):
            await self._connection.begin(operation)
            return self
        return await self._run(lambda cursor: cursor.execute(operation, parameters))

    async def executemany(self, operation: str, parameters: Iterable[Sequence[Any]]) -> Self:
        """Execute a statement once per set of parameters."""
        return await self._run(lambda cursor: cursor.executemany(operation, parameters))

    async def fetchall(self) -> list[Any]:
        """The rows, once."""
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        """Does nothing: the cursor was closed when its rows were fetched."""

    async def _run(self, statement: Callable[[sqlite3.Cursor], object]) -> Self:
        await self._connection.run(self._do, statement)
        return self

    def _do(self, connection: sqlite3.Connection, statement: Callable[[sqlite3.Cursor], object]) -> None:
        cursor = connection.cursor()
        try:
            statement(cursor)
            self.description = cursor.description
            self._rows = cursor.fetchall() if cursor.description else []
            self.rowcount, self.lastrowid = cursor.rowcount, cursor.lastrowid
        finally:
            cursor.close()


class OneTripConnection(aiosqlite.Connection):
    """A connection whose cursors make one trip. SQLAlchemy is its only user, and asks for no streaming."""

    # The statement that begins a transaction, until the first statement in it, and whether one is running now.
    _beginning: str | None = None
    _is_running = False

    def cursor(self) -> Any:
        """A cursor; nothing happens until it executes."""
        return OneTripCursor(self)

    async def run(self, function: Callable[..., None], *arguments: Any) -> None:
        """Run `function(connection, …)` in the connection's thread."""
        self._is_running = True
        await self._execute(self._run, function, *arguments)  # type: ignore[no-untyped-call]

    async def begin(self, statement: str) -> None:
        """Begin a transaction together with its first statement."""
        self._beginning = statement

    async def commit(self) -> None:
        """End the transaction, which was read only."""
        await self.rollback()

    async def rollback(self) -> None:
        """End the transaction."""
        self._beginning = None
        if self._is_running:  # its caller was cancelled; the loop must not wait here for it to end
            await super().rollback()
        elif self._conn.in_transaction:
            self._conn.execute("ROLLBACK")

    def _run(self, function: Callable[..., None], *arguments: Any) -> None:
        try:
            beginning, self._beginning = self._beginning, None
            if beginning is not None:
                self._conn.execute(beginning)
            function(self._conn, *arguments)
        finally:
            self._is_running = False


class WriterConnection(aiosqlite.Connection):
    """The connection of a process's writer, which only `GroupCommit` uses. The processes take turns (`WriterTurn`).

    SQLite itself makes a second writer poll, with pauses of up to 100 ms: a process that writes without a pause would
    keep others out for seconds. Programs that do not take turns still exclude each other by SQLite's own lock.
    """

    turn: WriterTurn | None = None

    @property
    def file(self) -> sqlite3.Connection:
        """SQLite's own connection, for statements in a transaction that has begun."""
        return self._conn

    @property
    def is_wanted(self) -> bool:
        """Whether another process waits for this one's transaction to end."""
        return self.turn is not None and self.turn.is_wanted

    async def close(self) -> None:
        """Close the database and the lock file."""
        try:
            await super().close()
        finally:
            turn, self.turn = self.turn, None
            if turn is not None:
                turn.close()

    async def begin(self) -> None:
        """Wait for the turn of this process, then begin a transaction that holds SQLite's write lock."""
        await self._execute(self._begin)  # type: ignore[no-untyped-call]

    async def commit(self) -> None:
        """Commit, and give the turn to the next process."""
        await self._execute(self._end)  # type: ignore[no-untyped-call]

    def _begin(self) -> None:
        if self.turn is not None:
            self.turn.take()
        try:
            self._conn.execute("BEGIN IMMEDIATE")
        except BaseException:
            self._release()
            raise

    def _end(self) -> None:
        try:
            if not self._conn.in_transaction:
                raise sqlite3.OperationalError("an earlier error has rolled the transaction back")
            self._conn.execute("COMMIT")
        finally:
            self._release()

    def _release(self) -> None:
        if self.turn is not None:
            self.turn.release()


async def connect(path: str) -> OneTripConnection:
    """Open a database file for reading. Creates a missing file."""
    return await _opened(OneTripConnection(lambda: _open_file(path), iter_chunk_size=64))


async def connect_writer(path: str) -> WriterConnection:
    """Open a database file for writing. Creates missing files: the database and its lock files."""

    def open_both() -> sqlite3.Connection:
        opened = _open_file(path)
        try:
            configure(opened)
            # What a savepoint would restore: with a hundred deliveries a megabyte, which would go through a file.
            opened.execute("PRAGMA temp_store=MEMORY")
            # What is deleted or replaced is overwritten, so that an erased text is in no file (munadi/db/compact.py).
            opened.execute("PRAGMA secure_delete=ON")
            connection.turn = WriterTurn(path)
        except sqlite3.Error:
            opened.close()
            raise
        except OSError as error:
            opened.close()
            raise sqlite3.OperationalError(f"unable to open {error.filename}: {error.strerror}") from error
        return opened

    connection = WriterConnection(open_both, iter_chunk_size=64)
    return await _opened(connection)


def configure(connection: Any) -> None:
    """Set up a new connection, of SQLite's module or as SQLAlchemy wraps it."""
    connection.isolation_level = None  # BEGIN is explicit; the driver must not begin transactions
    cursor = connection.cursor()
    for pragma in (f"busy_timeout={BUSY_TIMEOUT_MS}", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _open_file(path: str) -> sqlite3.Connection:
    keep_private(path)
    return sqlite3.connect(path, check_same_thread=False)


Opened = TypeVar("Opened", bound=aiosqlite.Connection)


async def _opened(connection: Opened) -> Opened:
    # As SQLAlchemy does: a thread that waits must not keep the process alive.
    connection._thread.daemon = True
    await connection
    return connection
