"""A live post is edited while its worker is killed, or the network's answer is lost or an error."""

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

SEED = 20261203
# What is published and edited, and the operation of its network that changes it.
EDITS = {
    "facebook": "edit_post",
    "linkedin-text": "edit_post",
    "mastodon-text": "edit_status",
    "telegram-text": "editMessageText",
}
# Where the worker dies: the intent is alone, the request is out, the answer is lost, it is not yet written, it is
# written and nothing is settled, it is settled and Temporal does not know.
KILLS = (
    "edits.open_attempt.after",
    "channel.{}.edit.sent",
    "channel.{}.edit.answered",
    "edits.close_attempt.before",
    "edits.close_attempt.after",
    "edits.settle.before",
    "edits.settle.after",
)
NONE, LOST, KEPT, ERROR = "nothing", "accept_then_reset", "reset", "502"
PATIENCE = 150.0


@dataclass
class Edit:
    """One trial: what was edited, what went wrong at it, and what the network and Munadi say at the end."""

    shape: str
    fault: str
    came: bool = True
    status: str = "never edited"
    has_new: int = 0
    has_old: int = 0
    others: int = 0
    problem: str = ""

    @property
    def broken(self) -> str:
        """The broken promise as text; empty where all are kept."""
        if self.problem:
            return f"{self}: {self.problem}"
        if self.status == "edited" and not self.has_new:
            return f"{self}: reported as edited, and it is not"
        if self.status == "refused" and self.has_new:
            return f"{self}: reported as refused, and it is edited"
        if self.others != 1 or self.has_new + self.has_old != 1:
            return f"{self}: another post was changed, or there is one more"
        return "" if self.status == "edited" else f"{self}: it ended as {self.status}"

    def __str__(self) -> str:
        return f"{self.shape}, {self.fault}"


async def trial(world: World, number: int, shape: str, fault: str) -> Edit:
    """Publish two posts in a brand of their own, edit one with that fault, and read the network."""
    found, channel = Edit(shape, fault), channel_of(shape)
    try:
        world = await world.another_brand(f"edit-{number}", channel)
        stays, before, after = (f"it {words} {number} {shape}" for words in ("stays", "was", "is now"))
        for text in (stays, before):
            content = await world.brand.published((await world.submit(shape, text))["id"])
        planted = await planted_at(world, shape, fault, content)
        (publication,) = content["publications"]
        answer = await world.api.post(f"/v1/publications/{publication['id']}/edit", json={"text": after})
        assert answer.status_code == 202, answer.text
        found.status = await settled(world, content["id"])
        found.came = await planted()
        found.has_new, found.has_old, found.others = [
            len(await world.posts(text, shape)) for text in (after, before, stays)
        ]
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
    one = await plant(world.sandbox, channel, EDITS[shape], mode, profile=profile, **more)

    async def came() -> bool:
        return await hits(world.sandbox, one["id"]) > 0

    return came


async def _happened() -> bool:
    return True


async def _hit(hit_at: Any) -> bool:
    return hit_at() is not None


async def settled(world: World, content_id: str) -> str:
    """The status of the edit once it is an end, or as it is after some time."""
    deadline, status = time.monotonic() + PATIENCE, "editing"
    while status in ("editing", "unconfirmed") and time.monotonic() < deadline:
        await asyncio.sleep(0.3)
        (publication,) = (await world.brand.content(content_id))["publications"]
        status = publication["edits"][-1]["status"]
    return status


def plans(large: bool) -> list[tuple[str, str]]:
    """Every fault at every network, or for each network a lost answer and one of the kills, in turn."""
    shapes = [one for one in EDITS if channel_of(one) in os.environ.get(ONLY, channel_of(one)).split(",")]
    if large:
        return [(shape, fault) for shape in shapes for fault in (NONE, LOST, KEPT, ERROR, *KILLS)]
    found = [(shape, LOST) for shape in shapes]
    return found + [(shape, KILLS[number % len(KILLS)]) for number, shape in enumerate(shapes)]


def by_network(trials: Sequence[Edit]) -> dict[str, dict[str, int]]:
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
async def test_a_post_is_edited_for_certain_and_no_other(tmp_path: Path, large: bool) -> None:
    planned = plans(large)
    random.Random(SEED).shuffle(planned)
    async with open_world(tmp_path, QUICK) as world:
        trials = await in_batches(
            list(enumerate(planned)), lambda plan: trial(world, plan[0], *plan[1]), at_once=4 if large else 6
        )
    print(*(f"{one}: {one.status}, came: {one.came}" for one in trials), sep="\n")
    # A kill of the worker meets the other trials too, and may take the place of theirs.
    missed = [str(one) for one in trials if not one.came and not one.problem]
    prove(
        "34",
        "live posts edited: worker killed at each step, answers lost, errors",
        trials=len(trials),
        failures=[one.broken for one in trials if one.broken],
        seed=SEED,
        measured={"faults that came": f"{len(trials) - len(missed)} of {len(trials)}"},
        networks=by_network(trials),
        large=large,
    )
    assert len(missed) <= len(trials) // 4, missed
