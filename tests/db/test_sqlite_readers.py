"""Readers of SQLite: one trip to another thread per statement, and one snapshot per transaction."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from munadi.db.limits import Pool
from munadi.db.session import Database
from munadi.db.sqlite import OneTripConnection

# It counts for some tenths of a second.
SLOW = text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000) SELECT count(*) FROM n")


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(f"sqlite+aiosqlite:///{tmp_path / 'munadi.db'}", pool=Pool(1))
    async with opened.write() as session:
        await (await session.connection()).execute(text("CREATE TABLE things (name TEXT)"))
    yield opened
    await opened.close()


@pytest.fixture
def trips(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The calls that every reader makes in its thread."""
    made: list[str] = []
    execute = OneTripConnection._execute

    async def counted(self: OneTripConnection, function: Any, *arguments: Any, **named: Any) -> Any:
        made.append(getattr(function, "__name__", str(function)))
        return await execute(self, function, *arguments, **named)  # type: ignore[no-untyped-call]

    monkeypatch.setattr(OneTripConnection, "_execute", counted)
    return made


async def names(database: Database) -> int:
    async with database.read() as session:
        return int((await (await session.connection()).execute(text("SELECT count(*) FROM things"))).scalar_one())


async def test_a_read_makes_one_trip_per_statement(database: Database, trips: list[str]) -> None:
    await names(database)
    trips.clear()
    assert await names(database) == 0
    assert trips == ["_run"]


async def test_the_statements_of_a_read_see_one_snapshot(database: Database) -> None:
    async with database.read() as session:
        before = (await (await session.connection()).execute(text("SELECT count(*) FROM things"))).scalar_one()
        async with database.write() as other:
            await (await other.connection()).execute(text("INSERT INTO things VALUES ('new')"))
        assert (
            (await (await session.connection()).execute(text("SELECT count(*) FROM things"))).scalar_one()
            == before
            == 0
        )
    assert await names(database) == 1


async def test_a_read_that_is_cancelled_leaves_nothing_behind(database: Database) -> None:
    async def slow() -> None:
        async with database.read() as session:
            await (await session.connection()).execute(SLOW)

    reading = asyncio.create_task(slow())
    await asyncio.sleep(0.05)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    async with database.write() as session:
        await (await session.connection()).execute(text("INSERT INTO things VALUES ('new')"))
    assert await names(database) == 1


async def test_a_lookup_makes_no_trip_and_sees_the_last_commit(database: Database, trips: list[str]) -> None:
    async with database.write() as session:
        await (await session.connection()).execute(text("INSERT INTO things VALUES ('new')"))
    trips.clear()
    count = text("SELECT count(*) FROM things")
    assert await database.lookup(lambda connection: connection.execute(count).scalar_one()) == 1
    assert trips == []
