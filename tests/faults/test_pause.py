"""A worker is stopped (SIGSTOP) in the middle of a publish, work goes on elsewhere, then it wakes (SIGCONT)."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.e2e.brand import Brand, calls
from tests.faults.evidence import prove
from tests.faults.network import VISIBLE
from tests.faults.points import Passage
from tests.faults.trials import PATIENCE, Trial, broken, judge
from tests.faults.world import QUICK, SHAPES, World, open_world

SEED = 20261125
TRIALS = 100
# Before the intent, before the gate (the epoch is ours, no byte is out), between the gate and the first byte, after the
# bytes, and with the answer in hand.
PLACES = (
    "attempts.open_attempt.before",
    "attempts.open_attempt.after",
    "publish.gate.after",
    "publish.sent",
    "publish.answered",
)
SOME = (PLACES[0], PLACES[1], PLACES[2], PLACES[4])
# Between the gate and the first byte nothing of ours can stop it; what it sends then, the network's own key must hide.
OPEN = "publish.gate.after"
# What a woken worker does, it does within this many seconds.
AWAKE = 2.0


async def paused(world: World, shape: str, place: str, number: int) -> Trial:
    """Pause the worker that passes `place`, let the content end elsewhere, wake it, and look at the network again.

    A brand of its own, so that what its account is called with is this trial's. Posts alone would not tell: most
    networks have a key (a record's, a container's, an upload's) by which a second call makes no second post.
    """
    channel, text = SHAPES[shape][0], f"pause {number} {shape}"
    port = f"channel.{channel}." if place.startswith("publish.") else ""
    passage = Passage(f"worker.{port}{place}")
    trial = Trial(shape, f"paused at {passage}", text)
    world = replace(world, brand=await Brand.create(world.api, world.sandbox, f"pause-{number}", channel))
    content = await world.prepare(shape, text)
    trial.content_id = content["id"]
    plant = world.points.plant(passage, "pause", [content["id"], content["publications"][0]["id"]])
    await world.publish_now(content)
    try:
        trial.hit_at = await plant.hit(PATIENCE)
        trial = await judge(world, trial)
        if trial.verdict() is not None:
            return trial  # broken already; the rest would hide it
        before = await visible_calls(world, shape)
    finally:
        plant.remove()
        if (pid := plant.pid()) is not None:
            os.kill(pid, signal.SIGCONT)
    await asyncio.sleep(AWAKE)
    ended_at = trial.ended_at
    trial = await judge(world, trial)
    trial.ended_at = ended_at
    trial.late_calls = 0 if place == OPEN else await visible_calls(world, shape) - before
    return trial


async def visible_calls(world: World, shape: str) -> int:
    """How often the brand's account made the call that followers see."""
    channel = SHAPES[shape][0]
    made = await calls(world.sandbox, channel, VISIBLE[shape])
    profile = (await world.brand.account(channel))["externalId"]
    return sum(call["profile"] == profile for call in made)


@asynccontextmanager
async def open_worlds(folder: Path, workers: int) -> AsyncIterator[World]:
    """A world with so many workers more than its own. A paused one is still given work until its polls end: each
    such task costs its timeout, so that most workers must be awake for a trial to end soon.
    """
    # The watchdog would end a worker that wakes late; here the deadline gate has to stop it.
    async with open_world(folder, {**QUICK, "MUNADI_WATCHDOG": "0"}) as world, AsyncExitStack() as more:
        for number in range(workers):
            await more.enter_async_context(world.another_worker(f"worker-{number}"))
        yield world


async def pausing(world: World, chosen: Sequence[tuple[str, str]], at_once: int) -> list[Trial]:
    """One trial for each shape and place, so many at once."""
    waiting = iter(list(enumerate(chosen)))

    async def work_off() -> list[Trial]:
        return [await paused(world, shape, place, n) for n, (shape, place) in waiting]

    return [trial for part in await asyncio.gather(*(work_off() for _ in range(at_once))) for trial in part]


@pytest.mark.faults
@pytest.mark.timeout(240)
async def test_a_worker_that_resumes_after_its_deadline_sends_nothing(tmp_path: Path) -> None:
    chosen = list(zip(("bluesky", "instagram", "threads", "facebook"), SOME, strict=True))
    async with open_worlds(tmp_path, 4) as world:
        trials = await pausing(world, chosen, at_once=2)
    print(*[(trial.shape, trial.fault, trial.status, trial.recovery, trial.was_live) for trial in trials], sep="\n")
    assert not broken(trials)
    assert [trial.fault for trial in trials if trial.hit_at is None] == [], "these pauses did not come"


@pytest.mark.soak
@pytest.mark.timeout(3600)
async def test_a_hundred_workers_resume_after_their_deadline(tmp_path: Path) -> None:
    everything = [(shape, place) for shape in SHAPES for place in PLACES]
    chosen = (everything * (TRIALS // len(everything) + 1))[: max(TRIALS, len(everything))]
    random.Random(SEED).shuffle(chosen)
    async with open_worlds(tmp_path, 8) as world:
        trials = await pausing(world, chosen, at_once=4)
    hit = [trial for trial in trials if trial.hit_at is not None]
    live = sum(trial.was_live for trial in hit)
    measured = {"post was there before the stop": live, "was not": len(hit) - live}
    proof = "worker stopped in mid-publish, woken after another had finished"
    prove("4", proof, trials=len(hit), failures=broken(trials), seed=SEED, measured=measured)
    assert len(hit) >= TRIALS
