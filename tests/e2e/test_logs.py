"""Every line that the API and the worker write is JSON, whatever happens, and names its own request."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from pathlib import Path
from typing import Any

from tests.faults.points import Passage
from tests.harness.times import instant
from tests.harness.world import World, open_world

POSTS = 30


def lines_of(log: str) -> list[dict[str, Any]]:
    """The lines of a log; the test fails at the first that is not one JSON object with time, level and event."""
    found = []
    for line in log.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            raise AssertionError(f"not JSON: {line[:500]}") from None
        assert isinstance(entry, dict)
        assert {"at", "level", "event"} <= set(entry), line[:500]
        found.append(entry)
    return found


async def submit(world: World, text: str, due: float | None = None) -> tuple[str, str]:
    """The ids of an accepted post and of its request."""
    body = {"brandRef": world.brand.ref, "text": text, "channels": ["bluesky"]}
    answer = await world.api.post("/v1/contents", json=body | ({"scheduledAt": instant(due)} if due else {}))
    assert answer.status_code == 202, answer.text
    return answer.json()["id"], answer.headers["x-request-id"]


async def test_every_line_is_json_and_names_its_own_request(tmp_path: Path) -> None:
    """From the start over load, a crash in an activity and Temporal away to the stop."""
    async with open_world(tmp_path, channels=("bluesky",)) as world:
        crashing = await world.prepare("bluesky", "crashes once")
        place = Passage("worker.channel.bluesky.publish.before")
        plant = world.points.plant(place, "raise", [crashing["publications"][0]["id"]])
        await world.publish_now(crashing)
        assert await plant.hit() is not None
        await asyncio.gather(*(submit(world, f"load {n}") for n in range(POSTS)))
        temporal = world.stack.pids["temporal"]
        os.kill(temporal, signal.SIGSTOP)
        try:
            # They are due later: only their starts meet a Temporal that does not answer.
            due = time.time() + 600
            away = dict(await asyncio.gather(*(submit(world, f"away {n}", due) for n in range(POSTS))))
            await asyncio.sleep(3)
        finally:
            os.kill(temporal, signal.SIGCONT)
        world.stack.kill("temporal")
        await world.stack.replaced("temporal", temporal)
        await world.brand.published((await submit(world, "after all of it"))[0], 90)
        folder = world.stack.data / "logs"
    logs = {part: lines_of((folder / f"{part}.log").read_text()) for part in ("api", "worker")}
    failed = [line for line in logs["api"] if line["event"] == "start.failed"]
    assert len(failed) >= 2
    assert all(line["content"] not in away or line["request_id"] == away[line["content"]] for line in failed)
    assert len({line["request_id"] for line in failed}) == len({line["content"] for line in failed})
    assert [line for line in logs["worker"] if "PlantedError" in line.get("exception", "")]
    assert [line for line in logs["worker"] if line.get("logger", "").startswith("temporalio")]
    assert logs["worker"][-1]["event"] == "worker stopped"
