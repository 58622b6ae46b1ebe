"""A worker or an API whose event loop hangs ends itself, is replaced, and its posts are reconciled.

With the watchdog off (`MUNADI_WATCHDOG=0`) the test was seen to fail: 60 s later the hung worker still runs.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import httpx
import pytest

from tests.faults.points import Passage
from tests.harness.brand import is_up, until
from tests.harness.world import QUICK, open_world

WATCHDOG = 6.0


@pytest.mark.faults
@pytest.mark.timeout(240)
async def test_a_hung_process_ends_itself_and_its_post_is_published_once(tmp_path: Path) -> None:
    async with open_world(tmp_path, {**QUICK, "MUNADI_WATCHDOG": str(WATCHDOG)}) as world:
        # The worker hangs between the network's answer and our record of it.
        content = await world.prepare("threads-text", "hung worker")
        worker = world.stack.pids["worker"]
        passage = Passage("worker.channel.threads.publish.answered")
        plant = world.points.plant(passage, "hang", [content["id"], content["publications"][0]["id"]])
        await world.publish_now(content)
        assert await plant.hit(30) is not None
        await world.stack.replaced("worker", worker, within=WATCHDOG + 15)
        assert "Timeout (0:00:06)!" in world.stack.log_of("worker")
        assert "failpoints.py" in world.stack.log_of("worker")
        await world.brand.published(content["id"], 90)
        assert len(await world.posts("hung worker", "threads-text")) == 1

        # The API hangs before a commit: the client gets no answer, the post is not there, the next call works.
        api = world.stack.pids["api"]
        plant = world.points.plant(Passage("api.db.commit.before"), "hang")
        post = {"brandRef": world.brand.ref, "text": "hung API", "channels": ["threads"], "clientRef": "hung-api"}
        with pytest.raises(httpx.TransportError):
            await world.api.post("/v1/contents", json=post, timeout=60)
        assert await plant.hit(5) is not None
        await world.stack.replaced("api", api, within=WATCHDOG + 15)
        await until(lambda: is_up(world.api), 60)
        answer = await world.api.post("/v1/contents", json=post)
        assert answer.status_code == 202, answer.text
        await world.brand.published(answer.json()["id"], 90)
        assert len(await world.posts("hung API", "threads-text")) == 1


@pytest.mark.faults
async def test_a_process_that_only_waits_is_left_alone(tmp_path: Path) -> None:
    script = tmp_path / "waits.py"
    script.write_text(
        "import asyncio\nfrom munadi.process.watchdog import hang_watchdog\n"
        "async def main():\n    async with hang_watchdog(0.6):\n        await asyncio.sleep(2)\n    print('done')\n"
        "asyncio.run(main())\n"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, str(script), stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    assert (process.returncode, output) == (0, b"done\n")
