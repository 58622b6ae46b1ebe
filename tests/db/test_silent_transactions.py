"""PostgreSQL ends a transaction whose process is silent, so that its locks stop no post for long."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from munadi.db.session import Database

LOCK = text("SELECT id FROM notes WHERE id = 1 FOR UPDATE")


async def test_a_silent_transaction_loses_its_locks_and_writes_nothing(postgres_url: str) -> None:
    silent, other = Database(postgres_url, idle_timeout_ms=500), Database(postgres_url)
    async with other.write() as session:
        connection = await session.connection()
        await connection.execute(text("CREATE TABLE notes (id INTEGER PRIMARY KEY, words TEXT)"))
        await connection.execute(text("INSERT INTO notes VALUES (1, 'first')"))
    taken = asyncio.Event()

    async def hang() -> None:
        async with silent.write() as session:
            connection = await session.connection()
            await connection.execute(LOCK)
            await connection.execute(text("UPDATE notes SET words = 'of the silent one'"))
            taken.set()
            await ended.wait()

    ended, hanging = asyncio.Event(), asyncio.create_task(hang())
    try:
        await taken.wait()
        async with asyncio.timeout(30), other.write() as session:
            connection = await session.connection()
            await connection.execute(LOCK)
            await connection.execute(text("UPDATE notes SET words = 'of the other'"))
        ended.set()
        with pytest.raises(DBAPIError):
            await hanging
        async with silent.read() as session:  # with a new connection
            connection = await session.connection()
            assert (await connection.execute(text("SELECT words FROM notes"))).scalar_one() == "of the other"
    finally:
        hanging.cancel()
        await asyncio.gather(hanging, return_exceptions=True)
        await silent.close()
        await other.close()
