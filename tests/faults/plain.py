"""A stack for many posts at once: few networks, text alone, and no planted faults."""

from __future__ import annotations

import asyncio
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
from tests.e2e.stack import Stack
from tests.faults.points import Points
from tests.faults.shells import own_api
from tests.faults.world import World, no_quotas

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
async def another_api(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """A client of one more API process over the same database and Temporal."""
    async with own_api(world.stack, "second-api") as api:
        yield api.client


async def temporal_of(world: World) -> Client:
    """A client of the stack's Temporal, as an operator has one."""
    address = psutil.Process(world.stack.pids["worker"]).environ()["MUNADI_TEMPORAL__ADDRESS"]
    return await connect(TemporalSettings(address=address))


async def create_all(brand: Brand, dues: Mapping[str, float]) -> dict[str, dict[str, Any]]:
    """The accepted posts by text, created by some clients at once. Due times are seconds since the epoch."""
    waiting = iter(list(dues.items()))
    made: dict[str, dict[str, Any]] = {}

    async def client() -> None:
        for text, due in waiting:
            made[text] = await brand.submit(text, scheduledAt=instant(due))

    await asyncio.gather(*(client() for _ in range(AT_ONCE)))
    return made


async def posts_by_text(sandbox: httpx.AsyncClient) -> dict[str, list[dict[str, Any]]]:
    """The posts that the network itself lists."""
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
    """A distribution as text, for the evidence."""
    ordered = sorted(milliseconds)
    ranks = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
    at = {name: ordered[min(len(ordered) - 1, int(len(ordered) * rank))] for name, rank in ranks.items()}
    return {
        f"lateness {name}": f"{value:.0f} ms" if value < 1000 else f"{value / 1000:.1f} s" for name, value in at.items()
    }
