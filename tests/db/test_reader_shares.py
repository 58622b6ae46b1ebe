"""Connections for reading are shared among brands: one brand's slow lists make only that brand wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from munadi.db.session import Database
from munadi.domain.audit import Actor, acting

POOL = 10


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(f"sqlite+aiosqlite:///{tmp_path / 'munadi.db'}", pool_size=POOL)
    yield opened
    await opened.close()


class Readers:
    """Reads that hold their connection until `end` is set."""

    def __init__(self, database: Database) -> None:
        self.end = asyncio.Event()
        self.reading = 0
        self._database = database

    async def read(self, brand_ref: str | None) -> None:
        """One read in a request of this brand's key; None: a key for all brands."""
        with acting(Actor(brand_ref=brand_ref)):
            async with self._database.read():
                self.reading += 1
                await self.end.wait()


async def test_slow_lists_of_one_brand_leave_connections_to_the_others(database: Database) -> None:
    readers = Readers(database)
    async with asyncio.TaskGroup() as tasks:
        for _ in range(3 * POOL):
            tasks.create_task(readers.read("acme"))
        await asyncio.sleep(0.1)
        assert readers.reading == 2
        for brand_ref in ("beta", None):
            with acting(Actor(brand_ref=brand_ref)):
                async with asyncio.timeout(2), database.read():
                    pass
        readers.end.set()
    assert readers.reading == 3 * POOL


async def test_several_brands_together_leave_connections_to_other_reads(database: Database) -> None:
    readers = Readers(database)
    async with asyncio.TaskGroup() as tasks:
        for brand_ref in ("acme", "beta", "gamma", "delta", "epsilon") * POOL:
            tasks.create_task(readers.read(brand_ref))
        await asyncio.sleep(0.1)
        assert readers.reading == 8
        async with asyncio.timeout(2), database.read():
            pass
        readers.end.set()


async def test_a_read_outside_a_request_waits_for_no_share(database: Database) -> None:
    readers = Readers(database)
    async with asyncio.TaskGroup() as tasks:
        for _ in range(POOL):
            tasks.create_task(readers.read(None))
        await asyncio.sleep(0.1)
        assert readers.reading == POOL
        readers.end.set()
