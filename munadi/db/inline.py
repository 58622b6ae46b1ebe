"""Sessions of the SQLite writer that run their statements at once, in the event loop's thread.

SQLAlchemy's asyncio layer takes a greenlet and several wrappers for each statement, which is for drivers that wait. The
writer's statements wait for nothing (`munadi/db/sqlite.py`): that layer was a quarter of a transaction. Here a
synchronous connection uses the writer's own SQLite connection inside the transaction that the writer has begun.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection, CursorResult, Dialect, Engine, create_engine
from sqlalchemy.pool import StaticPool
from sqlmodel import Session
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.changed_rows import write_changed
from munadi.db.prebuilt import call, file_of

T = TypeVar("T")


def statement_engine(opened: Callable[[], sqlite3.Connection]) -> Engine:
    """An engine over the connection that `opened` returns. It begins, commits and closes nothing.

    After a change of that connection call its `dispose(close=False)`.
    """
    engine = create_engine(
        "sqlite://", creator=opened, poolclass=StaticPool, pool_reset_on_return=None, hide_parameters=True
    )
    _leave_transactions(engine.dialect)
    return engine


def _leave_transactions(dialect: Dialect) -> None:
    """The writer begins and ends them, in its thread, because both wait."""

    def nothing(_connection: Any) -> None:
        """Nothing to do: the writer does it."""

    vars(dialect).update(do_begin=nothing, do_commit=nothing, do_rollback=nothing)


@contextmanager
def savepoint(file: sqlite3.Connection) -> Iterator[None]:
    """Undo what the block has written when it raises, and nothing else of the writer's transaction."""
    call(file.execute, "SAVEPOINT one")
    try:
        yield
    except BaseException:
        if file.in_transaction:  # some errors, such as a full disk, have ended it
            call(file.execute, "ROLLBACK TO one")
            call(file.execute, "RELEASE one")
        raise
    call(file.execute, "RELEASE one")


class InlineConnection:
    """What our code uses of an `AsyncConnection`."""

    def __init__(self, connection: Connection) -> None:
        self.sync_connection = connection
        self.dialect = connection.dialect

    async def execute(self, *arguments: Any, **options: Any) -> CursorResult[Any]:
        """Execute a statement."""
        return self.sync_connection.execute(*arguments, **options)

    async def run_sync(self, function: Callable[..., T], *arguments: Any, **options: Any) -> T:
        """Call `function` with the connection."""
        return function(self.sync_connection, *arguments, **options)


class _InlineSession(Session):
    """The synchronous session of an `InlineSession`."""

    def flush(self, objects: Sequence[Any] | None = None) -> None:
        """Write what has changed."""
        file = file_of(self.bind)
        if file is None or not write_changed(self, file):
            super().flush(objects)


class InlineSession(AsyncSession):
    """A session over `connection`, in a transaction of the writer. Its rarer methods are those of its base."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(expire_on_commit=False, autoflush=False, sync_session_class=_InlineSession)
        self.sync_session.bind = connection

    async def exec(self, *arguments: Any, **options: Any) -> Any:
        """Execute a statement and return its scalars or rows."""
        return self.sync_session.exec(*arguments, **options)

    async def get(self, *arguments: Any, **options: Any) -> Any:
        """The row with this key, or None."""
        return self.sync_session.get(*arguments, **options)

    async def flush(self, *arguments: Any) -> None:
        """Write what has changed."""
        self.sync_session.flush(*arguments)

    async def run_sync(self, fn: Callable[..., T], *arg: Any, **kw: Any) -> T:
        """Call `fn` with the synchronous session."""
        return fn(self.sync_session, *arg, **kw)

    async def connection(self, *_arguments: Any, **_options: Any) -> Any:
        """The connection."""
        return InlineConnection(self.sync_session.connection())
