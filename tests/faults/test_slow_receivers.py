"""A slow and a dead webhook endpoint delay neither posts nor the events of a healthy endpoint."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.e2e.brand import Brand, Inbox, epoch
from tests.faults.evidence import prove
from tests.faults.plain import create_all, open_plain, posts_by_text
from tests.faults.trials import p95
from tests.faults.world import World
from tests.hostile.servers import Call, serving

EVENTS_PER_POST = 5
# What an endpoint that never answers may cost: a first batch side by side, then a probe now and then.
DEAD_TRIES = 25


@dataclass
class Timed(Inbox):
    """A healthy receiver that knows how long after its commit each event arrived, in seconds."""

    delays: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.answers = self._note

    def _note(self, event: dict[str, str]) -> int:
        committed = epoch(event["timestamp"])
        self.delays.setdefault(event["id"], time.time() - committed)
        return 204


@asynccontextmanager
async def endpoint(world: World, answer_after: float) -> AsyncIterator[list[float]]:
    """An endpoint that answers each request after so many seconds; the times of its requests."""
    requests: list[float] = []

    async def answer(call: Call) -> None:
        requests.append(time.time())
        await asyncio.sleep(answer_after)
        await call.head(204)

    async with serving(answer) as url:
        made = await world.api.post("/v1/webhooks/endpoints", json={"url": url})
        assert made.status_code == 201, made.text
        yield requests
        await world.api.delete(f"/v1/webhooks/endpoints/{made.json()['id']}")


async def lateness(world: World, ref: str, posts: int) -> list[float]:
    """Publish so many posts that are due in one second; how late each was at the network, in seconds."""
    brand = await Brand.create(world.api, world.sandbox, ref, "bluesky")
    first = time.time() + 5 + posts / 10
    dues = {f"{ref} {number}": first + number / posts for number in range(posts)}
    await create_all(brand, dues)
    assert time.time() < first, f"{posts} posts were not accepted before their time; give them more"
    contents, published = await brand.all_ended(60 + posts / 5), await posts_by_text(world.sandbox)
    assert {content["status"] for content in contents.values()} == {"published"}
    assert {text: len(published[text]) for text in dues} == dict.fromkeys(dues, 1)
    return [epoch(published[text][0]["createdAt"]) - due for text, due in dues.items()]


async def judge(world: World, posts: int) -> tuple[dict[str, str], list[str]]:
    """What was measured, and every broken promise."""
    alone = sorted(await lateness(world, "alone", posts))
    async with Timed().listening(world.api) as good, endpoint(world, 10) as _slow, endpoint(world, 3600) as dead:
        assert isinstance(good, Timed)
        beside = sorted(await lateness(world, "beside", posts))
        async with asyncio.timeout(60):
            while len(good.delays) < EVENTS_PER_POST * posts:  # noqa: ASYNC110 - a server's list
                await asyncio.sleep(0.1)
        delays = sorted(good.delays.values())
    middle, p99 = len(alone) // 2, delays[int(len(delays) * 0.99)]
    measured = {
        "lateness p50 without endpoints": f"{alone[middle]:.2f} s",
        "lateness p50 beside": f"{beside[middle]:.2f} s",
        "lateness p95 beside": f"{p95(beside):.2f} s",
        "healthy endpoint p99": f"{p99:.2f} s",
        "requests to the dead endpoint": str(len(dead)),
    }
    # Two figures of one run: a machine that is busy with other things is late in both.
    failures = []
    if beside[middle] > 1.5 * alone[middle] + 0.5:
        failures.append("posts are late beside a slow endpoint")
    if p99 > 1 + alone[middle]:
        failures.append("the healthy endpoint waits for the others")
    if len(dead) > DEAD_TRIES:
        failures.append("the dead endpoint is tried with every event")
    return measured, failures + good.failures


@pytest.mark.faults
async def test_posts_and_healthy_endpoints_do_not_wait_for_slow_ones(tmp_path: Path) -> None:
    async with open_plain(tmp_path) as world:
        measured, failures = await judge(world, 60)
    print(measured)
    assert failures == [], measured


@pytest.mark.soak
@pytest.mark.timeout(1200)
async def test_150_posts_and_healthy_endpoints_do_not_wait_for_slow_ones(tmp_path: Path) -> None:
    async with open_plain(tmp_path) as world:
        measured, failures = await judge(world, 150)
    proof = "150 posts due in one second, a slow and a dead endpoint"
    prove("28", proof, trials=300, failures=failures, measured=measured)
