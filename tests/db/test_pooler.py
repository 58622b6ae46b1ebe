"""A real PgBouncer that gives each transaction another session: nothing is set for a session, or prepared in one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from munadi.db.limits import Limits, Pool
from munadi.db.session import Database
from tests.support.pgbouncer import PgBouncer

TIMEOUTS = text("SELECT current_setting('statement_timeout'), current_setting('idle_in_transaction_session_timeout')")
# More than the driver repeats before it prepares a statement, and more connections than the pooler has sessions.
REPEATED, AT_ONCE, SESSIONS = 12, 6, 2


@pytest.fixture
def pooler(postgres_url: str) -> Iterator[PgBouncer]:
    with PgBouncer(postgres_url, sessions=SESSIONS) as running:
        yield running


@pytest.fixture
async def database(pooler: PgBouncer) -> AsyncIterator[Database]:
    opened = Database(pooler.url, limits=Limits(statement=7.0), pool=Pool(in_transactions=True), idle_timeout_ms=5_000)
    yield opened
    await opened.close()


async def test_limits_are_those_of_each_transaction_and_of_no_session(database: Database, postgres_url: str) -> None:
    async with database.write() as session:
        assert tuple((await (await session.connection()).execute(TIMEOUTS)).one()) == ("7s", "5s")
    async with database.read() as session:
        assert tuple((await (await session.connection()).execute(TIMEOUTS)).one()) == ("7s", "5s")
    async with database.read(seconds=30) as session:
        assert tuple((await (await session.connection()).execute(TIMEOUTS)).one()) == ("30s", "5s")
    # A statement of its own, in a session that another process may have next: as the server's own settings say.
    assert await database.lookup(lambda each: tuple(each.execute(TIMEOUTS).one())) == ("0", "0")


async def test_a_statement_that_takes_too_long_ends_in_a_transaction_and_alone(pooler: PgBouncer) -> None:
    database = Database(pooler.url, limits=Limits(statement=0.5), pool=Pool(in_transactions=True))
    try:
        with pytest.raises(OperationalError, match="statement timeout"):
            async with database.write() as session:
                await (await session.connection()).execute(text("SELECT pg_sleep(5)"))
        with pytest.raises(OperationalError, match="did not answer"):
            await database.lookup(lambda each: each.execute(text("SELECT pg_sleep(5)")).scalar_one())
        await asyncio.sleep(1.1)  # after a silence everything fails at once for a second
        await database.ping()
    finally:
        await database.close()


async def test_a_statement_may_be_repeated_in_any_session(database: Database) -> None:
    async def repeat(number: int) -> list[int]:
        found = []
        for _ in range(REPEATED):
            # The driver forgets what it has prepared at a rollback, with which a read ends.
            async with database.write() as session:
                given = {"number": number}
                found.append((await (await session.connection()).execute(text("SELECT :number + 1"), given)).scalar())
            found.append(await database.lookup(lambda each: each.execute(text("SELECT 7")).scalar_one()))
        return found

    found = await asyncio.gather(*map(repeat, range(AT_ONCE)))
    assert found == [[number + 1, 7] * REPEATED for number in range(AT_ONCE)]


async def test_a_task_is_done_alone_until_its_block_ends(pooler: PgBouncer, database: Database) -> None:
    other = Database(pooler.url, pool=Pool(in_transactions=True))
    try:
        for _ in range(2):
            async with database.alone("a task") as is_alone:
                assert is_alone
                # The lock is of the transaction, and the server does not end it because it is idle.
                await asyncio.sleep(0.1)
                for _ in range(3):
                    async with other.alone("a task") as is_second:
                        assert not is_second
                async with other.write() as session:
                    await (await session.connection()).execute(text("SELECT 1"))
        async with other.alone("a task") as is_alone:
            assert is_alone
    finally:
        await other.close()


async def test_a_task_that_takes_long_keeps_its_lock(pooler: PgBouncer) -> None:
    database = Database(pooler.url, pool=Pool(in_transactions=True), idle_timeout_ms=200)
    other = Database(pooler.url, pool=Pool(in_transactions=True))
    try:
        async with database.alone("a task") as is_alone:
            await asyncio.sleep(0.6)
            async with other.alone("a task") as is_second:
                assert (is_alone, is_second) == (True, False)
    finally:
        await database.close()
        await other.close()
