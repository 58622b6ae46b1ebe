"""Trials on what is live: a fault is planted at the one request that changes a post, and the outcome is awaited."""

from __future__ import annotations

import asyncio
import os
import random
import time
import traceback
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Protocol

import httpx

from tests.faults.evidence import FOUND, prove
from tests.faults.points import Passage
from tests.harness.networks import hits, plant
from tests.harness.world import KEYLESS, ONLY, World, channel_of

NONE, LOST, KEPT, ERROR = "nothing", "accept_then_reset", "reset", "502"
PATIENCE = 150.0


class LiveTrial(Protocol):
    """One trial at a post of `shape`. `came`: the fault did; `problem`: why it could not be judged."""

    shape: str
    came: bool
    status: str
    problem: str

    @property
    def broken(self) -> str:
        """The broken promise as text; empty where all are kept."""
        ...


def kills(store: str, operation: str) -> tuple[str, ...]:
    """Where the worker dies: only the intent is recorded; the request is out; its answer is lost; it is about to be
    recorded; it is recorded; the result is about to be; Temporal does not know the result yet."""
    return (
        f"{store}.open_attempt.after",
        f"channel.{{}}.{operation}.sent",
        f"channel.{{}}.{operation}.answered",
        f"{store}.close_attempt.before",
        f"{store}.close_attempt.after",
        f"{store}.settle.before",
        f"{store}.settle.after",
    )


def plans(shapes: Iterable[str], kills: Sequence[str], seed: int, *, large: bool) -> list[tuple[int, tuple[str, str]]]:
    """Every fault at every network, or for each network a lost answer and one of the kills, in turn; numbered, and
    shuffled by `seed`."""
    chosen = [one for one in shapes if channel_of(one) in os.environ.get(ONLY, channel_of(one)).split(",")]
    if large:
        found = [(shape, fault) for shape in chosen for fault in (NONE, LOST, KEPT, ERROR, *kills)]
    else:
        found = [(shape, LOST) for shape in chosen]
        found += [(shape, kills[number % len(kills)]) for number, shape in enumerate(chosen)]
    random.Random(seed).shuffle(found)
    return list(enumerate(found))


async def live_post(world: World, shape: str, text: str) -> dict[str, Any]:
    """A published post whose text begins with `text`, before a fault is planted for it.

    The kill of another trial may leave it `unconfirmed` where the network has no key to find it by. Then there is
    another one, with a text of its own."""
    content: dict[str, Any] = {}
    for number in range(3):
        content = await world.brand.ended((await world.submit(shape, f"{text}, {number}"))["id"])
        if content["status"] != "unconfirmed" or shape not in KEYLESS:
            break
    assert content["status"] == "published", content
    return content


async def planted_at(
    world: World, shape: str, fault: str, operation: str, content: Mapping[str, Any]
) -> Callable[[], Awaitable[bool]]:
    """Let the request go wrong once, by a kill of the worker or at the network's `operation`. What is returned says
    whether it did."""
    channel, (publication,) = channel_of(shape), content["publications"]
    if fault == NONE:
        return _happened
    if fault not in (LOST, KEPT, ERROR):
        passage = Passage(f"worker.{fault.format(channel)}")
        killed = world.points.plant(passage, "kill", [publication["id"], publication["accountId"]])

        async def hit() -> bool:
            return killed.hit_at() is not None

        return hit
    profile = await world.brand.profile(channel)
    mode, more = ("error", {"status": 502}) if fault == ERROR else (fault, {})
    one = await plant(world.sandbox, channel, operation, mode, profile=profile, **more)

    async def came() -> bool:
        return await hits(world.sandbox, one["id"]) > 0

    return came


async def _happened() -> bool:
    return True


async def settled(
    world: World, content_id: str, status_of: Callable[[dict[str, Any]], str], under_way: Sequence[str]
) -> str:
    """The status of the change once it is an end, or as it is after some time. A read that fails is repeated."""
    deadline, status = time.monotonic() + PATIENCE, under_way[0]
    while status in under_way and time.monotonic() < deadline:
        await asyncio.sleep(0.3)
        with suppress(httpx.TransportError):
            (publication,) = (await world.brand.content(content_id))["publications"]
            status = status_of(publication)
    return status


def trouble_of(error: Exception) -> str:
    """An error in a trial, with the place: the errors of a connection have no words of their own."""
    [*_, last] = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if "/tests/" in frame.filename] or [last]
    return f"{type(error).__name__}: {error} in {ours[-1].name}: {ours[-1].line}"


def prove_all(row: str, proof: str, trials: Sequence[LiveTrial], seed: int, *, large: bool) -> None:
    """Record what was found, and fail if a promise was broken, or if too few faults came."""
    print(*(f"{one}: {one.status}, came: {one.came}" for one in trials), sep="\n")
    # A kill of the worker meets the other trials too, and may take the place of theirs.
    missed = [str(one) for one in trials if not one.came and not one.problem]
    prove(
        row,
        proof,
        trials=len(trials),
        failures=[one.broken for one in trials if one.broken],
        seed=seed,
        measured={"faults that came": f"{len(trials) - len(missed)} of {len(trials)}"},
        networks={channel_of(shape): _counted(trials, shape) for shape in dict.fromkeys(one.shape for one in trials)},
        large=large,
    )
    assert len(missed) <= len(trials) // 4, missed


def _counted(trials: Sequence[LiveTrial], shape: str) -> dict[str, int]:
    own = [one for one in trials if one.shape == shape]
    return dict.fromkeys(FOUND, 0) | {"trials": len(own), "otherwise broken": sum(bool(one.broken) for one in own)}
