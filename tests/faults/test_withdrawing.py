"""A live post is taken back while its worker is killed, or the network's answer is lost or an error."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.faults.evidence import FOUND, prove, two_sizes
from tests.faults.points import Passage
from tests.faults.trials import in_batches
from tests.harness.networks import hits, plant
from tests.harness.world import ONLY, QUICK, World, channel_of, open_world

SEED = 20261202
# What is published and taken back, and the operation of its network that removes it.
REMOVALS = {
    "bluesky": "com.atproto.repo.deleteRecord",
    "facebook": "delete_post",
    "linkedin-text": "delete_post",
    "mastodon-text": "delete_status",
    "pinterest": "delete_pin",
    "telegram-text": "deleteMessage",
    "threads-text": "delete_post",
    "x-text": "delete_post",
    "youtube": "delete_video",
}
# Where the worker dies: the intent is alone, the request is out, the answer is lost, it is not yet written, it is
# written and nothing is settled, it is settled and Temporal does not know.
KILLS = (
    "withdrawals.open_attempt.after",
    "channel.{}.withdraw.sent",
    "channel.{}.withdraw.answered",
    "withdrawals.close_attempt.before",
    "withdrawals.close_attempt.after",
    "withdrawals.settle.before",
    "withdrawals.settle.after",
)
NONE, LOST, KEPT, ERROR = "nothing", "accept_then_reset", "reset", "502"
PATIENCE = 150.0


@dataclass
class Removal:
    """One trial: what was taken back, what went wrong at it, and what the network and Munadi say at the end."""

    shape: str
    fault: str
    came: bool = True
    status: str = "never withdrawn"
    is_up: bool | None = None
    other_is_up: bool | None = None
    problem: str = ""

    @property
    def broken(self) -> str:
        """The broken promise as text; empty where all are kept."""
        if self.problem:
            return f"{self}: {self.problem}"
        if self.status == "withdrawn" and self.is_up:
            return f"{self}: reported as withdrawn, and it is there"
        if self.status == "refused" and not self.is_up:
            return f"{self}: reported as refused, and it is gone"
        if not self.other_is_up:
            return f"{self}: another post is gone"
        return "" if self.status == "withdrawn" else f"{self}: it ended as {self.status}"

    def __str__(self) -> str:
        return f"{self.shape}, {self.fault}"


async def trial(world: World, number: int, shape: str, fault: str) -> Removal:
    """Publish two posts in a brand of their own, take one back with that fault, and read the network."""
    found, channel = Removal(shape, fault), channel_of(shape)
    try:
        world = await world.another_brand(f"withdraw-{number}", channel)
        stays, goes = f"it stays {number} {shape}", f"it goes {number} {shape}"
        for text in (stays, goes):
            content = await world.brand.published((await world.submit(shape, text))["id"])
        planted = await planted_at(world, shape, fault, content)
        answer = await world.api.post(f"/v1/contents/{content['id']}/withdraw")
        assert answer.status_code == 202, answer.text
        found.status = await settled(world, content["id"])
        found.came = await planted()
        found.is_up, found.other_is_up = [bool(await world.posts(text, shape)) for text in (goes, stays)]
    except Exception as error:
        found.problem = f"{type(error).__name__}: {error}"
    return found


async def planted_at(world: World, shape: str, fault: str, content: dict[str, Any]) -> Any:
    """Let it go wrong once; what is returned says whether it did."""
    channel, (publication,) = channel_of(shape), content["publications"]
    if fault == NONE:
        return _happened
    if fault in KILLS:
        passage = Passage(f"worker.{fault.format(channel)}")
        killed = world.points.plant(passage, "kill", [publication["id"], publication["accountId"]])
        return lambda: _hit(killed.hit_at)
    more = {"status": 502} if fault == ERROR else {}
    mode = "error" if fault == ERROR else fault
    profile = await world.brand.profile(channel)
    one = await plant(world.sandbox, channel, REMOVALS[shape], mode, profile=profile, **more)

    async def came() -> bool:
        return await hits(world.sandbox, one["id"]) > 0

    return came


async def _happened() -> bool:
    return True


async def _hit(hit_at: Any) -> bool:
    return hit_at() is not None


async def settled(world: World, content_id: str) -> str:
    """The status of the withdrawal once it is an end, or as it is after some time."""
    deadline, status = time.monotonic() + PATIENCE, "withdrawing"
    while status in ("withdrawing", "unconfirmed") and time.monotonic() < deadline:
        await asyncio.sleep(0.3)
        (publication,) = (await world.brand.content(content_id))["publications"]
        status = publication["withdrawal"]["status"]
    return status


def plans(large: bool) -> list[tuple[str, str]]:
    """Every fault at every network, or for each network a lost answer and one of the kills, in turn."""
    shapes = [one for one in REMOVALS if channel_of(one) in os.environ.get(ONLY, channel_of(one)).split(",")]
    faults = (NONE, LOST, KEPT, ERROR, *KILLS)
    if large:
        return [(shape, fault) for shape in shapes for fault in faults]
    found = [(shape, LOST) for shape in shapes]
    return found + [(shape, KILLS[number % len(KILLS)]) for number, shape in enumerate(shapes)]


def by_network(trials: Sequence[Removal]) -> dict[str, dict[str, int]]:
    """Trials and broken promises of each network."""
    return {
        channel_of(shape): dict.fromkeys(FOUND, 0)
        | {
            "trials": sum(one.shape == shape for one in trials),
            "otherwise broken": sum(one.shape == shape and bool(one.broken) for one in trials),
        }
        for shape in dict.fromkeys(one.shape for one in trials)
    }


@two_sizes(timeout=3600)
async def test_a_post_is_withdrawn_for_certain_and_no_other(tmp_path: Path, large: bool) -> None:
    planned = plans(large)
    random.Random(SEED).shuffle(planned)
    scopes = {"MUNADI_CHANNELS__THREADS__WITHDRAWALS": "true"}
    async with open_world(tmp_path, {**QUICK, **scopes}) as world:
        trials = await in_batches(
            list(enumerate(planned)), lambda plan: trial(world, plan[0], *plan[1]), at_once=4 if large else 6
        )
    print(*(f"{one}: {one.status}, came: {one.came}" for one in trials), sep="\n")
    # A kill of the worker meets the other trials too, and may take the place of theirs.
    missed = [str(one) for one in trials if not one.came and not one.problem]
    measured = {"faults that came": f"{len(trials) - len(missed)} of {len(trials)}"}
    prove(
        "33",
        "live posts withdrawn: worker killed at each step, answers lost, errors",
        trials=len(trials),
        failures=[one.broken for one in trials if one.broken],
        seed=SEED,
        measured=measured,
        networks=by_network(trials),
        large=large,
    )
    assert len(missed) <= len(trials) // 4, missed
