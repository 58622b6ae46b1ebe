"""Two builds of the workers in one deployment of Temporal: the work changes hands while posts are in flight."""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from tests.faults.evidence import prove, two_sizes
from tests.faults.trials import Trial, broken, judge
from tests.harness.world import World, open_world
from tests.support.processes import Process

DEPLOYMENT = "munadi-posts"
# They need different steps: a container that is prepared, one call, and one call of a network without a key.
SHAPES = ("instagram", "bluesky", "threads-text", "mastodon-text")


@asynccontextmanager
async def worker_of(world: World, build: str) -> AsyncIterator[Process]:
    """A worker of another build, beside that of the stack."""
    env = {**psutil.Process(world.stack.pids["api"]).environ(), "MUNADI_TEMPORAL__BUILD_ID": build}
    argv = [sys.executable, "-m", "munadi.cli", "worker"]
    with Process(argv, log=world.stack.folder / f"{build}.log", env=env) as worker:
        await asyncio.to_thread(worker.wait_for_line, "worker ready", 60)
        yield worker


async def make_current(world: World, build: str) -> None:
    """As an operator does, with the settings of the stack."""
    env = psutil.Process(world.stack.pids["api"]).environ()
    argv = [sys.executable, "-m", "munadi.cli", "temporal", "set-current", "--build-id", build]
    process = await asyncio.create_subprocess_exec(*argv, env=env, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    assert (process.returncode, build in output.decode()) == (0, True), output


async def builds_of(client: Client, content_id: str) -> list[tuple[float, str]]:
    """When workers of which build completed the workflow's tasks."""
    found = []
    history = await client.get_workflow_handle(f"content/{content_id}").fetch_history()
    for event in history.events:
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
            version = event.workflow_task_completed_event_attributes.deployment_version
            found.append((event.event_time.ToMicroseconds() / 1e6, version.build_id))
    return found


async def change_over(folder: Path, count: int) -> tuple[list[Trial], list[str], Counter[str]]:
    """`count` posts, the due times of which lie before, at and after the change from build one to build two."""
    env = {"MUNADI_TEMPORAL__DEPLOYMENT": DEPLOYMENT, "MUNADI_TEMPORAL__BUILD_ID": "one"}
    wrong: list[str] = []
    kinds: Counter[str] = Counter()
    async with open_world(folder, env, channels=("instagram", "bluesky", "threads", "mastodon")) as world:
        await make_current(world, "one")
        trials = []
        for number in range(count):
            shape = SHAPES[number % len(SHAPES)]
            trial = Trial(shape, "another build", f"version {number} {shape}.")
            content = await world.submit(shape, trial.text, seconds=1 + 16 * number / count)
            trial.content_id = content["id"]
            trials.append(trial)
        async with worker_of(world, "two"):
            await asyncio.sleep(1)
            await make_current(world, "two")
            changed = time.time()
            await asyncio.gather(*(judge(world, trial) for trial in trials))
            client = await world.temporal()
            for trial in trials:
                tasks = await builds_of(client, trial.content_id)
                builds = [build for _, build in tasks]
                kinds["one" if set(builds) == {"one"} else "two" if set(builds) == {"two"} else "both"] += 1
                if builds != sorted(builds):
                    wrong.append(f"{trial.text} went back from build two to one: {builds}")
                late = [build for at, build in tasks if at > changed + 1 and build != "two"]
                if late:
                    wrong.append(f"{trial.text} was worked at by build one after the change")
    return trials, wrong, kinds


@two_sizes(timeout=1800)
async def test_posts_in_flight_move_to_the_current_build(tmp_path: Path, large: bool) -> None:
    trials, wrong, kinds = await change_over(tmp_path, 120 if large else 16)
    failures = [*broken(trials), *wrong]
    if not kinds["both"]:
        failures.append(f"no post was in flight at the change: {dict(kinds)}")
    proof = "two builds in one worker deployment, the work goes from one to the other"
    prove("14", proof, trials=len(trials), failures=failures, measured=dict(kinds), large=large)
