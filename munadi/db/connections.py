"""What connections the database has room for, and whether a pooler stands before it."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.session import Database

_SERVER = text("SELECT pg_backend_pid(), current_setting('max_connections')::int")


class ServerConnections(NamedTuple):
    """The most connections of a PostgreSQL server, and whether a pooler such as PgBouncer gave us ours."""

    most: int
    is_pooled: bool


async def server_connections(database: Database) -> ServerConnections | None:
    """Of PostgreSQL; None on SQLite."""
    if database.is_sqlite:
        return None
    async with database.read() as session:
        named = await _announced_process(session)
        process, most = (await (await session.connection()).execute(_SERVER)).one()
    return ServerConnections(most, named != process)


async def _announced_process(session: AsyncSession) -> int:
    """The server's process that the connection was told of: a pooler makes up a number of its own."""
    driver = (await (await session.connection()).get_raw_connection()).driver_connection
    assert driver is not None
    process: int = driver.pgconn.backend_pid
    return process
