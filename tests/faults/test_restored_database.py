"""The database is restored from before some posts: none is published again, and each is reported as published."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from tests.faults.evidence import prove, two_sizes
from tests.faults.trials import Trial, broken, judge
from tests.harness.brand import Brand
from tests.harness.stack import MUNADI
from tests.harness.world import KEYLESS, QUICK, SHAPES, World, open_world

# TikTok's posts have no other key than what the database lost: they wait for a person.
KEY_IS_LOST = frozenset({"tiktok", "tiktok-photo"})


async def publish_then_restore(world: World, shapes: Sequence[str]) -> list[Trial]:
    """Publish a post of each shape after the backup, then restore the backup."""
    trials = [Trial(shape, "database restored", f"restored {n} {shape}") for n, shape in enumerate(shapes)]
    contents = [await world.prepare(trial.shape, trial.text) for trial in trials]
    since = datetime.now(UTC)
    data = world.stack.data
    with closing(world.database()) as live, closing(sqlite3.connect(data / "backup.db")) as copy:
        live.backup(copy)
    for trial, content in zip(trials, contents, strict=True):
        trial.content_id = content["id"]
        await world.publish_now(content)
    for trial in trials:
        await judge(world, trial)
    assert not broken(trials)

    def restore() -> None:
        for left in data.glob("munadi.db*"):
            left.unlink()
        shutil.copy(data / "backup.db", data / "munadi.db")
        marked = subprocess.run(
            [MUNADI, "db", "restored", "--since", since.isoformat()],
            env={**os.environ, "MUNADI_DATA_DIR": str(data)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert f"{len(shapes)} publications will be checked at their networks" in marked.stdout

    world.stack.restart(restore)
    return trials


async def publish_again(world: World, trials: list[Trial]) -> None:
    """Publish every post now, as if it had not been published."""
    async with world.stack.client() as api, world.stack.sandbox() as sandbox:
        world.api, world.sandbox, world.brand = api, sandbox, Brand(api, sandbox, world.brand.ref)
        for trial in trials:
            content = await world.brand.content(trial.content_id)
            assert content["status"] in ("accepted", "queued"), "the backup was not restored"
            await world.publish_now(content)
        for trial in trials:
            await judge(world, trial, keyless=KEYLESS | KEY_IS_LOST)


def waits_for_a_person(trial: Trial) -> bool:
    """Allowed where the network's key is lost: the post is there once, and unconfirmed."""
    return trial.shape in KEY_IS_LOST and trial.status == "unconfirmed" and len(trial.network_ids) == 1


@two_sizes(timeout=900)
async def test_posts_that_the_database_lost_are_not_published_again(tmp_path: Path, large: bool) -> None:
    few = ["bluesky", "instagram", "threads-text", "facebook-reel", "mastodon", "mastodon-text", "tiktok", "youtube"]
    async with open_world(tmp_path, QUICK) as world:
        trials = await publish_then_restore(world, [*SHAPES] * 5 if large else few)
        await publish_again(world, trials)
    print(*trials, sep="\n")
    waiting = sum(trial.status == "unconfirmed" for trial in trials)
    measured = {"reported as published": len(trials) - waiting, "left to a person (key lost)": waiting}
    failures = broken(trial for trial in trials if not waits_for_a_person(trial))
    proof = "database restored from before the publishes"
    prove("15", proof, trials=len(trials), failures=failures, measured=measured, large=large)
    assert {trial.status for trial in trials if trial.shape not in KEY_IS_LOST} == {"published"}
