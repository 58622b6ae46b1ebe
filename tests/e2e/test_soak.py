"""The large version of the kill proof: `make soak`. Workers die at random moments around the visible call."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from tests.e2e.stack import Brand, Stack

TRIALS = 30
SEED = 20261125


@pytest.mark.soak
@pytest.mark.timeout(1800)
async def test_killed_at_random_moments_each_post_is_there_once(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    stack = Stack(
        tmp_path, {"MUNADI_RELAY__LOOK_GRACE": "3", "MUNADI_CHANNELS__BLUESKY__PUBLISH_DEADLINE": "8"}
    ).start()
    try:
        async with stack.client() as api, stack.sandbox() as sandbox:
            brand = await Brand.create(api, sandbox, "soak", "bluesky")
            for trial in range(TRIALS):
                text = f"soak {trial}"
                content = await brand.submit(text, seconds=2)
                await asyncio.sleep(1.9 + chance.random() * 0.3)
                stack.kill("worker")
                ended = await brand.ended(content["id"], 120)
                assert ended["status"] == "published", (SEED, trial, ended)
                assert len(await brand.posts(text)) == 1, (SEED, trial)
    finally:
        assert stack.stop() == 0
