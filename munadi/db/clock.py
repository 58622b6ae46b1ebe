"""The time by the database's own clock."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from munadi.db.session import Database


async def database_time(database: Database) -> datetime | None:
    """The time by the database's own clock; None where it has none but ours (SQLite)."""
    if database.is_sqlite:
        return None
    async with database.read() as session:
        connection = await session.connection()
        now: datetime = (await connection.execute(select(func.clock_timestamp()))).scalar_one()
    return now
