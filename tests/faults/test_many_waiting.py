"""One brand waits for changes of its posts with as many requests as it may. The others wait and read as before."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from munadi.config import LimitSettings
from tests.faults.evidence import prove, two_sizes
from tests.harness.brand import Brand, until
from tests.harness.times import p95
from tests.harness.world import LATER, World, open_plain

MEBIBYTE = 1 << 20
SECONDS, READS, POSTS, BEYOND = 30, 100, 50, 2
# What the waiting requests of one brand may cost the process: a part of a core, and memory.
CORE, MEMORY = 0.5, 100 * MEBIBYTE


@dataclass(frozen=True)
class Cost:
    """What a process uses: of a core, and memory in bytes. And the seconds of each read of another brand meanwhile."""

    core: float
    memory: int
    reads: list[float]


async def key_of(world: World, ref: str) -> str:
    made = await world.api.post("/v1/keys", json={"name": ref, "scopes": ["contents:read"], "brandRef": ref})
    assert made.status_code == 201, made.text
    return str(made.json()["key"])


async def cost(world: World, client: httpx.AsyncClient, path: str) -> Cost:
    """Read a post again and again, and compare what the API's process has used."""
    process = psutil.Process(world.stack.pids["api"])
    before, began, reads = process.cpu_times(), time.monotonic(), list[float]()
    for _ in range(READS):
        start = time.monotonic()
        assert (await client.get(path)).status_code == 200
        reads.append(time.monotonic() - start)
        await asyncio.sleep(0.05)
    after, took = process.cpu_times(), time.monotonic() - began
    used = after.user + after.system - before.user - before.system
    return Cost(used / took, process.memory_info().rss, reads)


async def tags(client: httpx.AsyncClient, contents: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """The path of each post, and the tag of what a client knows of it: it is queued, so nothing more changes."""

    async def queued(path: str) -> str | None:
        answer = await client.get(path)
        return answer.headers["etag"] if answer.json()["status"] == "queued" else None

    paths = [f"/v1/contents/{each['id']}" for each in contents]
    return [(path, await until(lambda path=path: queued(path))) for path in paths]


async def wait(client: httpx.AsyncClient, path: str, tag: str) -> httpx.Response:
    return await client.get(f"{path}?wait={SECONDS}", headers={"if-none-match": tag})


async def compare(world: World, limit: int) -> tuple[Mapping[str, str], list[str]]:
    """Let one brand take all its places with two keys. What it costs, and every broken promise as text."""
    loud, quiet = [await Brand.create(world.api, world.sandbox, ref, "bluesky") for ref in ("loud", "quiet")]
    many = [await loud.submit(f"loud {number}", seconds=LATER) for number in range(POSTS)]
    [one] = [await quiet.submit("quiet", seconds=LATER)]
    for brand in (loud, quiet):  # until then their posts change by themselves
        await until(lambda brand=brand: _are_queued(brand), SECONDS / 2)
    failures: list[str] = []
    async with (
        world.stack.client(await key_of(world, "loud"), timeout=60) as first,
        world.stack.client(await key_of(world, "loud"), timeout=60) as second,
        world.stack.client(await key_of(world, "quiet"), timeout=60) as other,
    ):
        known, [(own, own_tag)] = await tags(first, many), await tags(other, [one])
        alone = await cost(world, other, own)
        began = time.monotonic()
        waiting = [
            asyncio.create_task(wait((first, second)[number % 2], *known[number % POSTS]))
            for number in range(limit + BEYOND)
        ]
        # All places are taken once the requests beyond them are refused.
        await until(lambda: _all_answered(waiting, BEYOND), SECONDS / 2)
        beside = await cost(world, other, own)
        theirs = asyncio.create_task(wait(other, own, own_tag))
        await asyncio.sleep(1)
        if theirs.done():
            failures.append(f"the other brand found no place: {(await theirs).text}")
        changed = time.monotonic()
        assert (await world.api.post(f"/v1/contents/{one['id']}/cancel")).status_code == 200
        status, noticed = (await theirs).status_code, time.monotonic() - changed
        answers = Counter(answer.status_code for answer in await asyncio.gather(*waiting))
        ended = time.monotonic() - began
    if status != 200 or noticed > 3:
        failures.append(f"the other brand's change was answered with {status} after {noticed:.1f} s")
    if answers != {304: limit, 429: BEYOND}:
        failures.append(f"the waiting requests were answered with {dict(answers)}")
    if p95(beside.reads) > 0.1 + 3 * p95(alone.reads):
        failures.append(f"reads of another brand took {p95(beside.reads):.3f} s (p95), alone {p95(alone.reads):.3f} s")
    if beside.core - alone.core > CORE:
        failures.append(f"they use {beside.core - alone.core:.2f} of a core")
    if beside.memory - alone.memory > MEMORY:
        failures.append(f"they use {(beside.memory - alone.memory) / MEBIBYTE:.0f} MiB")
    return {
        "of a core, alone and beside": f"{alone.core:.2f}, {beside.core:.2f}",
        "memory in MiB": f"{alone.memory / MEBIBYTE:.0f}, {beside.memory / MEBIBYTE:.0f}",
        "a read (p95)": f"{1000 * p95(alone.reads):.0f} ms, {1000 * p95(beside.reads):.0f} ms",
        "until a change was answered": f"{noticed:.2f} s",
        "until all had ended": f"{ended:.1f} s",
    }, failures


async def _are_queued(brand: Brand) -> bool:
    return not await brand.contents(status=["accepted"], limit=1)


async def _all_answered(waiting: list[asyncio.Task[httpx.Response]], count: int) -> bool:
    return sum(each.done() for each in waiting) == count


@two_sizes(timeout=300)
async def test_waiting_requests_of_a_brand_take_nothing_from_the_others(
    tmp_path: Path, request: pytest.FixtureRequest, large: bool
) -> None:
    limit = LimitSettings().waiting if large else 100
    env = {
        "MUNADI_DATABASE_URL": request.getfixturevalue("postgres_url"),
        "MUNADI_LIMITS__WAITING": str(limit),
    }
    async with open_plain(tmp_path, env) as world:
        measured, failures = await compare(world, limit)
    proof = f"{limit} requests of a brand wait for changes of its posts, on postgresql"
    prove("12", proof, trials=limit, failures=failures, measured=measured, large=large)
