"""A slow and a dead webhook endpoint delay neither posts nor the events of a healthy endpoint."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.faults.evidence import prove, two_sizes
from tests.harness.brand import Brand
from tests.harness.inbox import Inbox, subscribe
from tests.harness.networks import posts_by_text
from tests.harness.times import epoch, p95, rank
from tests.harness.web import Call, serving
from tests.harness.world import World, open_plain

EVENTS_PER_POST = 5
# What an endpoint that never answers may cost: a first batch side by side, then a probe now and then.
DEAD_TRIES = 25


@asynccontextmanager
async def endpoint(world: World, answer_after: float) -> AsyncIterator[list[float]]:
    """An endpoint that answers each request after `answer_after` seconds; the times of its requests."""
    requests: list[float] = []

    async def answer(call: Call) -> None:
        requests.append(time.time())
        await asyncio.sleep(answer_after)
        await call.head(204)

    async with serving(answer) as url:
        made = await subscribe(world.api, url)
        yield requests
        await world.api.delete(f"/v1/webhooks/endpoints/{made['id']}")


async def lateness(world: World, ref: str, posts: int) -> list[float]:
    """Publish posts that are due in one second; how late each was at the network, in seconds."""
    brand = await Brand.create(world.api, world.sandbox, ref, "bluesky")
    first = time.time() + 5 + posts / 10
    dues = {f"{ref} {number}": first + number / posts for number in range(posts)}
    await brand.submit_all(dues)
    assert time.time() < first, f"{posts} posts were not accepted before their time; give them more"
    contents, published = await brand.all_ended(60 + posts / 5), await posts_by_text(world.sandbox)
    assert {content["status"] for content in contents.values()} == {"published"}
    assert {text: len(published[text]) for text in dues} == dict.fromkeys(dues, 1)
    return [epoch(published[text][0]["createdAt"]) - due for text, due in dues.items()]


@two_sizes(timeout=1200)
async def test_posts_and_healthy_endpoints_do_not_wait_for_slow_ones(tmp_path: Path, large: bool) -> None:
    posts = 150 if large else 60
    async with open_plain(tmp_path) as world:
        alone = rank(await lateness(world, "alone", posts), 0.5)
        async with Inbox().listening(world.api) as good, endpoint(world, 10), endpoint(world, 3600) as dead:
            beside = await lateness(world, "beside", posts)
            async with asyncio.timeout(60):
                while len(good.delays) < EVENTS_PER_POST * posts:  # noqa: ASYNC110 - a server's list
                    await asyncio.sleep(0.1)
    median, p99 = rank(beside, 0.5), rank(good.delays.values(), 0.99)
    measured = {
        "lateness p50 without endpoints": f"{alone:.2f} s",
        "lateness p50 beside": f"{median:.2f} s",
        "lateness p95 beside": f"{p95(beside):.2f} s",
        "healthy endpoint p99": f"{p99:.2f} s",
        "requests to the dead endpoint": str(len(dead)),
    }
    failures = list(good.failures)
    # Two figures of one run: a machine that is busy with other things is late in both.
    if median > 1.5 * alone + 0.5:
        failures.append("posts are late beside a slow endpoint")
    if p99 > 1 + alone:
        failures.append("the healthy endpoint waits for the others")
    if len(dead) > DEAD_TRIES:
        failures.append("the dead endpoint is tried with every event")
    proof = f"{posts} posts due in one second, a slow and a dead endpoint"
    prove("28", proof, trials=2 * posts, failures=failures, measured=measured, large=large)
