"""The worker dies again and again while it makes the posts of series: each date is made once, and none is left out."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.faults.evidence import prove, two_sizes
from tests.harness.brand import until
from tests.harness.world import World, open_plain

# Of the fourteen days ahead all but the first, which is today.
DAYS = 13


async def series_through_kills(world: World, *, count: int, kills: int) -> tuple[int, list[str]]:
    """Daily series that begin tomorrow, and a worker that is killed while it makes their posts. How many posts there
    are, and what is wrong as text."""
    start = (datetime.now(UTC) + timedelta(days=1, hours=1)).strftime("%Y-%m-%dT%H:00")
    made = await asyncio.gather(*(_create(world, number, start) for number in range(count)))
    for number in range(kills):
        await asyncio.sleep(0.4 + 0.7 * (number % 4))
        pid = world.stack.kill("worker")
        await world.stack.replaced("worker", pid)

    async def all_made() -> bool:
        return len(await _posts(world)) >= count * DAYS

    await until(all_made, 120)
    posts = await _posts(world)
    dates = Counter((post["seriesId"], post["occurrence"]) for post in posts)
    failures = [f"{key} was made {number} times" for key, number in dates.items() if number != 1]
    of_each = Counter(post["seriesId"] for post in posts)
    failures += [f"{each['id']} has {of_each[each['id']]} posts" for each in made if of_each[each["id"]] != DAYS]
    failures += [f"{post['id']} is {post['status']}" for post in posts if post["status"] not in ("accepted", "queued")]
    return len(posts), failures


async def _create(world: World, number: int, start: str) -> dict[str, Any]:
    body = {
        "brandRef": world.brand.ref,
        "rrule": "FREQ=DAILY",
        "start": start,
        "timezone": "UTC",
        "content": {"channels": ["bluesky"]},
        "variants": [f"series {number}, text {each}" for each in range(3)],
    }
    answer = await world.api.post("/v1/series", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def _posts(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        query = {"brandRef": world.brand.ref, "limit": 100} | ({"cursor": cursor} if cursor else {})
        page = (await world.api.get("/v1/contents", params=query)).json()
        found += [post for post in page["data"] if post["seriesId"]]
        cursor = page["nextCursor"]
    return found


@two_sizes(timeout=900)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_each_date_of_a_series_is_made_once_though_the_worker_dies(
    tmp_path: Path, database: str, request: pytest.FixtureRequest, large: bool
) -> None:
    env = {"MUNADI_DATABASE_URL": request.getfixturevalue("postgres_url")} if database == "postgresql" else {}
    async with open_plain(tmp_path, env) as world:
        made, failures = await series_through_kills(world, count=60 if large else 15, kills=12 if large else 3)
    prove("39", f"series whose worker is killed, on {database}", trials=made, failures=failures, large=large)
