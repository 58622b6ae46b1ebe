"""A PostgreSQL behind a host that swallows packets: every wait ends, and work continues when the host is back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
import uvloop
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from munadi.db.limits import Limits, Pool
from munadi.db.session import Database
from tests.support.faultproxy import FaultProxy, Mode
from tests.support.ports import LOOPBACK

LIMITS = Limits(connect=2, statement=1.0, pool=60.0)
# The statement's limit and what follows it; not the sum of a ping, a connection and a turn in the pool.
ENDS_WITHIN = 3.5
ONE = text("SELECT 1")


@asynccontextmanager
async def behind_proxy(url: str, limits: Limits = LIMITS) -> AsyncIterator[tuple[Database, FaultProxy]]:
    given = make_url(url)
    async with FaultProxy(given.host or LOOPBACK, given.port or 5432) as proxy:
        moved = given.set(host=LOOPBACK, port=proxy.port).render_as_string(hide_password=False)
        database = Database(moved, limits=limits, pool=Pool(2, overflow=0))
        try:
            yield database, proxy
        finally:
            await proxy.set_mode(Mode.PASS)
            await database.close()


async def read(database: Database) -> None:
    async with database.read() as session:
        await (await session.connection()).execute(ONE)


async def write(database: Database) -> None:
    async with database.write() as session:
        await (await session.connection()).execute(ONE)


async def lookup(database: Database) -> None:
    await database.lookup(lambda connection: connection.execute(ONE).scalar_one())


async def alone(database: Database) -> None:
    async with database.alone("a task"):
        pass


async def ended(work: Awaitable[None]) -> float:
    """The seconds until it failed as a database that does not answer."""
    began = time.monotonic()
    with pytest.raises(SQLAlchemyError):
        await work
    return time.monotonic() - began


USES = [read, write, lookup, alone, Database.ping]


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("connected", [True, False], ids=["established", "new"])
async def test_every_use_ends_and_works_again_when_the_host_is_back(
    postgres_url: str, use: Callable[[Database], Awaitable[None]], connected: bool
) -> None:
    async with behind_proxy(postgres_url) as (database, proxy):
        if connected:
            await use(database)
        await proxy.set_mode(Mode.HANG)
        async with asyncio.timeout(20):
            assert await ended(use(database)) < ENDS_WITHIN
            assert await ended(use(database)) < 0.5, "it is known to be silent"
            await proxy.set_mode(Mode.PASS)
            while True:
                try:
                    await use(database)
                    break
                except SQLAlchemyError:
                    await asyncio.sleep(0.1)


async def test_a_crowd_that_waits_for_a_connection_does_not_wait_in_turn(postgres_url: str) -> None:
    """Twenty times as many as the pool has connections. In turn they would take twenty limits."""
    async with behind_proxy(postgres_url) as (database, proxy):
        await asyncio.gather(*(read(database) for _ in range(12)))
        await proxy.set_mode(Mode.HANG)
        took = await asyncio.gather(*(ended(read(database)) for _ in range(240)))
    assert max(took) < ENDS_WITHIN


async def test_a_caller_that_gives_up_is_not_held(postgres_url: str) -> None:
    async with behind_proxy(postgres_url, Limits(statement=30.0)) as (database, proxy):
        await read(database)
        await proxy.set_mode(Mode.HANG)
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await database.ping()
        assert time.monotonic() - began < 2.5


async def test_a_server_that_ends_a_long_statement_is_not_silent(postgres_url: str) -> None:
    async with behind_proxy(postgres_url) as (database, _):
        with pytest.raises(SQLAlchemyError, match="statement timeout"):
            async with database.read() as session:
                await (await session.connection()).execute(text("SELECT pg_sleep(3)"))
        await read(database)


async def test_a_reader_may_ask_for_more_time(postgres_url: str) -> None:
    async with behind_proxy(postgres_url) as (database, _):
        async with database.read(seconds=20) as session:
            await (await session.connection()).execute(text("SELECT pg_sleep(2)"))
        with pytest.raises(SQLAlchemyError, match="statement timeout"):
            async with database.read() as session:
                await (await session.connection()).execute(text("SELECT pg_sleep(3)"))


def test_a_process_that_stood_still_reads_the_answer_that_came_meanwhile(postgres_url: str) -> None:
    """On the event loop of our processes, which runs timers before it reads."""

    async def stand_still() -> None:
        database = Database(postgres_url, limits=LIMITS)
        try:
            async with database.read() as session:
                connection = await session.connection()
                asyncio.get_running_loop().call_later(0.1, time.sleep, 2.0)
                await connection.execute(text("SELECT pg_sleep(0.5)"))
        finally:
            await database.close()

    uvloop.run(stand_still())


def test_the_url_may_set_its_own_limits() -> None:
    url = make_url("postgresql+psycopg://u@h/d?connect_timeout=30&keepalives_idle=5")
    options = Limits().of_connection(url)
    assert not {"connect_timeout", "keepalives_idle"} & set(options)
    assert options["tcp_user_timeout"] == 10_000


async def test_a_connection_to_a_standby_is_not_used_again(postgres_url: str) -> None:
    """A failover may leave a server that answers and takes no writes: the next connection finds the other one."""
    database = Database(postgres_url, limits=LIMITS, pool=Pool(1, overflow=0))

    async def create(name: str) -> None:
        async with database.write() as session:
            await (await session.connection()).execute(text(f"CREATE TABLE {name} (id INTEGER)"))

    async def connection() -> int:
        return await database.lookup(lambda each: int(each.execute(text("SELECT pg_backend_pid()")).scalar_one()))

    try:
        # What a standby does to each transaction, until another server has its address.
        async with database.write() as session:
            await (await session.connection()).execute(text("SET SESSION default_transaction_read_only = on"))
        standby = await connection()
        with pytest.raises(SQLAlchemyError, match="read-only transaction"):
            await create("refused")
        await create("taken")
        assert await connection() != standby
    finally:
        await database.close()
