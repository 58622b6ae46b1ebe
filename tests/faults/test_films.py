"""A film is converted for one post while others fall due: neither is late because of it."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

from tests.faults.evidence import prove, two_sizes
from tests.harness.brand import until
from tests.harness.times import p95, rank
from tests.harness.world import World, open_plain
from tests.support.films import feature

# Seconds between two of the other posts.
EVERY = 0.5
# What others' posts may be later than without a film, and what two runs of the same posts differ by anyway.
SHARE, NOISE = 1.1, 0.003


async def others(world: World, name: str, count: int) -> list[float]:
    """The lateness in seconds of that many posts to Bluesky, one after the other."""
    first = time.time() + 5
    made = await world.brand.submit_all({f"{name} {n}": first + n * EVERY for n in range(count)})
    ended = [await world.brand.published(one["id"], 60 + count) for one in made.values()]
    return [one["publications"][0]["latenessMs"] / 1000 for one in ended]


async def film_of(world: World, post: dict[str, Any]) -> dict[str, Any]:
    """What is known of the converted film of a post."""
    [found] = (await world.brand.content(post["id"]))["publications"][0]["renditions"]
    rendition: dict[str, Any] = found
    return rendition


@two_sizes(timeout=2400)
async def test_a_film_is_converted_and_no_post_is_late(tmp_path: Path, large: bool) -> None:
    seconds, count = (600, 200) if large else (20, 30)
    film = await asyncio.to_thread(feature, tmp_path / "film.avi", seconds)
    # A minute in reserve, what a slow machine may take, and what Instagram itself needs (munadi/intake/fitting.py).
    ahead = 60 + 1.45 * seconds + 200
    async with open_plain(tmp_path, channels=("bluesky", "instagram")) as world:
        await others(world, "warm", 10)
        without = await others(world, "without", count)
        file = await world.brand.upload(film.read_bytes(), film.name)
        # The small one is for now, and late by as long as its film takes.
        when, begun = ahead if large else None, time.time()
        post = await world.brand.submit("the film", seconds=when, channels=["instagram"], media=[file], fit="convert")

        async def is_converting() -> bool:
            return (await film_of(world, post))["status"] == "converting"

        await until(is_converting, ahead)
        beside = await others(world, "beside", count)
        still = (await film_of(world, post))["status"] if large else "converting"
        ended = await world.brand.published(post["id"], 2 * ahead)
        taken = time.time() - begun
        listed = await world.posts("the film", "instagram")
    late = ended["publications"][0]["latenessMs"] / 1000
    failures = [] if len(listed) == 1 else [f"{len(listed)} posts with the film"]
    failures += [f"{still} before the other posts were out: nothing was compared"] if still != "converting" else []
    failures += [f"the film was {late:.1f} s late"] if large and late > 1 else []
    for share in (0.5, 0.95):
        alone, now = rank(without, share), rank(beside, share)
        if large and now > SHARE * alone + NOISE:
            failures.append(f"at {share:.0%} the others were {now * 1000:.0f} ms late, {alone * 1000:.0f} without")
    measured = {
        "film": f"{seconds} s, {film.stat().st_size / 1e6:.0f} MB",
        "film late": f"{late:.2f} s",
        "submitted to published": f"{taken:.0f} s",
        "others p50 without": f"{rank(without, 0.5) * 1000:.1f} ms",
        "others p50 beside": f"{rank(beside, 0.5) * 1000:.1f} ms",
        "others p95 without": f"{p95(without) * 1000:.1f} ms",
        "others p95 beside": f"{p95(beside) * 1000:.1f} ms",
    }
    proof = "a film is converted while others' posts fall due"
    prove("40", proof, trials=len(beside) + 1, failures=failures, measured=measured, large=large)
