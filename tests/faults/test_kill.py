"""Row 1: kill -9 of the worker at every failpoint of the publish path, over six channels."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.faults.points import Passage
from tests.faults.trials import at_passage, broken, in_batches, passages_of
from tests.faults.world import QUICK, SHAPES, World, open_world

SEED = 20261125


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path, QUICK) as opened:
        yield opened


async def every_passage(world: World) -> list[tuple[str, Passage]]:
    """All failpoints of all shapes, as one undisturbed publish of each passes them."""
    return [
        (shape, passage)
        for shape in SHAPES
        for passage in await passages_of(world, shape, f"passages of {shape}")
        if not passage.name.startswith("worker.tokens.")  # told by account: not of one story
    ]


# What matters most, on each network: the answer is lost, the intent is alone, the outcome is not yet written.
ALWAYS = ("publish.answered", "publish.gate.after", "open_attempt.after", "ledger.settle.before")


@pytest.mark.timeout(400)
async def test_killed_at_failpoints_of_every_channel_each_post_is_there_once(world: World) -> None:
    chance = random.Random(SEED)
    passages = await every_passage(world)
    some = [(shape, passage) for shape, passage in passages if passage.name.endswith(ALWAYS) and not passage.skip]
    chosen = chance.sample(some, 14)
    trials = await in_batches(
        [at_passage(world, shape, passage, f"kill {n} {shape}") for n, (shape, passage) in enumerate(chosen)], 7
    )
    for trial in trials:
        print(trial.shape, trial.fault, trial.status, trial.recovery, trial.was_live)
    assert not broken(trials)
    assert sum(trial.hit_at is not None for trial in trials) >= 12, "the faults did not come"
