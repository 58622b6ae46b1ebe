"""A stack for many posts at once: few networks, text alone, nothing planted; and what is true of all of them."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psutil
from temporalio.client import Client

from munadi.config import TemporalSettings
from munadi.temporal import connect
from tests.e2e.brand import Brand
from tests.e2e.stack import MUNADI, Stack
from tests.faults.points import Points
from tests.faults.world import World, no_quotas
from tests.support.ports import LOOPBACK, free_port
from tests.support.processes import Process

UNENDED = ("accepted", "queued", "publishing")
AT_ONCE = 8


@asynccontextmanager
async def open_plain(
    folder: Path, env: Mapping[str, str] | None = None, channels: Sequence[str] = ("bluesky",)
) -> AsyncIterator[World]:
    """Start everything with a brand on these networks and no media; stopped, and nothing left, when the block ends."""
    stack = await asyncio.to_thread(Stack(folder, env).start)
    try:
        async with stack.client() as api, stack.sandbox() as sandbox:
            await no_quotas(sandbox)
            brand = await Brand.create(api, sandbox, "plain", *channels)
            yield World(stack, api, sandbox, Points(folder / "failpoints"), brand, {})
    finally:
        assert await asyncio.to_thread(stack.stop) == 0


@asynccontextmanager
async def another_api(world: World, name: str = "second-api") -> AsyncIterator[httpx.AsyncClient]:
    """A client of one more API process over the same database and Temporal."""
    port = free_port()
    env = psutil.Process(world.stack.pids["api"]).environ() | {"MUNADI_API__PORT": str(port)}
    folder = world.stack.folder
    with Process([MUNADI, "api"], log=folder / f"{name}.log", env=env, cwd=folder) as process:
        await asyncio.to_thread(process.wait_for_port, port, 60)
        async with httpx.AsyncClient(
            base_url=f"http://{LOOPBACK}:{port}", headers=world.api.headers, timeout=30
        ) as client:
            yield client


async def temporal_of(world: World) -> Client:
    """A client of the stack's Temporal, as an operator has one."""
    address = psutil.Process(world.stack.pids["worker"]).environ()["MUNADI_TEMPORAL__ADDRESS"]
    return await connect(TemporalSettings(address=address))


async def create_all(brand: Brand, dues: Mapping[str, float]) -> dict[str, dict[str, Any]]:
    """The contents as accepted, by text; some clients at once. Due times are seconds since the epoch."""
    waiting = iter(list(dues.items()))
    made: dict[str, dict[str, Any]] = {}

    async def client() -> None:
        for text, due in waiting:
            made[text] = await brand.submit(text, scheduledAt=instant(due))

    await asyncio.gather(*(client() for _ in range(AT_ONCE)))
    return made


async def all_ended(brand: Brand, within: float) -> dict[str, dict[str, Any]]:
    """The brand's contents by id, once all have ended; after `within` seconds as they are then."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline and await _page(brand, status=UNENDED, limit=1):  # noqa: ASYNC110 - of others
        await asyncio.sleep(0.5)
    return {content["id"]: content for content in await _page(brand)}


async def posts_by_text(sandbox: httpx.AsyncClient) -> dict[str, list[dict[str, Any]]]:
    """What the network itself lists: the oracle."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    listed = await sandbox.get("/control/posts", params={"channel": "bluesky"})
    listed.raise_for_status()
    for post in listed.json():
        found[post["text"]].append(post)
    return found


def instant(seconds: float) -> str:
    """A time as it is sent, to the millisecond."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def spread(milliseconds: Sequence[float]) -> dict[str, str]:
    """A distribution in words, for the evidence."""
    ordered = sorted(milliseconds)
    ranks = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
    at = {name: ordered[min(len(ordered) - 1, int(len(ordered) * rank))] for name, rank in ranks.items()}
    return {
        f"lateness {name}": f"{value:.0f} ms" if value < 1000 else f"{value / 1000:.1f} s" for name, value in at.items()
    }


async def _page(brand: Brand, **asked: Any) -> list[dict[str, Any]]:
    """The contents of the brand that fit; all pages, or the first when `limit` is given."""
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        given = {"brandRef": brand.ref, "limit": 100, **asked} | ({"cursor": cursor} if cursor else {})
        answer = await brand.api.get("/v1/contents", params=given)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += page["data"]
        cursor = page["nextCursor"]
        if cursor is None or "limit" in asked:
            return found
