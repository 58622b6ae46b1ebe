"""SQLite over aiosqlite, one trip to the connection's thread per statement.

The driver makes four: open a cursor, execute, fetch, close. At our sizes the trips cost more than the statements.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self

import aiosqlite


class OneTripCursor:
    """What SQLAlchemy asks of an asyncio cursor. Rows are fetched with the statement; nothing is left to close."""

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
        """Execute one statement and fetch what it answers."""
        return await self._run(lambda cursor: cursor.execute(operation, parameters))

    async def executemany(self, operation: str, parameters: Iterable[Sequence[Any]]) -> Self:
        """Execute a statement once per set of parameters."""
        return await self._run(lambda cursor: cursor.executemany(operation, parameters))

    async def fetchall(self) -> list[Any]:
        """The rows, once."""
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        """Closed already."""

    async def _run(self, statement: Callable[[sqlite3.Cursor], object]) -> Self:
        await self._connection.in_thread(self._do, statement)
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

    def cursor(self) -> Any:
        """A cursor; nothing happens until it executes."""
        return OneTripCursor(self)

    async def in_thread(self, function: Callable[..., None], *arguments: Any) -> None:
        """Run `function(connection, …)` in the connection's thread."""
        await self._execute(function, self._conn, *arguments)  # type: ignore[no-untyped-call]


async def connect(path: str) -> OneTripConnection:
    """Open a database file, which is made if need be."""
    connection = OneTripConnection(lambda: sqlite3.connect(path), iter_chunk_size=64)
    # As SQLAlchemy does: a thread that waits must not keep the process alive.
    connection._thread.daemon = True
    await connection
    return connection
