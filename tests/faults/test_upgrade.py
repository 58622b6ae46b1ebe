"""Workers of the previous and of this version run side by side, with posts in flight, and both are killed."""

from __future__ import annotations

import asyncio
import io
import os
import random
import subprocess
import sys
import tarfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest
from temporalio.api.enums.v1 import EventType, WorkflowTaskFailedCause
from temporalio.client import Client

from tests.faults.evidence import prove, two_sizes
from tests.faults.trials import Trial, broken, judge
from tests.harness.world import QUICK, SHAPES, World, open_world
from tests.support.processes import Process

ROOT = Path(__file__).parents[2]
# The first version that starts on a database of a newer one; later the release before this one. A worker of it may
# still run in a roll-out.
BEFORE = "9473943c65b4cff9576367ced81134197a990ff5"
SEED = 20261125


def version_before(folder: Path) -> Path:
    """Its code, from the repository's own history."""
    packed = subprocess.run(["git", "archive", BEFORE], cwd=ROOT, capture_output=True, check=False)
    if packed.returncode != 0:
        pytest.skip("this checkout has no history to take the version before from")
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


@asynccontextmanager
async def old_worker(world: World, code: Path, name: str) -> AsyncIterator[Process]:
    """A worker of the version before, on the same database and the same task queue."""
    # From the API's process, whose settings are the same: the worker's may just be dying.
    env = {**psutil.Process(world.stack.pids["api"]).environ(), "PYTHONPATH": str(code)}
    where = [sys.executable, "-c", "import munadi, sys; print(munadi.__file__)"]
    found = await asyncio.to_thread(
        subprocess.run, where, env={**os.environ, **env}, cwd=code, capture_output=True, text=True, check=True
    )
    assert found.stdout.startswith(str(code)), f"not the old code: {found.stdout}"
    log = world.stack.folder / f"{name}.log"
    with Process([sys.executable, "-m", "munadi.cli", "worker"], log=log, env=env, cwd=code) as worker:
        await asyncio.to_thread(worker.wait_for_line, "worker ready", 60)
        yield worker


async def unreplayable(trial: Trial, client: Client) -> str | None:
    """What a worker of either version could not replay."""
    history = await client.get_workflow_handle(f"content/{trial.content_id}").fetch_history()
    for event in history.events:
        failed = event.workflow_task_failed_event_attributes
        cause = WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED and failed.cause == cause:
            return f"{trial.shape} ({trial.content_id}): {failed.failure.message}"
    return None


async def side_by_side(folder: Path, count: int, kills: int) -> tuple[list[Trial], list[str]]:
    """`count` posts fall due over some seconds while one old and one new worker share them and die in turn."""
    chance = random.Random(SEED)
    code = version_before(folder / "before")
    async with open_world(folder / "now", QUICK) as world, old_worker(world, code, "old-0"):
        trials = []
        for number in range(count):
            shape = list(SHAPES)[number % len(SHAPES)]
            trial = Trial(shape, "upgrade", f"upgrade {number} {shape}.")
            content = await world.submit(shape, trial.text, seconds=4 + chance.random() * 4 * kills)
            trial.content_id = content["id"]
            trials.append(trial)
        for number in range(kills):
            await asyncio.sleep(3 + chance.random())
            world.stack.kill("worker")
            async with old_worker(world, code, f"old-{number + 1}") as old:
                await asyncio.sleep(2 + chance.random())
                old.kill()
        for trial in trials:
            await judge(world, trial)
        client = await world.temporal()
        stuck = [failure for trial in trials if (failure := await unreplayable(trial, client))]
    return trials, stuck


@two_sizes(timeout=1800)
async def test_old_and_new_workers_share_posts_in_flight(tmp_path: Path, large: bool) -> None:
    trials, stuck = await side_by_side(tmp_path, 200 if large else len(SHAPES), kills=12 if large else 1)
    failures = [*broken(trials), *stuck]
    proof = "old and new workers side by side, killed in turn"
    prove("14", proof, trials=len(trials), failures=failures, seed=SEED, large=large)
