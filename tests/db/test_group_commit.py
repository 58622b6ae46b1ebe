"""SQLite's writer: transactions that wait for each other share a commit, and each keeps its own result."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db import group_commit, sqlite
from munadi.db.session import Database
from munadi.db.sqlite import WriterConnection
from tests.support.waiting import wait_until


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "munadi.db"


@pytest.fixture
async def database(path: Path) -> AsyncIterator[Database]:
    made = Database(f"sqlite+aiosqlite:///{path}")
    async with made.write() as session:
        await run(session, "CREATE TABLE notes (id INTEGER PRIMARY KEY, of INTEGER REFERENCES notes (id))")
    yield made
    await made.close()


@pytest.fixture
def commits(monkeypatch: pytest.MonkeyPatch, database: Database) -> list[int]:
    """The commits to the disk."""
    counted: list[int] = []
    commit = WriterConnection.commit

    async def count(writer: WriterConnection) -> None:
        counted.append(1)
        await commit(writer)

    monkeypatch.setattr(WriterConnection, "commit", count)
    return counted


async def run(session: AsyncSession, statement: str, **values: object) -> None:
    await (await session.connection()).execute(text(statement), values)


async def add(database: Database, number: int, *, of: int | None = None, defer: bool = False) -> None:
    async with database.write() as session:
        if defer:  # checked at the commit, not at the statement
            await run(session, "PRAGMA defer_foreign_keys = ON")
        await run(session, "INSERT INTO notes VALUES (:id, :of)", id=number, of=of)
        await asyncio.sleep(0)


def stored(path: Path) -> list[int]:
    """The rows that another connection finds in the file."""
    connection = sqlite3.connect(path)
    found = [row[0] for row in connection.execute("SELECT id FROM notes ORDER BY id")]
    connection.close()
    return found


async def test_transactions_that_wait_share_a_commit(database: Database, path: Path, commits: list[int]) -> None:
    await asyncio.gather(*(add(database, number) for number in range(20)))
    assert stored(path) == list(range(20))
    assert len(commits) <= 3


async def test_a_transaction_has_ended_only_when_it_is_on_the_disk(database: Database, path: Path) -> None:
    async def add_and_read(number: int) -> bool:
        await add(database, number)
        return number in stored(path)

    assert all(await asyncio.gather(*(add_and_read(number) for number in range(40))))


async def test_a_transaction_that_raises_is_rolled_back_alone(
    database: Database, path: Path, commits: list[int]
) -> None:
    async def fail() -> None:
        async with database.write() as session:
            await run(session, "INSERT INTO notes VALUES (100, NULL)")
            raise LookupError("no")

    results = await asyncio.gather(add(database, 1), fail(), add(database, 1), add(database, 2), return_exceptions=True)
    assert [type(result) for result in results] == [type(None), LookupError, IntegrityError, type(None)]
    assert stored(path) == [1, 2]
    assert len(commits) == 1


async def test_a_failed_commit_fails_all_its_transactions_and_no_later_one(database: Database, path: Path) -> None:
    bad = add(database, 1, of=99, defer=True)
    results = await asyncio.gather(add(database, 2), bad, add(database, 3), return_exceptions=True)
    assert all(isinstance(result, DBAPIError) for result in results), results
    assert stored(path) == []
    await add(database, 4)
    assert stored(path) == [4]


async def test_a_cancelled_caller_affects_no_other_transaction(database: Database, path: Path) -> None:
    tasks = [asyncio.create_task(add(database, number)) for number in range(5)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    tasks[3].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert {1, 2, 4} <= set(stored(path))
    await add(database, 10)
    assert 10 in stored(path)


async def test_processes_take_turns(database: Database, path: Path) -> None:
    """Each waits for one transaction of the other. The second database has its own locks, like another process."""
    other = Database(f"sqlite+aiosqlite:///{path}")
    done = asyncio.Event()

    async def write_without_a_pause(start: int) -> None:
        number = start
        while not done.is_set():
            await add(database, number)
            number += 1

    writers = [asyncio.create_task(write_without_a_pause(start * 100_000)) for start in range(1, 9)]
    await asyncio.sleep(0.3)
    waits = []
    for number in range(10):
        began = time.monotonic()
        await add(other, number)
        waits.append(time.monotonic() - began)
    done.set()
    await asyncio.gather(*writers)
    await other.close()
    assert max(waits) < 1.5, waits


async def test_a_group_ends_when_another_process_waits(
    database: Database, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many transactions of its own process wait, too."""
    monkeypatch.setattr(group_commit, "MAX_SECONDS", 60)
    other, done, written = Database(f"sqlite+aiosqlite:///{path}"), asyncio.Event(), 0

    async def write_without_a_pause(number: int) -> None:
        nonlocal written
        while not done.is_set():
            async with database.write() as session:
                await run(session, "INSERT OR REPLACE INTO notes VALUES (:id, NULL)", id=number)
                await asyncio.sleep(group_commit.WANTED_SECONDS)
            written += 1

    writers = [asyncio.create_task(write_without_a_pause(number)) for number in range(100, 120)]
    begun: list[int] = []
    for number in range(5):
        await asyncio.sleep(0.05)
        before = written
        await add(other, number)
        begun.append(written - before)
    done.set()
    await asyncio.gather(*writers)
    await other.close()
    assert sorted(begun)[2] < 10, begun


async def test_a_caller_that_is_cancelled_while_it_commits_a_full_group_blocks_no_other(
    database: Database, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    end = WriterConnection._end

    def slowly(connection: WriterConnection) -> None:
        time.sleep(0.2)  # a slow disk, in the driver's thread
        end(connection)

    monkeypatch.setattr(group_commit, "MAX_TRANSACTIONS", 1)
    monkeypatch.setattr(WriterConnection, "_end", slowly)
    first, second = (asyncio.create_task(add(database, number)) for number in (1, 2))
    await asyncio.sleep(0.1)  # the second one is next, and commits the group of the first
    second.cancel()
    async with asyncio.timeout(3):
        await first
        await asyncio.gather(second, return_exceptions=True)
        await add(database, 3)
    assert second.cancelled()
    assert stored(path) == [1, 3]


async def test_a_begin_that_fails_is_an_error_of_sqlalchemy_and_ends_nothing_else(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another program holds the database longer than we wait."""
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_MS", 50)
    database = Database(f"sqlite+aiosqlite:///{path}")
    async with database.write() as session:
        await run(session, "CREATE TABLE notes (id INTEGER PRIMARY KEY, of INTEGER)")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    results = await asyncio.gather(*(add(database, number) for number in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [OperationalError] * 3
    other.execute("ROLLBACK")
    await add(database, 4)
    assert stored(path) == [4]
    await database.close()
    other.close()


async def test_a_file_that_cannot_be_opened_is_an_error_of_sqlalchemy(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path}")
    before = threading.active_count()
    with pytest.raises(OperationalError, match="unable to open"):
        await add(database, 1)
    await database.close()
    await wait_until(lambda: threading.active_count() <= before)  # the driver's thread reports its end to the loop
