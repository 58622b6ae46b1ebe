"""Kill -9 of the API at every step of a creation: every 202 is published, once, and a repeated key is one."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from tests.faults.crashes import KINDS, UNTOLD, Crash, Gallery, caught_up, create, passages_of
from tests.faults.evidence import prove
from tests.faults.points import Passage
from tests.faults.sendings import Sending, broken, collect, orphans
from tests.faults.shells import OwnApi, own_api
from tests.faults.trials import p95
from tests.faults.world import QUICK, World, open_world
from tests.support.temporal import connect_to

SEED = 20261206
TRIALS = 200
WORKER_TRIALS = 10
CATCH_UP = 5.0


@pytest.fixture
async def gallery() -> AsyncIterator[Gallery]:
    async with Gallery.opened() as opened:
        yield opened


@asynccontextmanager
async def several(worlds: list[World], count: int) -> AsyncIterator[list[tuple[World, OwnApi]]]:
    """`count` APIs of our own over each world, which work on one database at once."""
    async with AsyncExitStack() as opened:
        yield [
            (world, await opened.enter_async_context(own_api(world.stack, f"own-{number}")))
            for world in worlds
            for number in range(count)
        ]


async def faults_of(world: World, gallery: Gallery, api: OwnApi, count: int) -> list[Crash]:
    """`count` crashes: every passage of every kind again and again, and moments at random, in a random order."""
    dice = random.Random(SEED)
    places = [(kind, passage) for kind in KINDS for passage in await passages_of(world, gallery, api, kind)]
    names = {passage.name for _, passage in places}
    assert {*UNTOLD, "api.db.commit.before"} <= names, names
    crashes = []
    for number in range(count):
        kind, passage = places[number % len(places)]
        at_random = number % 4 == 3
        where = dice.uniform(0, 0.08) if at_random else passage
        crashes.append(Crash(number, kind, where, gives_up=dice.random() < 0.2))
    dice.shuffle(crashes)
    return crashes


async def orphans_of(world: World) -> list[str]:
    """Posts without a workflow and workflows without a post."""
    return await orphans(world, await connect_to(world.stack.temporal))


async def without_worker(world: World, gallery: Gallery, api: OwnApi, number: int) -> tuple[Sending, float]:
    """Worker and API die together; the post, and when the worker was back."""
    back = asyncio.create_task(worker_back(world))
    await asyncio.sleep(0)
    world.stack.kill("worker")
    sending = await create(world, gallery, api, Crash(number, "text", Passage(UNTOLD[number % 2])))
    return sending, await back


async def worker_back(world: World, within: float = 60) -> float:
    """When the worker is ready the next time."""
    log = world.stack.folder / "data" / "logs" / "worker.log"
    started = log.read_text().count("worker ready")
    deadline = time.monotonic() + within
    while log.read_text().count("worker ready") == started:
        assert time.monotonic() < deadline, "the worker did not come back"
        await asyncio.sleep(0.02)
    return time.time()


@pytest.mark.faults
@pytest.mark.timeout(300)
async def test_a_post_is_published_once_or_not_stored_when_the_api_dies_around_the_commit(
    tmp_path: Path, gallery: Gallery
) -> None:
    async with open_world(tmp_path, QUICK) as world, own_api(world.stack, "own") as api:
        places = ["api.db.commit.before", *UNTOLD]
        crashes = [Crash(n, KINDS[n], Passage(where), gives_up=n == 0) for n, where in enumerate(places)]
        sendings = [await create(world, gallery, api, crash) for crash in crashes]
        last, back = await without_worker(world, gallery, api, len(crashes))
        await collect(world, [*sendings, last], within=45)
        print(*sendings, last, sep="\n")
        assert not broken([*sendings, last])
        assert not await orphans_of(world)
        assert max(caught_up(sendings)) <= CATCH_UP
        assert (last.live_at or 0) - back <= CATCH_UP


@pytest.mark.soak
@pytest.mark.timeout(3600)
async def test_each_post_is_published_once_while_apis_die(
    tmp_path: Path, create_database: Callable[[], str], gallery: Gallery
) -> None:
    """Over both databases, two APIs on each die repeatedly beside the stack's own."""
    folder, count, worker_count = tmp_path, TRIALS, WORKER_TRIALS
    databases = {"sqlite": {}, "postgresql": {"MUNADI_DATABASE_URL": create_database()}}
    async with AsyncExitStack() as opened:
        worlds = [
            await opened.enter_async_context(open_world(folder / name, QUICK | env)) for name, env in databases.items()
        ]
        apis = await opened.enter_async_context(several(worlds, 2))
        crashes = await faults_of(*_first(apis, gallery), count)
        waiting = iter(crashes)

        async def dies(world: World, api: OwnApi) -> list[Sending]:
            return [await create(world, gallery, api, crash) for crash in waiting]

        parts = await asyncio.gather(*(dies(*each) for each in apis))
        found = {world.stack.folder: [] for world in worlds}
        for (world, _), part in zip(apis, parts, strict=True):
            found[world.stack.folder] += part
        alone = [sending for part in found.values() for sending in part]
        behind: list[float] = []
        for number in range(worker_count):
            world, api = apis[2 * (number % 2)]
            sending, back = await without_worker(world, gallery, api, 500 + number)
            found[world.stack.folder].append(sending)
            await collect(world, [sending])
            behind.append((sending.live_at or back + 999) - back)
        failures = []
        for world in worlds:
            failures += broken(await collect(world, found[world.stack.folder])) + await orphans_of(world)
    late = caught_up(alone)  # the others waited for the worker, which is told apart
    measured = {
        "killed between commit and start": f"{len(late)}, posted p95 {p95(late):.1f} s later",
        "posted after the worker is back p95": f"{p95(behind):.1f} s of {len(behind)}",
    }
    proof = "API killed at every step of a creation, both databases"
    prove("6", proof, trials=len(alone) + worker_count, failures=failures, seed=SEED, measured=measured)
    assert p95(late) <= CATCH_UP
    assert p95(behind) <= CATCH_UP


def _first(apis: list[tuple[World, OwnApi]], gallery: Gallery) -> tuple[World, Gallery, OwnApi]:
    world, api = apis[0]
    return world, gallery, api
