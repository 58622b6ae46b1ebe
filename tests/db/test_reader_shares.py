"""Connections for reading are shared among brands: one brand's slow lists make only that brand wait."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from munadi.db.limits import Pool
from munadi.db.reader_shares import ReaderShares
from munadi.db.session import Database
from munadi.domain.audit import Actor, acting

POOL, PROCESSORS = 10, 2


@pytest.fixture
async def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Database]:
    monkeypatch.setattr(os, "cpu_count", lambda: PROCESSORS)
    opened = Database(f"sqlite+aiosqlite:///{tmp_path / 'munadi.db'}", pool=Pool(POOL))
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
        assert readers.reading == 1
        for brand_ref in ("beta", None):
            with acting(Actor(brand_ref=brand_ref)):
                async with asyncio.timeout(2), database.read():
                    pass
        readers.end.set()
    assert readers.reading == 3 * POOL


@pytest.mark.parametrize(
    ("connections", "processors", "most"),
    [(10, 2, 1), (10, 1, 1), (10, 8, 2), (20, 8, 4), (10, None, 2), (2, None, 1)],
)
async def test_one_brand_uses_a_fifth_of_the_connections_and_half_of_the_processors(
    connections: int, processors: int | None, most: int
) -> None:
    shares, end = ReaderShares(connections, processors), asyncio.Event()
    reading = 0

    async def read() -> None:
        nonlocal reading
        with acting(Actor(brand_ref="acme")):
            async with shares.reading():
                reading += 1
                await end.wait()

    async with asyncio.TaskGroup() as tasks:
        for _ in range(connections):
            tasks.create_task(read())
        await asyncio.sleep(0.1)
        assert reading == most
        end.set()


async def test_several_brands_together_leave_connections_to_other_reads(database: Database) -> None:
    readers = Readers(database)
    async with asyncio.TaskGroup() as tasks:
        for brand_ref in ("acme", "beta", "gamma", "delta", "epsilon") * POOL:
            tasks.create_task(readers.read(brand_ref))
        await asyncio.sleep(0.1)
        assert readers.reading == 5
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
