"""A key of one brand reads its events without reading those of the others."""

from __future__ import annotations

import pytest

from munadi.db.events.log import events_after
from tests.db.query_plans import on_sqlite, plan_of
from tests.db.seeding import Seed


@on_sqlite
@pytest.mark.parametrize("types", [(), ("content.canceled",)], ids=["of every type", "of one type"])
async def test_the_events_of_a_brand_are_found_by_index(seed: Seed, types: tuple[str, ...]) -> None:
    async def read() -> None:
        async with seed.database.read() as session:
            await events_after(session, 0, limit=100, brand_ref="acme", types=types)

    plan = await plan_of(seed.database, read(), "events")
    assert "events_of_brand" in plan[0], plan
    assert not [step for step in plan if "TEMP B-TREE" in step], plan
