"""Brands and accounts are erased while the worker is killed at each step: every erasure ends, and nothing is left."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.test_erasure import GRACE, MARK, marked_picture, places_with_marks, request_erasure, wait_for_end
from tests.e2e.test_secrets import dump, histories
from tests.faults.evidence import prove, two_sizes
from tests.faults.points import Passage
from tests.faults.trials import in_batches
from tests.harness.files import picture
from tests.harness.world import QUICK, World, open_world

SEED = 33
# Calls that name an account and not the erasure, and passages that name nothing.
ON_ACCOUNTS, UNNAMED = (".disconnect.", ".drop_credentials."), (".commit.", ".empty_log.", ".running.")
# How many kills of each kind the small version makes, and at how many commits within a step the large one does.
FEW, COMMITS = 2, 6


@dataclass
class Trial:
    """A brand, or one account of it, that is erased. `marks`: what else must not be found afterwards."""

    world: World
    whole: bool
    account: str
    marks: tuple[str, ...]

    @classmethod
    async def begin(cls, world: World, ref: str, *, whole: bool) -> Trial:
        """A new brand with posts that are live, wait, and are due soon; what must go has the mark."""
        world = await world.another_brand(ref, "bluesky", "mastodon")
        brand, mark = world.brand, MARK if whole else "kept"
        media = await brand.upload(marked_picture() if whole else picture(), f"{mark}.png", alt=mark)
        both = ["bluesky", {"channel": "mastodon", "text": f"{MARK}-mastodon-{ref}"}]
        live = await brand.submit(f"{mark}-live-{ref}", channels=both, media=[media])
        await brand.submit(f"{mark}-later-{ref}", channels=both, seconds=86_400)
        await brand.submit(f"{MARK}-waits-{ref}", channels=["mastodon"], seconds=86_400)
        await brand.submit(f"{MARK}-soon-{ref}", channels=["mastodon"], seconds=20)
        await brand.published(live["id"])
        account = await brand.account("mastodon")
        return cls(world, whole, account["id"], (account["handle"], account["externalId"]))

    async def erase(self, passage: Passage | None) -> bool:
        """Erase it, and let the worker die there. Whether it did."""
        brand, points, plant = self.world.brand, self.world.points, None
        path, confirm = f"/v1/brands/{brand.ref}", brand.ref
        if not self.whole:
            path, confirm = f"/v1/accounts/{self.account}/data", self.account
        if passage is not None and any(part in passage.name for part in ON_ACCOUNTS):
            plant = points.plant(passage, "kill", [self.account])
        erasure_id = await request_erasure(brand, path, confirm)
        if passage is not None and plant is None:
            is_unnamed = any(part in passage.name for part in UNNAMED)
            plant = points.plant(passage, "kill", [] if is_unnamed else [erasure_id])
        erasure = await wait_for_end(brand, erasure_id, within=200)
        assert erasure["counts"]["publications"] == (6 if self.whole else 4)
        was_killed = plant is not None and plant.hit_at() is not None
        if plant is not None:
            plant.remove()
        return was_killed

    async def problems(self) -> list[str]:
        """What is wrong at the networks: what was live stays, once, and what waited is not published."""
        text = f"{MARK if self.whole else 'kept'}-live-{self.world.brand.ref}"
        live = len(await self.world.posts(text, "bluesky"))
        waiting = [
            await self.world.posts(f"{MARK}-{kind}-{self.world.brand.ref}", "mastodon") for kind in ("waits", "soon")
        ]
        return [f"{text}: {live} times"] * (live != 1) + [f"published: {posts}" for posts in waiting if posts]


async def every_passage(world: World) -> list[Passage]:
    """Where an erasure calls its store, each point once, and commits between them."""
    trial = await Trial.begin(world, "first", whole=True)
    world.points.record(True)
    await trial.erase(None)
    world.points.record(False)
    names = dict.fromkeys(one.name for one in world.points.every() if one.name.startswith("worker.erasures."))
    steps = ("disconnect", "erase_posts", "forgot", "erase_rest", "remove_files", "finish", "empty_log", "end")
    assert {f"worker.erasures.{step}.{side}" for step in steps for side in ("before", "after")} <= set(names)
    commits = [Passage(f"worker.db.commit.{side}", skip) for skip in range(COMMITS) for side in ("before", "after")]
    return [Passage(name) for name in names] + commits


async def kill_at_each(folder: Path, env: dict[str, str], *, large: bool) -> tuple[list[Passage], Sequence[str]]:
    """Erase a brand and an account at each passage. Where the worker died, and what is wrong at the end."""
    url = env.get("MUNADI_DATABASE_URL")
    async with open_world(folder, QUICK | GRACE | env, channels=("bluesky",)) as world:
        passages = await every_passage(world)
        random.Random(SEED).shuffle(passages)
        planned = [(one, whole) for whole in (True, False) for one in (passages if large else passages[:FEW])]

        async def erase(plan: tuple[int, tuple[Passage, bool]]) -> tuple[Trial, bool]:
            number, (passage, whole) = plan
            trial = await Trial.begin(world, f"erased-{number}", whole=whole)
            return trial, await trial.erase(passage)

        ended = await in_batches(enumerate(planned), erase, at_once=8)
        died = [passage for (passage, _), (_, has_died) in zip(planned, ended, strict=True) if has_died]
        marks = [mark for trial, _ in ended for mark in trial.marks]
        found = [problem for trial, _ in ended for problem in await trial.problems()]
        await world.brand.published((await world.brand.submit("as before"))["id"])
        found += places_with_marks(folder, *marks, histories=await histories(world.stack))
    found += places_with_marks(folder, *marks, dump=dump(url) if url is not None else b"")
    return died, found


@two_sizes(timeout=3600)
async def test_an_erasure_ends_though_its_worker_is_killed(
    tmp_path: Path, databases: dict[str, dict[str, str]], large: bool
) -> None:
    died, found = list[Passage](), list[str]()
    for name, env in databases.items():
        died_here, found_here = await kill_at_each(tmp_path / name, env, large=large)
        died += died_here
        found += [f"{name}: {problem}" for problem in found_here]
    kinds = len({one.name for one in died})
    assert kinds >= (1 if not large else 12), f"the worker died at {died} alone"
    measured = {"kinds of points": kinds, "databases": len(databases)}
    proof = "brands and accounts erased, the worker killed at each step, everything searched"
    prove("37", proof, trials=len(died), failures=found, seed=SEED, measured=measured, large=large)
