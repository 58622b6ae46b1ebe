"""kill -9 of everything, one at a time and all together: what was accepted is published once."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from munadi.domain.ids import workflow_id
from tests.e2e.stack import Brand, Stack
from tests.support.temporal import TemporalDevServer, script


@pytest.fixture(scope="module")
def breakable(tmp_path_factory: pytest.TempPathFactory) -> object:
    running = Stack(tmp_path_factory.mktemp("breakable"), {"MUNADI_RELAY__LOOK_GRACE": "3"}).start()
    yield running
    assert running.stop() == 0


@pytest.mark.parametrize("victims", [["worker"], ["api"], ["temporal"], ["worker", "api", "temporal"]])
async def test_a_scheduled_content_survives_kill_9(breakable: Stack, victims: list[str]) -> None:
    text = f"survives {'+'.join(victims)}"
    ref = f"k-{'-'.join(victims)}"
    async with breakable.client() as api, breakable.sandbox() as sandbox:
        brand = await Brand.create(api, sandbox, ref, "bluesky")
        content = await brand.submit(text, seconds=10)
        await asyncio.sleep(2)
        for victim in victims:
            breakable.kill(victim)
        ended = await brand.ended(content["id"], 60)
        assert ended["status"] == "published"
        assert ended["publications"][0]["latenessMs"] >= 0
        assert len(await brand.posts(text)) == 1


async def test_killed_while_the_visible_call_is_under_way(breakable: Stack) -> None:
    """The provider accepted it, the worker dies before it knows: found by looking."""
    async with breakable.client() as api, breakable.sandbox() as sandbox:
        brand = await Brand.create(api, sandbox, "k-midway", "bluesky")
        fault = {
            "channel": "bluesky",
            "operation": "com.atproto.repo.putRecord",
            "mode": "accept_then_hang",
            "times": 1,
        }
        assert (await sandbox.post("/control/faults", json=fault)).status_code == 201
        content = await brand.submit("midway")
        for _ in range(200):
            if await brand.posts("midway"):
                break
            await asyncio.sleep(0.05)
        breakable.kill("worker")
        ended = await brand.ended(content["id"], 60)
        assert ended["status"] == "published"
        assert len(await brand.posts("midway")) == 1
        publication = (await api.get(f"/v1/publications/{ended['publications'][0]['id']}")).json()
        assert [attempt["outcome"] for attempt in publication["attemptLog"]] == ["sent"]


@pytest.fixture
async def foreign(folder: Path, own_temporal: TemporalDevServer) -> AsyncIterator[Stack]:
    """A stack over a Temporal of the test's own, to take it away."""
    env = {"MUNADI_TEMPORAL__ADDRESS": own_temporal.address, "MUNADI_RELAY__LOOK_GRACE": "3"}
    running = Stack(folder, env).start()
    yield running
    assert running.stop() == 0


async def test_temporal_down_and_terminated_workflows(foreign: Stack, own_temporal: TemporalDevServer) -> None:
    async with foreign.client() as api, foreign.sandbox() as sandbox:
        brand = await Brand.create(api, sandbox, "t-down", "bluesky")
        terminated = await brand.submit("terminated", seconds=9)
        await asyncio.sleep(1)
        await _cli(own_temporal, "workflow", "terminate", "--workflow-id", workflow_id(terminated["id"]))
        own_temporal.kill()
        created = await brand.submit("created while down")
        ready = await api.get("/readyz")
        assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
        await asyncio.sleep(2)
        own_temporal.start()
        for content, text in ((created, "created while down"), (terminated, "terminated")):
            ended = await brand.ended(content["id"], 60)
            assert ended["status"] == "published"
            assert len(await brand.posts(text)) == 1


async def test_a_paused_worker_that_wakes_up_sends_nothing_twice(breakable: Stack) -> None:
    import os

    async with breakable.client() as api, breakable.sandbox() as sandbox:
        brand = await Brand.create(api, sandbox, "k-paused", "bluesky")
        content = await brand.submit("paused", seconds=3)
        await asyncio.sleep(1)
        pid = breakable.pids["worker"]
        os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(6)
        os.kill(pid, signal.SIGCONT)
        ended = await brand.ended(content["id"], 60)
        assert ended["status"] == "published"
        assert len(await brand.posts("paused")) == 1


async def _cli(server: TemporalDevServer, *arguments: str) -> None:
    process = await asyncio.create_subprocess_exec(
        script("temporal"), *arguments, "--address", server.address, stdout=asyncio.subprocess.DEVNULL
    )
    assert await process.wait() == 0
