"""An event costs the other brands little, with as many endpoints as a brand may have."""

from __future__ import annotations

import time
from typing import Any

import pytest
from sqlalchemy import Connection, Select

from munadi.config import LimitSettings
from munadi.db.events.fan_out import _SUBSCRIBED, add_deliveries, add_event
from munadi.db.ids import new_id
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
async def test_the_endpoints_of_an_event_are_found_by_index(seed: Seed, query: Select[Any]) -> None:
    """Not by reading those of all brands, nor those that were deleted."""

    def plan(connection: Connection) -> list[str]:
        text = str(query.compile(connection))
        return [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", ("acme",)).all()]

    async with seed.database.read() as session:
        steps = await (await session.connection()).run_sync(plan)
    assert [step for step in steps if "endpoints_of_brand" in step], steps
    assert not [step for step in steps if step.startswith("SCAN endpoints")], steps


async def test_the_deliveries_of_an_event_are_written_quickly(seed: Seed) -> None:
    event: dict[str, Any] = {
        "id": new_id(Prefix.EVENT),
        "type": EventType.ACCOUNT_CONNECTED.value,
        "brand_ref": "crowd",
        "data": {},
        "created_at": START,
    }
    ids = [new_id(Prefix.ENDPOINT) for _ in range(LimitSettings().endpoints)]
    took = []
    async with seed.database.write() as session:
        session.add(BrandRow(ref="crowd", created_at=START))
        await session.flush()
        common: dict[str, Any] = {"brand_ref": "crowd", "url": "http://127.0.0.1:9/", "sealed": b"", "enabled": True}
        session.add_all([EndpointRow(id=one, created_at=START, updated_at=START, **common) for one in ids])
        await session.flush()
        for _ in range(3):
            event = {**event, "id": new_id(Prefix.EVENT)}
            await add_event(session, event)
            begun = time.thread_time()
            assert len(await add_deliveries(session, event, ids, START, START)) == len(ids)
            took.append(time.thread_time() - begun)
    assert min(took) < AT_MOST
