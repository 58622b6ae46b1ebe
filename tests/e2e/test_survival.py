"""Processes are killed with SIGKILL, one at a time and all together: every accepted post is published once."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from munadi.domain.ids import workflow_id
from tests.e2e.brand import Brand, plant, until
from tests.e2e.stack import Stack
from tests.support.temporal import TemporalDevServer, script


async def kill(stack: Stack, *victims: str) -> None:
    await asyncio.sleep(1.5)
    for victim in victims:
        stack.kill(victim)


async def pause_worker(stack: Stack) -> None:
    """Stop the worker until the due time has passed, then resume it."""
    pid = stack.pids["worker"]
    os.kill(pid, signal.SIGSTOP)
    await asyncio.sleep(8)
    os.kill(pid, signal.SIGCONT)


VICTIMS = (("worker",), ("api",), ("temporal",), ("worker", "api", "temporal"))
DISTURBANCES: dict[str, Callable[[Stack], Awaitable[None]]] = {
    **{"-".join(victims): lambda stack, victims=victims: kill(stack, *victims) for victims in VICTIMS},
    "paused": pause_worker,
}


@pytest.mark.parametrize("name", DISTURBANCES)
async def test_a_scheduled_post_survives(
    stack: Stack, api: httpx.AsyncClient, sandbox: httpx.AsyncClient, name: str
) -> None:
    brand = await Brand.create(api, sandbox, f"k-{name}", "bluesky")
    content = await brand.submit(f"survives {name}", seconds=6)
    await DISTURBANCES[name](stack)
    ended = await brand.ended(content["id"], 60)
    assert ended["status"] == "published"
    assert ended["publications"][0]["latenessMs"] >= 0
    assert len(await brand.posts(f"survives {name}")) == 1


async def test_a_post_whose_worker_is_killed_during_the_visible_call_is_found(
    stack: Stack, api: httpx.AsyncClient, sandbox: httpx.AsyncClient
) -> None:
    """The network accepted the post and the worker dies before it has the answer."""
    brand = await Brand.create(api, sandbox, "k-midway", "bluesky")
    await plant(sandbox, "bluesky", "com.atproto.repo.putRecord", "accept_then_hang", times=1)
    content = await brand.submit("midway")
    await until(lambda: brand.posts("midway"), 10, 0.05)
    stack.kill("worker")
    ended = await brand.ended(content["id"], 60)
    assert ended["status"] == "published"
    assert len(await brand.posts("midway")) == 1
    publication = (await api.get(f"/v1/publications/{ended['publications'][0]['id']}")).json()
    assert [attempt["outcome"] for attempt in publication["attemptLog"]] == ["sent"]


@pytest.fixture
async def foreign(folder: Path, own_temporal: TemporalDevServer) -> AsyncIterator[Stack]:
    """A stack over a Temporal server of the test's own."""
    env = {"MUNADI_TEMPORAL__ADDRESS": own_temporal.address, "MUNADI_RELAY__LOOK_GRACE": "3"}
    running = Stack(folder, env).start()
    yield running
    assert running.stop() == 0


async def test_posts_survive_a_dead_temporal_and_a_terminated_workflow(
    foreign: Stack, own_temporal: TemporalDevServer
) -> None:
    async with foreign.client() as api, foreign.sandbox() as sandbox:
        brand = await Brand.create(api, sandbox, "t-down", "bluesky")
        terminated = await brand.submit("terminated", seconds=9)
        await asyncio.sleep(1)
        terminate = ("workflow", "terminate", "--workflow-id", workflow_id(terminated["id"]))
        process = await asyncio.create_subprocess_exec(
            script("temporal"), *terminate, "--address", own_temporal.address, stdout=asyncio.subprocess.DEVNULL
        )
        assert await process.wait() == 0
        own_temporal.kill()
        created = await brand.submit("created while down")
        ready = await api.get("/readyz")
        assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
        await asyncio.sleep(2)
        own_temporal.start()
        for content, text in ((created, "created while down"), (terminated, "terminated")):
            assert (await brand.ended(content["id"], 60))["status"] == "published"
            assert len(await brand.posts(text)) == 1
