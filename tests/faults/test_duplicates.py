"""Relays and APIs start the same workflow at once, operators reset and terminate it: one workflow, one post."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from munadi.domain.ids import workflow_id
from tests.e2e.brand import Brand, plant
from tests.faults.duplicates import DISTURBANCES, Scene, created_by_both
from tests.faults.evidence import prove
from tests.faults.plain import another_api, instant, open_plain, temporal_of
from tests.faults.trials import Trial, broken, judge
from tests.faults.world import QUICK

SEED = 20261127
TRIALS = 240
SHAPES = {"bluesky": "com.atproto.repo.putRecord", "threads-text": "threads_publish", "facebook": "feed"}
# How the network treats a brand's calls: slowly and then as usual, or at once and then without an answer.
WAYS = {
    "slow": {"mode": "delay", "delaySeconds": 1.5},
    "mute": {"mode": "accept_then_hang"},
}
# Relays look after so many seconds; the time of a content that is disturbed before it.
ENV = {**QUICK, "MUNADI_RELAY__LOOK_GRACE": "2"}
WAIT = 4.0


@asynccontextmanager
async def open_scene(folder: Path, env: dict[str, str]) -> AsyncIterator[tuple[Scene, dict[str, Brand]]]:
    """Two APIs, two workers with their relays, and a brand for each way."""
    channels = ("bluesky", "threads", "facebook")
    async with (
        open_plain(folder, {**ENV, **env}, channels) as world,
        another_api(world) as second,
        world.another_worker(),
    ):
        brands = {way: await Brand.create(world.api, world.sandbox, way, *channels) for way in WAYS}
        for way, fault in WAYS.items():
            for shape, operation in SHAPES.items():
                channel = shape.split("-")[0]
                profile = (await brands[way].account(channel))["externalId"]
                await plant(world.sandbox, channel, operation, profile=profile, times=None, **fault)
        yield Scene(world, (world.api, second), await temporal_of(world)), brands


async def disturbed(scene: Scene, brand: Brand, shape: str, name: str, text: str) -> Trial:
    """One content, created through both APIs, and one disturbance."""
    trial = Trial(shape, f"{name}, network {brand.ref}", text)
    due, channels = instant(time.time() + WAIT), [shape.split("-")[0]]
    body = {"brandRef": brand.ref, "text": text, "channels": channels, "scheduledAt": due}
    content = await created_by_both(scene, brand, body)
    trial.content_id, trial.hit_at = content["id"], time.time()
    await DISTURBANCES[name](scene, content)
    return await judge(scene.world, trial)


async def run_all(
    scene: Scene, brands: dict[str, Brand], chosen: Sequence[tuple[str, str, str]], at_once: int
) -> list[Trial]:
    """A trial for each shape, disturbance and way, so many at once."""
    waiting = iter(list(enumerate(chosen)))

    async def work_off() -> list[Trial]:
        return [
            await disturbed(scene, brands[way], shape, name, f"duplicate {n:04} {shape}")
            for n, (shape, name, way) in waiting
        ]

    trials = [trial for part in await asyncio.gather(*(work_off() for _ in range(at_once))) for trial in part]
    await asyncio.sleep(2)  # a second call would be under way by now
    return [await judge(scene.world, trial) for trial in trials]


async def workflows_beside(scene: Scene, trials: Sequence[Trial]) -> list[str]:
    """Workflows that belong to no content of ours, contents without one, and those that do not end; in words."""
    deadline = time.monotonic() + 30
    while True:
        runs = [run async for run in scene.temporal.list_workflows("WorkflowType = 'PublishContent'")]
        still = [f"{run.id} still runs" for run in runs if run.close_time is None]
        if not still or time.monotonic() > deadline:
            ours, theirs = {workflow_id(trial.content_id) for trial in trials}, {run.id for run in runs}
            return still + [f"{one} is not one workflow of one content" for one in ours ^ theirs]
        await asyncio.sleep(0.5)


async def calls_beside(scene: Scene, trials: Sequence[Trial]) -> list[str]:
    """Visible calls that were made twice, though the network let no second post through; in words.

    Each network refuses a repetition in its own way (a record's key, a spent container, an equal text).
    """
    made = [call for call in (await scene.world.sandbox.get("/control/calls")).json() if call["visible"]]
    calls, wanted = Counter(call["channel"] for call in made), Counter(one.shape.split("-")[0] for one in trials)
    return [
        f"{calls[name]} visible calls for {count} contents at {name}"
        for name, count in wanted.items()
        if calls[name] != count
    ]


def everything(repeats: int) -> list[tuple[str, str, str]]:
    """Every disturbance of every shape, in both ways, in a random order."""
    chosen = [(shape, name, way) for shape in SHAPES for name in DISTURBANCES for way in WAYS] * repeats
    random.Random(SEED).shuffle(chosen)
    return chosen


@pytest.mark.faults
@pytest.mark.timeout(300)
async def test_a_workflow_that_is_started_reset_or_terminated_publishes_once(tmp_path: Path) -> None:
    ways, shapes = list(WAYS), list(SHAPES)
    chosen = [(shapes[(n + 2) % 3], name, ways[n % 2]) for n, name in enumerate(DISTURBANCES)]
    async with open_scene(tmp_path, {}) as (scene, brands):
        trials = await run_all(scene, brands, chosen, at_once=len(chosen))
        beside = await workflows_beside(scene, trials) + await calls_beside(scene, trials)
    print(*[(trial.shape, trial.fault, trial.status) for trial in trials], sep="\n")
    assert broken(trials) + beside == []


@pytest.mark.soak
@pytest.mark.timeout(1800)
async def test_hundreds_of_workflows_started_reset_or_terminated(
    tmp_path: Path, create_database: Callable[[], str]
) -> None:
    chosen = everything(max(1, TRIALS // len(everything(1)) // 2))
    trials: list[Trial] = []
    beside: list[str] = []
    for name, env in (("sqlite", {}), ("postgresql", {"MUNADI_DATABASE_URL": create_database()})):
        async with open_scene(tmp_path / name, env) as (scene, brands):
            part = await run_all(scene, brands, chosen, at_once=12)
            trials += part
            beside += await workflows_beside(scene, part) + await calls_beside(scene, part)
    measured = {"disturbances": len(DISTURBANCES), "workflows and calls beside the contents'": len(beside)}
    proof = "workflow started from all sides, reset, terminated and started again, both databases"
    prove("5", proof, trials=len(trials), failures=broken(trials) + beside, seed=SEED, measured=measured)
