"""The API is killed and comes back: the clients' calls succeed, each has one effect, and `wait` does not end early."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from munadi.client import AsyncClient, Client
from tests.harness.brand import Brand
from tests.harness.gateway import Gateway
from tests.harness.stack import Api, Stack

POSTS = 24


@pytest.fixture
async def another(stack: Stack) -> AsyncIterator[Api]:
    """An API that the test may kill; the workers are the stack's."""
    async with stack.another_api(f"client-{uuid4().hex[:8]}") as api:
        yield api


async def restart(api: Api) -> None:
    """kill -9, and start it again."""
    await asyncio.to_thread(api.process.kill)
    await asyncio.sleep(1)  # away for longer than a pause between two tries
    await api.start()


async def test_posts_during_a_restart_are_stored_once_each(stack: Stack, another: Api, brand: Brand) -> None:
    due = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    payload = {"brandRef": brand.ref, "channels": ["bluesky"], "scheduledAt": due}
    at_once = asyncio.Semaphore(6)

    with Gateway(str(another.client.base_url)) as gateway:
        async with AsyncClient(gateway.url, stack.info["apiKey"]) as munadi:

            async def publish(number: int) -> str:
                async with at_once:
                    await asyncio.sleep(0.05)
                    return (await munadi.contents.publish({**payload, "text": f"restart {number}"}))["id"]

            restarted = asyncio.create_task(restart(another))
            ids = await asyncio.gather(*[publish(number) for number in range(POSTS)])
            await restarted
        assert gateway.away > 0
    assert len(set(ids)) == POSTS
    assert sorted(each["id"] for each in await brand.contents()) == sorted(ids)


async def test_both_clients_wait_through_a_restart(stack: Stack, another: Api, brand: Brand) -> None:
    url, key = str(another.client.base_url), stack.info["apiKey"]
    content = await brand.submit("waits", seconds=4)

    def blocking() -> str:
        with Client(url, key) as munadi:
            return str(munadi.contents.wait(content["id"], timeout=60)["status"])

    async def awaited() -> str:
        async with AsyncClient(url, key) as munadi:
            return str((await munadi.contents.wait(content["id"], timeout=60))["status"])

    waiting = [asyncio.create_task(one) for one in (asyncio.to_thread(blocking), awaited())]
    await asyncio.to_thread(another.process.kill)
    await brand.published(content["id"])
    assert not any(one.done() for one in waiting)
    await another.start()
    assert await asyncio.gather(*waiting) == ["published", "published"]


async def test_the_command_line_publishes_during_a_restart(stack: Stack, another: Api, brand: Brand) -> None:
    with Gateway(str(another.client.base_url)) as gateway:
        await asyncio.to_thread(another.process.kill)
        publishing = asyncio.create_task(
            stack.cli(
                *("contents", "publish", "--brand-ref", brand.ref, "--channel", "bluesky", "--text", "by command"),
                *("--wait", "--url", gateway.url),
            )
        )
        async with asyncio.timeout(30):
            while gateway.away == 0:  # noqa: ASYNC110 - a thread counts
                await asyncio.sleep(0.02)
        await another.start()
        code, output = await publishing
    assert code == 0, output
    assert len(await brand.posts("by command")) == 1
