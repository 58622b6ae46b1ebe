"""Relays and APIs start the same workflow at once, operators reset and terminate it: one workflow, one post."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from munadi.domain.ids import workflow_id
from tests.faults.duplicates import DISTURBANCES, Scene, created_by_both
from tests.faults.evidence import prove, two_sizes
from tests.faults.trials import Trial, broken, in_batches, judge
from tests.harness.brand import Brand
from tests.harness.networks import VISIBLE, plant
from tests.harness.times import instant
from tests.harness.world import QUICK, channel_of, open_plain

SEED = 20261127
# How often the large version runs every plan on each database.
REPEATS = 2
SHAPES = ("bluesky", "threads-text", "facebook")
# How the network treats a brand's calls: slowly and then as usual, or at once and then without an answer.
WAYS = {"slow": {"mode": "delay", "delaySeconds": 1.5}, "mute": {"mode": "accept_then_hang"}}
# Seconds until the relay checks a post, and until the post is due: the disturbance comes before both.
GRACE, WAIT = 2, 4.0
Plan = tuple[int, tuple[str, str, str]]


@asynccontextmanager
async def open_scene(folder: Path, env: dict[str, str]) -> AsyncIterator[tuple[Scene, dict[str, Brand]]]:
    """Two APIs, two workers with their relays, and a brand for each way."""
    channels = [channel_of(shape) for shape in SHAPES]
    settings = {**QUICK, "MUNADI_RELAY__LOOK_GRACE": str(GRACE), **env}
    async with (
        open_plain(folder, settings, channels) as world,
        world.stack.another_api() as second,
        world.stack.another_worker(),
    ):
        brands = {way: await Brand.create(world.api, world.sandbox, way, *channels) for way in WAYS}
        for way, fault in WAYS.items():
            for shape, channel in zip(SHAPES, channels, strict=True):
                profile = await brands[way].profile(channel)
                await plant(world.sandbox, channel, VISIBLE[shape], profile=profile, times=None, **fault)
        yield Scene(world, (world.api, second.client), await world.temporal()), brands


async def run_all(
    scene: Scene, brands: dict[str, Brand], plans: Sequence[tuple[str, str, str]], at_once: int
) -> list[Trial]:
    """One post for each shape, disturbance and way, created through both APIs and disturbed."""

    async def disturbed(plan: Plan) -> Trial:
        number, (shape, name, way) = plan
        trial = Trial(shape, f"{name}, network {way}", f"duplicate {number:04} {shape}")
        body = {"brandRef": way, "text": trial.text, "channels": [channel_of(shape)]}
        content = await created_by_both(scene, brands[way], body | {"scheduledAt": instant(time.time() + WAIT)})
        trial.content_id, trial.hit_at = content["id"], time.time()
        await DISTURBANCES[name](scene, content)
        return await judge(scene.world, trial)

    trials = await in_batches(enumerate(plans), disturbed, at_once)
    await asyncio.sleep(2)  # a second call would be under way by now
    return [await judge(scene.world, trial) for trial in trials]


async def other_workflows(scene: Scene, trials: Sequence[Trial]) -> list[str]:
    """Workflows without a post of ours, posts without a workflow, and workflows that do not end; as text."""
    deadline = time.monotonic() + 30
    while True:
        runs = [run async for run in scene.temporal.list_workflows("WorkflowType = 'PublishContent'")]
        still = [f"{run.id} still runs" for run in runs if run.close_time is None]
        if not still or time.monotonic() > deadline:
            ours, theirs = {workflow_id(trial.content_id) for trial in trials}, {run.id for run in runs}
            return still + [f"{one} is not one workflow of one content" for one in ours ^ theirs]
        await asyncio.sleep(0.5)


async def other_calls(scene: Scene, trials: Sequence[Trial]) -> list[str]:
    """Visible calls that were made twice, though the network let no second post through; as text.

    Each network refuses a repetition in its own way (a record's key, a spent container, an equal text).
    """
    made = [call for call in (await scene.world.sandbox.get("/control/calls")).json() if call["visible"]]
    calls, wanted = Counter(call["channel"] for call in made), Counter(channel_of(one.shape) for one in trials)
    return [
        f"{calls[name]} visible calls for {count} contents at {name}"
        for name, count in wanted.items()
        if calls[name] != count
    ]


def plans_of(large: bool) -> list[tuple[str, str, str]]:
    """Every disturbance once, or of every shape in both ways, in a random order."""
    ways = list(WAYS)
    if not large:
        return [(SHAPES[(n + 2) % 3], name, ways[n % 2]) for n, name in enumerate(DISTURBANCES)]
    plans = [(shape, name, way) for shape in SHAPES for name in DISTURBANCES for way in ways] * REPEATS
    random.Random(SEED).shuffle(plans)
    return plans


@two_sizes(timeout=1800)
async def test_a_workflow_that_is_started_reset_or_terminated_publishes_once(
    tmp_path: Path, databases: dict[str, dict[str, str]], large: bool
) -> None:
    trials: list[Trial] = []
    others: list[str] = []
    for name, env in databases.items():
        async with open_scene(tmp_path / name, env) as (scene, brands):
            part = await run_all(scene, brands, plans_of(large), at_once=12)
            trials += part
            others += await other_workflows(scene, part) + await other_calls(scene, part)
    print(*trials, sep="\n")
    measured = {"disturbances": len(DISTURBANCES), "workflows and calls beside the contents'": len(others)}
    proof = "workflow started from all sides, reset, terminated and started again, both databases"
    failures = broken(trials) + others
    prove("5", proof, trials=len(trials), failures=failures, seed=SEED, measured=measured, large=large)
