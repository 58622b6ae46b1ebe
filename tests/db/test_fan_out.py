"""An event costs the other brands little, with as many endpoints as a brand may have."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.config import LimitSettings
from munadi.db.events.fan_out import _SUBSCRIBED, add_deliveries, insert_event
from munadi.db.ids import new_id
from munadi.db.prebuilt import Prebuilt
from munadi.db.tables import BrandRow, EndpointRow
from munadi.domain.event import EventType
from munadi.domain.ids import Prefix
from munadi.publishing.acceptance import _BRAND_AND_ENDPOINTS
from tests.db.query_plans import on_sqlite
from tests.db.seeding import START, Seed

# Of the one writer of SQLite, for the deliveries of one event, in seconds of its processor.
AT_MOST = 0.02


@on_sqlite
@pytest.mark.parametrize("query", [_SUBSCRIBED, _BRAND_AND_ENDPOINTS], ids=["of an event", "of a new post"])
async def test_the_endpoints_of_an_event_are_found_by_index(seed: Seed, query: Prebuilt) -> None:
    """Not by reading those of all brands, nor those that were deleted."""

    def plan(connection: Connection) -> list[str]:
        text = str(query.statement.compile(connection))
        return [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", ("acme",)).all()]

    async with seed.database.read() as session:
        steps = await (await session.connection()).run_sync(plan)
    assert [step for step in steps if "endpoints_of_brand" in step], steps
    assert not [step for step in steps if step.startswith("SCAN endpoints")], steps


async def crowd(session: AsyncSession) -> list[str]:
    """As many endpoints as a brand may have; their ids."""
    ids = [new_id(Prefix.ENDPOINT) for _ in range(LimitSettings().endpoints)]
    session.add(BrandRow(ref="crowd", created_at=START))
    await session.flush()
    common: dict[str, Any] = {"brand_ref": "crowd", "url": "http://127.0.0.1:9/", "sealed": b"", "enabled": True}
    session.add_all([EndpointRow(id=one, created_at=START, updated_at=START, **common) for one in ids])
    await session.flush()
    return ids


async def fan_out(session: AsyncSession, ids: list[str]) -> float:
    """Insert an event and its deliveries; the seconds of the processor that the deliveries took."""
    event: dict[str, Any] = {
        "id": new_id(Prefix.EVENT),
        "type": EventType.ACCOUNT_CONNECTED.value,
        "brand_ref": "crowd",
        "data": {},
        "created_at": START,
    }
    await insert_event(session, event)
    begun = time.thread_time()
    assert len(await add_deliveries(session, event, ids, START, START)) == len(ids)
    return time.thread_time() - begun


def open_files() -> list[str]:
    """The names of this process's open files, deleted ones included."""
    names = []
    for one in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # that of this list
            names.append(os.readlink(one))
    return names


async def test_the_deliveries_of_an_event_are_written_quickly(seed: Seed) -> None:
    async with seed.database.write() as session:
        ids = await crowd(session)
        assert min([await fan_out(session, ids) for _ in range(3)]) < AT_MOST


@on_sqlite
async def test_a_fan_out_writes_nothing_to_temporary_files(seed: Seed) -> None:
    """What a savepoint would restore stays in memory: through a file, each event wrote a megabyte more."""
    async with seed.database.write() as session:
        ids = await crowd(session)
    for _ in range(20):
        async with seed.database.write() as session:
            await fan_out(session, ids)
            assert not [name for name in open_files() if "etilqs_" in name]
