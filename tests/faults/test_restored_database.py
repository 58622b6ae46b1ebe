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
from typing import Any

import pytest

from tests.e2e.brand import Brand
from tests.e2e.stack import MUNADI, Stack
from tests.faults.evidence import prove
from tests.faults.trials import Trial, broken, judge
from tests.faults.world import KEYLESS, QUICK, SHAPES, World, open_world

# TikTok's posts have no other key than what the database forgot: they wait for a person.
KEY_IS_LOST = frozenset({"tiktok", "tiktok-photo"})


async def published_then_forgotten(world: World, shapes: Sequence[str]) -> list[Trial]:
    """Publish a post of each shape after the backup, then restore the backup."""
    trials = [Trial(shape, "database restored", f"restored {n} {shape}") for n, shape in enumerate(shapes)]
    contents = [await world.prepare(trial.shape, trial.text) for trial in trials]
    since = datetime.now(UTC)
    data = world.stack.folder / "data"
    with closing(sqlite3.connect(data / "munadi.db")) as live, closing(sqlite3.connect(data / "backup.db")) as copy:
        live.backup(copy)
    for trial, content in zip(trials, contents, strict=True):
        trial.content_id = content["id"]
        await world.publish_now(content)
    for trial in trials:
        await judge(world, trial)
    assert not broken(trials)

    def put_back() -> None:
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

    world.stack.restart(put_back)
    return trials


async def publish_again(stack: Stack, world: World, trials: list[Trial]) -> None:
    """Publish every post now, as if it had not been published."""
    async with stack.client() as api, stack.sandbox() as sandbox:
        world.api, world.sandbox = api, sandbox
        world.brand = Brand(api, sandbox, world.brand.ref)
        for trial in trials:
            content: dict[str, Any] = (await api.get(f"/v1/contents/{trial.content_id}")).json()
            assert content["status"] in ("accepted", "queued"), "the backup is not what was put back"
            await world.publish_now(content)
        for trial in trials:
            await judge(world, trial, keyless=KEYLESS | KEY_IS_LOST)


def verdicts(trials: list[Trial]) -> list[str]:
    """What is wrong; a network whose key is lost may leave it to a person."""
    allowed = [t for t in trials if t.shape in KEY_IS_LOST and t.status == "unconfirmed" and len(t.network_ids) == 1]
    return broken(trial for trial in trials if trial not in allowed)


async def restored(folder: Path, shapes: Sequence[str]) -> list[Trial]:
    async with open_world(folder, QUICK) as world:
        trials = await published_then_forgotten(world, shapes)
        await publish_again(world.stack, world, trials)
    print(*[(trial.shape, trial.status, trial.network_ids, trial.post_id) for trial in trials], sep="\n")
    return trials


@pytest.mark.faults
@pytest.mark.timeout(300)
async def test_posts_that_the_database_lost_are_not_published_again(tmp_path: Path) -> None:
    trials = await restored(tmp_path, ["bluesky", "instagram", "threads-text", "facebook-reel", "tiktok", "youtube"])
    assert not verdicts(trials)
    assert {trial.status for trial in trials if trial.shape not in KEY_IS_LOST} == {"published"}


@pytest.mark.soak
@pytest.mark.timeout(900)
async def test_fifty_posts_that_the_database_lost_are_not_published_again(tmp_path: Path) -> None:
    trials = await restored(tmp_path, [*SHAPES] * 5)
    waiting = sum(trial.status == "unconfirmed" for trial in trials)
    measured = {"told as published": len(trials) - waiting, "left to a person (key lost)": waiting}
    proof = "database restored from before the publishes"
    prove("15", proof, trials=len(trials), failures=verdicts(trials), measured=measured)
