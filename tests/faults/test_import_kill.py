"""Imports during which the API is killed at any moment: it, or another API, continues, and each row is one post."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.faults.evidence import prove, two_sizes
from tests.harness.brand import is_up, until
from tests.harness.networks import posts_by_text
from tests.harness.times import instant
from tests.harness.world import World, open_plain

ROWS = 150
FAR = instant(time.time() + 20 * 3600)
SEED = 20261203


async def send(world: World, number: int) -> str:
    rows = [
        {"rowKey": f"{number}-{row}", "text": f"import {number} row {row}", "channels": ["bluesky"], "scheduledAt": FAR}
        for row in range(ROWS)
    ]
    answer = await world.api.post(
        f"/v1/imports?brandRef={world.brand.ref}",
        content="".join(json.dumps(row) + "\n" for row in rows),
        headers={"Content-Type": "application/x-ndjson", "Idempotency-Key": f"import-{number}"},
    )
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


async def ended(api: httpx.AsyncClient, import_id: str) -> dict[str, Any]:
    async def read() -> dict[str, Any] | None:
        found = (await api.get(f"/v1/imports/{import_id}")).json()
        return None if found["status"] == "running" else found

    return await until(read, 60)


async def imports(world: World, *, kills: int, heir: httpx.AsyncClient | None = None) -> tuple[int, list[str]]:
    """Kill the API once within each import, which it continues, or `heir`. How many rows there were, and what is wrong
    as text."""
    chance, failures = random.Random(SEED), list[str]()
    for number in range(kills):
        import_id = await send(world, number)
        await asyncio.sleep(chance.uniform(0.0, 0.4))
        seen = (await world.api.get(f"/v1/imports/{import_id}")).json()["counts"]["accepted"]
        world.stack.kill("api")
        if heir is not None:
            found = await ended(heir, import_id)
            await until(lambda: is_up(world.api), 60)
        else:
            await until(lambda: is_up(world.api), 60)
            found = await ended(world.api, import_id)
        if found["status"] != "completed" or found["counts"]["accepted"] != ROWS:
            failures.append(f"import {number}, killed after {seen} rows: {found}")
        again = await ended(world.api, await send(world, number))
        if again != found:
            failures.append(f"import {number}: sent again it is {again}")
    wanted = Counter(f"import {number} row {row}" for number in range(kills) for row in range(ROWS))
    stored = list((await world.brand.all_ended(0)).values())
    if Counter(one["text"] for one in stored) != wanted:
        failures.append(f"{len(stored)} posts of {wanted.total()} rows")
    for content in stored[::10]:
        await world.publish_now(content)
        texts = content["text"]
        await world.brand.ended(content["id"])
        live = len((await posts_by_text(world.sandbox))[texts])
        if live != 1:
            failures.append(f"{texts} has {live} posts")
    return wanted.total(), failures


@two_sizes(timeout=900)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_an_import_during_which_the_api_dies_makes_each_post_once(
    tmp_path: Path, database: str, request: pytest.FixtureRequest, large: bool
) -> None:
    is_postgresql = database == "postgresql"
    env = {"MUNADI_DATABASE_URL": request.getfixturevalue("postgres_url")} if is_postgresql else {}
    async with open_plain(tmp_path, env) as world:
        kills = 20 if large else 2
        if is_postgresql:
            async with world.stack.another_api() as other:
                made, failures = await imports(world, kills=kills, heir=other.client)
        else:
            made, failures = await imports(world, kills=kills)
    proof = f"API killed within imports of {ROWS} rows, which go on, on {database}"
    prove("17", proof, trials=made, failures=failures, seed=SEED, large=large)
