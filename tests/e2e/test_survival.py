"""Processes are killed with SIGKILL or paused: every accepted post is published once."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable

import httpx
import pytest

from tests.harness.brand import Brand, attempts, until
from tests.harness.networks import plant
from tests.harness.stack import Stack


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


async def kill_worker(stack: Stack) -> None:
    await kill(stack, "worker")


async def kill_all(stack: Stack) -> None:
    await kill(stack, "worker", "api", "temporal")


DISTURBANCES: dict[str, Callable[[Stack], Awaitable[None]]] = {
    "worker": kill_worker,
    "all": kill_all,
    "paused": pause_worker,
}


@pytest.mark.parametrize("name", DISTURBANCES)
async def test_a_scheduled_post_survives(
    stack: Stack, api: httpx.AsyncClient, sandbox: httpx.AsyncClient, name: str
) -> None:
    brand = await Brand.create(api, sandbox, f"k-{name}", "bluesky")
    content = await brand.submit(f"survives {name}", seconds=6)
    await DISTURBANCES[name](stack)
    ended = await brand.published(content["id"])
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
    ended = await brand.published(content["id"])
    assert len(await brand.posts("midway")) == 1
    assert [attempt["outcome"] for attempt in await attempts(api, ended)] == ["sent"]
