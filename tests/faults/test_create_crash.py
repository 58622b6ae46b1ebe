"""Kill -9 of the API at every step of a creation: every 202 is published, once, and a repeated key is one."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.faults.crashes import KINDS, UNSTARTED, Crash, Gallery, Victim, caught_up, worker_back
from tests.faults.evidence import prove, two_sizes
from tests.faults.points import Passage
from tests.faults.sendings import Sending, collect, orphans
from tests.harness.times import p95
from tests.harness.world import QUICK, World, open_world

SEED = 20261206
TRIALS, WORKER_TRIALS = 200, 10
CATCH_UP = 5.0


@pytest.fixture
async def gallery() -> AsyncIterator[Gallery]:
    async with Gallery.opened() as opened:
        yield opened


async def every_crash(victim: Victim) -> list[Crash]:
    """Every passage of every kind repeatedly, and random moments, in a random order."""
    dice = random.Random(SEED)
    places = [(kind, passage) for kind in KINDS for passage in await victim.passages(kind)]
    assert {*UNSTARTED, "api.db.commit.before"} <= {passage.name for _, passage in places}
    crashes = []
    for number in range(TRIALS):
        kind, passage = places[number % len(places)]
        where = dice.uniform(0, 0.08) if number % 4 == 3 else passage
        crashes.append(Crash(number, kind, where, gives_up=dice.random() < 0.2))
    dice.shuffle(crashes)
    return crashes


async def without_worker(victim: Victim, number: int) -> tuple[Sending, float]:
    """Worker and API die together; the post, and when the worker was back."""
    back = asyncio.create_task(worker_back(victim.world))
    await asyncio.sleep(0)
    victim.world.stack.kill("worker")
    sending = await victim.create(Crash(500 + number, "text", Passage(UNSTARTED[number % 2])))
    return sending, await back


@two_sizes(timeout=3600)
async def test_each_post_is_published_once_while_apis_die(
    tmp_path: Path, databases: dict[str, dict[str, str]], gallery: Gallery, large: bool
) -> None:
    """Over each database, two APIs of the large version die repeatedly beside the stack's own."""
    async with AsyncExitStack() as opened:
        worlds = [
            await opened.enter_async_context(open_world(tmp_path / name, QUICK | env))
            for name, env in databases.items()
        ]
        victims = [
            await opened.enter_async_context(Victim.opened(world, gallery, f"own-{number}"))
            for world in worlds
            for number in range(2 if large else 1)
        ]
        places = ["api.db.commit.before", *UNSTARTED]
        few = [Crash(n, KINDS[n], Passage(where), gives_up=n == 0) for n, where in enumerate(places)]
        waiting = iter(await every_crash(victims[0]) if large else few)

        async def dies(victim: Victim) -> list[tuple[World, Sending]]:
            return [(victim.world, await victim.create(crash)) for crash in waiting]

        made = [each for part in await asyncio.gather(*map(dies, victims)) for each in part]
        alone = [sending for _, sending in made]
        behind: list[float] = []
        for number in range(WORKER_TRIALS if large else 1):
            victim = victims[2 * (number % 2) if large else 0]
            sending, back = await without_worker(victim, number)
            made.append((victim.world, sending))
            await collect(victim.world, [sending], within=45)
            behind.append((sending.live_at or back + 999) - back)
        failures = []
        for world in worlds:
            failures += await collect(world, [sending for where, sending in made if where is world])
            failures += await orphans(world, await world.temporal())
    late = caught_up(alone)  # the others waited for the worker: `behind`
    measured = {
        "killed between commit and start": f"{len(late)}, posted p95 {p95(late):.1f} s later",
        "posted after the worker is back p95": f"{p95(behind):.1f} s of {len(behind)}",
    }
    proof = "API killed at every step of a creation, both databases"
    prove("6", proof, trials=len(made), failures=failures, seed=SEED, measured=measured, large=large)
    assert late
    assert p95(late) <= CATCH_UP
    assert p95(behind) <= CATCH_UP
