"""PostgreSQL connections on which every wait ends: for a connection, and for an answer (limits: `munadi/db/limits.py`).

An answer that did not come leaves open whether the statement, or the commit, took effect.
"""

from __future__ import annotations

import asyncio
import select
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from psycopg import AsyncConnection, OperationalError, waiting
from psycopg.abc import PQGen
from psycopg.errors import ConnectionTimeout, QueryCanceled, ReadOnlySqlTransaction, _WaitTimeout
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, event, text
from sqlalchemy.engine import URL, ExceptionContext
from sqlalchemy.ext.asyncio import AsyncConnection as SqlConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from munadi.db.limits import Limits, Pool, Reachability

# The server ends a statement at its limit; this much later the client stops to wait for the server.
ANSWER_SECONDS = 0.5
# A caller that gave up waits at most twice this long for the server to end its statement.
CANCEL_SECONDS = 0.5
INTERVAL = 0.1
Result = TypeVar("Result")


class BoundedConnection(AsyncConnection[Any]):
    """A connection that waits for an answer for `seconds` at most, and is closed after that."""

    seconds: float | None = None
    reachability = Reachability()

    async def wait(self, gen: PQGen[Result], interval: float = INTERVAL, timeout: float | None = None) -> Result:
        """The result of `gen`. OperationalError if the server does not answer in time."""
        seconds = self.seconds if timeout is None else timeout
        try:
            while True:
                try:
                    return await waiting.wait_async(gen, self.pgconn.socket, interval, seconds)
                except _WaitTimeout:
                    if not _has_answer(self.pgconn.socket):
                        raise
                    # It was this process that stood still.
        except _WaitTimeout:
            self.pgconn.finish()
            self.reachability.is_silent()
            raise OperationalError(f"the database did not answer within {seconds:g} s") from None
        except asyncio.CancelledError:
            await self._end_statement(gen)
            raise

    async def _end_statement(self, gen: PQGen[Any]) -> None:
        """After a cancellation: end the statement, or close the connection."""
        if self.pgconn.transaction_status != TransactionStatus.ACTIVE:
            return
        try:
            await self.cancel_safe(timeout=CANCEL_SECONDS)
            await waiting.wait_async(gen, self.pgconn.socket, INTERVAL, CANCEL_SECONDS)
        except QueryCanceled:
            return
        except (OperationalError, asyncio.CancelledError):
            self.pgconn.finish()


@asynccontextmanager
async def allow(connection: SqlConnection, seconds: float) -> AsyncIterator[None]:
    """Let each statement of this transaction take so long."""
    driver = (await connection.get_raw_connection()).driver_connection
    assert isinstance(driver, BoundedConnection)
    usual, driver.seconds = driver.seconds, seconds + ANSWER_SECONDS
    try:
        await connection.execute(text(f"SET LOCAL statement_timeout = {round(seconds * 1000)}"))
        yield
    finally:
        driver.seconds = usual


def open_engine(url: URL, limits: Limits, reachability: Reachability, *, pool: Pool, idle_ms: int) -> AsyncEngine:
    """An engine whose connections have these limits."""
    seconds = None if limits.statement is None else limits.statement + ANSWER_SECONDS

    async def connect(*arguments: Any, **options: Any) -> BoundedConnection:
        try:
            connection = await BoundedConnection.connect(*arguments, **options)
        except ConnectionTimeout:
            reachability.is_silent()
            raise
        connection.seconds, connection.reachability = seconds, reachability
        return connection

    engine = create_async_engine(
        url,
        pool_size=pool.size,
        max_overflow=pool.overflow,
        pool_timeout=limits.pool,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={**limits.of_connection(url), **prepared(pool), "async_creator_fn": connect},
    )
    _set_limits(engine, limits, pool, idle_ms)
    return engine


def prepared(pool: Pool) -> dict[str, Any]:
    """The driver's option for prepared statements: none where the next transaction may be in another session."""
    return {"prepare_threshold": None} if pool.in_transactions else {}


def _set_limits(engine: AsyncEngine, limits: Limits, pool: Pool, idle_ms: int) -> None:
    """Set the server's limits for each new connection: by a statement, because some poolers refuse them as options. Or
    for each transaction, where a connection has no session of its own."""
    statement = 0 if limits.statement is None else round(limits.statement * 1000)
    options = {"idle_in_transaction_session_timeout": idle_ms, "statement_timeout": statement}

    def configure(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("; ".join(f"SET {name} = {value}" for name, value in options.items()))
        cursor.close()
        connection.commit()  # a rollback would undo it

    def begin(connection: Connection) -> None:
        # A statement outside a transaction has the client's limit alone.
        if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
            connection.exec_driver_sql("; ".join(f"SET LOCAL {name} = {value}" for name, value in options.items()))

    if pool.in_transactions:
        event.listen(engine.sync_engine, "begin", begin)
    else:
        event.listen(engine.sync_engine, "connect", configure)

    @event.listens_for(engine.sync_engine, "handle_error")
    def leave_a_standby(context: ExceptionContext) -> None:
        """A server that takes no writes is not ours any more, or not yet: after a failover another one is."""
        if isinstance(context.original_exception, ReadOnlySqlTransaction):
            context.is_disconnect = True


def _has_answer(socket: int) -> bool:
    poll = select.poll()
    poll.register(socket, select.POLLIN)
    return bool(poll.poll(0))
