"""Posts are withdrawn at their time to end, though the worker is killed before it and in the request."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.faults.points import Passage
from tests.faults.test_withdrawing import withdrawal_of
from tests.harness.times import instant
from tests.harness.world import QUICK, World, channel_of, open_world

# Long enough to publish, to kill the worker and to see it replaced before the end.
LIVES = 25.0
SHAPES = ("bluesky", "mastodon-text", "telegram-text")
DIES_IN = "worker.channel.{}.withdraw.sent"


async def publish(world: World, shape: str, **fields: Any) -> dict[str, Any]:
    """A post of this shape once it is live."""
    content = await world.submit(shape, f"it ends {shape}", **fields)
    return await world.brand.published(content["id"])


async def has_begun(world: World, content_id: str, within: float = 60) -> None:
    """Wait until the withdrawal was asked for."""
    async with asyncio.timeout(within):
        while (await world.brand.content(content_id))["publications"][0]["withdrawal"] is None:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.2)


@pytest.mark.faults
@pytest.mark.timeout(300)
async def test_a_post_is_withdrawn_at_its_time_though_its_worker_dies(tmp_path: Path) -> None:
    async with open_world(tmp_path, QUICK, channels=[channel_of(shape) for shape in SHAPES]) as world:
        stays = await publish(world, "bluesky", withdrawAt=instant(time.time() + LIVES))
        headers = {"If-Match": f'"{stays["version"]}"'}
        answer = await world.api.patch(f"/v1/contents/{stays['id']}", json={"withdrawAt": None}, headers=headers)
        assert answer.status_code == 200, answer.text
        end = time.time() + LIVES
        contents = {shape: await publish(world, shape, withdrawAt=instant(end)) for shape in SHAPES}
        await world.stack.replaced("worker", world.stack.kill("worker"))
        publication = contents["bluesky"]["publications"][0]
        dies = world.points.plant(
            Passage(DIES_IN.format("bluesky")), "kill", [publication["id"], publication["accountId"]]
        )
        for shape, content in contents.items():
            assert await world.posts(f"it ends {shape}", shape), "it is live until its end"
            assert (await world.brand.content(content["id"]))["publications"][0]["withdrawal"] is None
        assert time.time() < end, "the worker was killed before the end"
        for content in contents.values():
            await has_begun(world, content["id"])
        statuses = {shape: await withdrawal_of(world, content["id"]) for shape, content in contents.items()}
        assert statuses == dict.fromkeys(SHAPES, "withdrawn")
        assert dies.hit_at() is not None, "the worker died in the request"
        for shape, content in contents.items():
            shown = (await world.brand.content(content["id"]))["publications"][0]
            assert datetime.fromisoformat(shown["withdrawal"]["requestedAt"]).timestamp() >= end
            left = await world.posts(f"it ends {shape}", shape)
            # The one whose end was removed has the same words, and is still there.
            assert len(left) == (shape == "bluesky"), left
            events = (await world.api.get(f"/v1/contents/{content['id']}/events")).json()["data"]
            assert [one["type"] for one in events].count("content.publish.withdrawn") == 1
        assert (await world.brand.content(stays["id"]))["publications"][0]["withdrawal"] is None
