"""One trial: a post, one fault while it is published, and what the network and the API show in the end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

from tests.faults.evidence import FOUND
from tests.faults.points import Passage
from tests.harness.brand import Brand
from tests.harness.networks import VISIBLE
from tests.harness.networks import calls as calls_of
from tests.harness.times import epoch
from tests.harness.world import KEYLESS, World, channel_of

Given = TypeVar("Given")
Made = TypeVar("Made")
PATIENCE = 240.0
# The network and the failpoint write their times in different processes, within the same answer.
TICK = 0.02


@dataclass
class Trial:
    """What was done to a post of `shape`, and what came of it. Times are seconds since the epoch."""

    shape: str
    fault: str
    text: str
    content_id: str = ""
    hit_at: float | None = None
    ended_at: float = 0.0
    status: str = ""
    post_id: str | None = None
    network_ids: tuple[str, ...] = ()
    live_at: float | None = None
    early: bool = False
    late_calls: int = 0  # visible calls by a worker whose time was over
    trouble: str | None = None  # why it could not be judged

    @property
    def recovery(self) -> float | None:
        """Seconds from the fault until the post had ended."""
        return self.ended_at - self.hit_at if self.hit_at is not None else None

    @property
    def was_live(self) -> bool:
        """Whether the post was there already when the fault came, so that it had only to be found."""
        return self.hit_at is not None and self.live_at is not None and self.live_at <= self.hit_at + TICK

    def verdict(self) -> str | None:
        """What promise was broken, or None."""
        if self.trouble is not None:
            return f"not judged: {self.trouble}"
        if len(self.network_ids) > 1:
            return f"doubled: {self.network_ids}"
        if self.early:
            return "early"
        if self.late_calls:
            return f"called {self.late_calls} times after its time"
        if self.shape in KEYLESS and self.status == "unconfirmed":
            return None
        if not self.network_ids:
            return f"lost: {self.status}, nothing at the network"
        if self.status != "published":
            return f"live, but {self.status}"
        if self.post_id is not None and self.post_id != self.network_ids[0]:
            return f"wrong id: {self.post_id}, not {self.network_ids[0]}"
        return None

    def __str__(self) -> str:
        took = "–" if self.recovery is None else f"{self.recovery:.1f} s"
        return f"{self.shape} {self.fault} ({self.text}): {self.status} after {took}, {self.verdict() or 'as promised'}"


async def judge(world: World, trial: Trial, *, patience: float = PATIENCE, keyless: Collection[str] = KEYLESS) -> Trial:
    """Wait until the post has ended, then read the network.

    Unconfirmed is an end only where the network cannot be searched by a key (`keyless` shapes). Elsewhere the network
    is checked again, and the post is sent if it is not there.
    """
    if trial.shape in keyless:
        content = await world.brand.ended(trial.content_id, patience)
    else:
        content = await for_good(world.brand, trial.content_id, patience)
    trial.ended_at = time.time()
    publication = content["publications"][0]
    trial.status, trial.post_id = publication["status"], publication["providerPostId"]
    trial.early = publication["latenessMs"] is not None and publication["latenessMs"] < 0
    posts = await world.posts(trial.text, trial.shape)
    trial.network_ids = tuple(post["id"] for post in posts)
    trial.live_at = min((epoch(post["createdAt"]) for post in posts), default=None)
    return trial


async def for_good(brand: Brand, content_id: str, patience: float = PATIENCE) -> dict[str, Any]:
    """The post once it has an end other than unconfirmed, or as it is after `patience` seconds."""
    deadline = time.monotonic() + patience
    content = await brand.ended(content_id, patience)
    while content["status"] == "unconfirmed" and time.monotonic() < deadline:
        await asyncio.sleep(0.5)
        content = await brand.ended(content_id, patience)
    return content


async def visible_calls(world: World, shape: str, profile: str = "") -> int:
    """How often the brand's account made the call that followers see."""
    channel = channel_of(shape)
    profile = profile or await world.brand.profile(channel)
    return len(await calls_of(world.sandbox, channel, VISIBLE[shape], profile))


async def at_passage(
    world: World, shape: str, passage: Passage, text: str, *, keyless: Collection[str] = KEYLESS
) -> Trial:
    """Kill the worker where this post passes, and wait for the end.

    An error in one trial is that trial's failure, so that the others still run.
    """
    trial = Trial(shape, f"kill at {passage}", text)
    try:
        content = await world.prepare(shape, text)
        trial.content_id = content["id"]
        # By post and publication: many trials share an account, whose passages would hit another trial's post.
        plant = world.points.plant(passage, "kill", [content["id"], content["publications"][0]["id"]])
        await world.publish_now(content)
        try:
            await judge(world, trial, keyless=keyless)
        finally:
            plant.remove()
        trial.hit_at = plant.hit_at()
    except (AssertionError, httpx.HTTPError) as error:
        trial.trouble = f"{trial.content_id} {type(error).__name__}: {str(error)[:500]}"
    return trial


async def passages_of(world: World, shape: str, text: str) -> list[Passage]:
    """Every failpoint that a post of this shape passes without faults."""
    content = await world.prepare(shape, text)
    world.points.record(True)
    await world.publish_now(content)
    ended = await world.brand.published(content["id"])
    world.points.record(False)
    return world.points.passages([content["id"], ended["publications"][0]["id"]])


async def in_batches(
    given: Iterable[Given], run: Callable[[Given], Coroutine[Any, Any, Made]], at_once: int
) -> list[Made]:
    """What `run` returns for each, at most `at_once` at a time."""
    gate = asyncio.Semaphore(at_once)

    async def one(each: Given) -> Made:
        async with gate:
            return await run(each)

    return list(await asyncio.gather(*(one(each) for each in given)))


def by_network(trials: Iterable[Trial]) -> dict[str, dict[str, int]]:
    """What came of the trials over each network. `unconfirmed` is an end that is allowed where a post has no key."""
    counted: dict[str, dict[str, int]] = {}
    for trial in sorted(trials, key=lambda one: channel_of(one.shape)):
        row = counted.setdefault(channel_of(trial.shape), dict.fromkeys(FOUND, 0))
        verdict = trial.verdict() or ""
        kind = verdict.partition(":")[0]
        row["trials"] += 1
        row["unconfirmed"] += trial.status == "unconfirmed"
        if verdict:
            row[kind if kind in FOUND else "otherwise broken"] += 1
    return counted


def broken(trials: Iterable[Trial]) -> list[str]:
    """Every broken promise as text; an empty list is success."""
    return [str(trial) for trial in trials if trial.verdict()]
