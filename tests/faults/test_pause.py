"""A worker is stopped (SIGSTOP) in the middle of a publish, another worker continues, then it resumes (SIGCONT)."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.faults.evidence import prove, two_sizes
from tests.faults.points import Passage
from tests.faults.trials import PATIENCE, Trial, broken, in_batches, judge, visible_calls
from tests.harness.world import QUICK, SHAPES, World, channel_of, open_world

SEED = 20261125
TRIALS = 100
# Before the intent, before the gate (the epoch is ours, no byte is out), between the gate and the first byte, after the
# bytes, and with the answer in hand.
PLACES = (
    "attempts.claim.before",
    "attempts.claim.after",
    "publish.gate.after",
    "publish.sent",
    "publish.answered",
)
SOME = (PLACES[0], PLACES[1], PLACES[2], PLACES[4])
# Between the gate and the first byte nothing of ours can stop it; what it sends then, the network's own key must hide.
OPEN = "publish.gate.after"
# What a resumed worker does, it does within this many seconds.
AWAKE = 2.0
Plan = tuple[int, tuple[str, str]]


async def paused(world: World, plan: Plan) -> Trial:
    """Pause the worker that passes a place, let the post end elsewhere, resume it, and read the network again.

    A brand of its own, so that the calls of its account are this trial's. Posts alone would not show a late call: most
    networks have a key (a record's, a container's, an upload's) by which a second call makes no second post.
    """
    number, (shape, place) = plan
    port = f"channel.{channel_of(shape)}." if place.startswith("publish.") else ""
    passage = Passage(f"worker.{port}{place}")
    trial = Trial(shape, f"paused at {passage}", f"pause {number} {shape}")
    world = await world.another_brand(f"pause-{number}", channel_of(shape))
    content = await world.prepare(shape, trial.text)
    trial.content_id = content["id"]
    plant = world.points.plant(passage, "pause", [content["id"], content["publications"][0]["id"]])
    await world.publish_now(content)
    try:
        trial.hit_at = await plant.hit(PATIENCE)
        await judge(world, trial)
        if trial.verdict() is not None:
            return trial  # broken already; the rest would hide it
        before = await visible_calls(world, shape)
    finally:
        plant.remove()
        if (pid := plant.pid()) is not None:
            os.kill(pid, signal.SIGCONT)
    await asyncio.sleep(AWAKE)
    ended_at = trial.ended_at
    await judge(world, trial)
    trial.ended_at = ended_at
    trial.late_calls = 0 if place == OPEN else await visible_calls(world, shape) - before
    return trial


@two_sizes(timeout=3600)
async def test_a_worker_that_resumes_after_its_deadline_sends_nothing(
    tmp_path: Path, large: bool, request: pytest.FixtureRequest
) -> None:
    # The watchdog would end a worker that resumes late; here the deadline gate has to stop it.
    # Each worker's relay writes in its rounds. The stopped one may be within that transaction, or get the turn for it
    # while it is stopped; on SQLite all writers would wait for it then.
    settings = {**QUICK, "MUNADI_WATCHDOG": "0", "MUNADI_RELAY__INTERVAL": "60"}
    if large:
        # Another post of the stopped worker may be within a transaction. On SQLite that would stop all writers, and so
        # the trial's own post, until the worker resumes; on PostgreSQL it stops that other post.
        settings["MUNADI_DATABASE_URL"] = request.getfixturevalue("create_database")()
        everything = [(shape, place) for shape in SHAPES for place in PLACES]
        plans = everything * -(-TRIALS // len(everything))
        random.Random(SEED).shuffle(plans)
    else:
        plans = list(zip(("bluesky", "instagram", "threads", "facebook"), SOME, strict=True))
    async with open_world(tmp_path, settings) as world, AsyncExitStack() as more:
        # A paused worker still receives work until its polls end, and each such task costs its timeout: most workers
        # must run for a trial to end soon.
        for number in range(8 if large else 4):
            await more.enter_async_context(world.stack.another_worker(f"worker-{number}"))
        # One by one on SQLite: a worker that is stopped for one post may be within a transaction for another. Then it
        # keeps all writers waiting until it resumes.
        trials = await in_batches(enumerate(plans), lambda plan: paused(world, plan), at_once=4 if large else 1)
    print(*trials, sep="\n")
    hit = [trial for trial in trials if trial.hit_at is not None]
    live = sum(trial.was_live for trial in hit)
    measured = {"post was there before the stop": live, "was not": len(hit) - live}
    proof = "worker stopped in mid-publish, woken after another had finished"
    prove("4", proof, trials=len(hit), failures=broken(trials), seed=SEED, measured=measured, large=large)
    assert len(hit) >= (TRIALS if large else len(trials)), "some pauses did not come"
