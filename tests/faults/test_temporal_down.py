"""Temporal is killed for a while: posts are accepted, none is lost, doubled or early, and all are published soon."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.faults.evidence import prove, two_sizes
from tests.faults.sendings import Sending, collect, orphans, soon
from tests.harness.times import rank
from tests.harness.world import QUICK, World, open_world
from tests.support.temporal import TemporalDevServer

SEED = 20261207
CATCH_UP = 30.0
# While Temporal is down the API's call of it may take a second, after the answer; `/readyz` waits for it a second.
ANSWERS_WITHIN = 5.0


@dataclass
class Outage:
    """What was sent before and during an outage, and what was seen. Times are seconds since the epoch."""

    due: list[Sending]
    created: list[Sending] = field(default_factory=list)
    readiness: list[str] = field(default_factory=list)
    back_at: float = 0.0
    broken: list[str] = field(default_factory=list)

    @property
    def sendings(self) -> list[Sending]:
        return [*self.due, *self.created]

    def behind(self) -> list[float]:
        """Seconds from the moment when each could be sent (it was due, and Temporal was back) until it was live."""
        return sorted(
            one.live_at - max(self.back_at, one.due or 0, one.accepted_at or 0)
            for one in self.sendings
            if one.live_at is not None and one.live_at > self.back_at
        )

    def failures(self) -> list[str]:
        """Every broken promise as text."""
        refused = [f"not accepted at once: {one}" for one in self.created if one.answers != ["202"]]
        slow = [f"answered after {one.slowest:.1f} s: {one}" for one in self.created if one.slowest > ANSWERS_WITHIN]
        unready = [f"/readyz answered {each}" for each in self.readiness if each != "200 degraded"]
        late = [f"sent {each:.1f} s after Temporal was back" for each in self.behind() if each > CATCH_UP]
        return [*self.broken, *refused, *slow, *unready, *late]


async def outage(world: World, temporal: TemporalDevServer, *, due: int, created: int, seconds: float) -> Outage:
    """Kill Temporal for `seconds`; `due` posts fall due during it, and `created` posts are created."""
    dice = random.Random(SEED)
    lead = 4.0 + due * 0.1
    seen = Outage([Sending(f"falls due {n:03}", world.brand.ref, fault="due while down") for n in range(due)])
    for one in seen.due:
        one.due = soon(lead + dice.uniform(0.5, seconds - 1))
    await asyncio.gather(*(_create_in_turn(world, seen.due[part::4]) for part in range(4)))
    await asyncio.sleep(max(0.0, min(one.due or 0 for one in seen.due) - time.time() - 0.5))
    await asyncio.to_thread(temporal.kill)
    began = time.monotonic()
    checking = asyncio.create_task(_readiness(world.api, seen))
    for number in range(created):
        one = Sending(f"created {number:03}", world.brand.ref, fault="created while down")
        # Some for now, some for a moment within the outage, some for one just after it.
        one.due = (None, soon(seconds / 3), soon(seconds - (time.monotonic() - began) + 6))[number % 3]
        seen.created.append(one)
        await one.once(world.api)
        await asyncio.sleep(max(0.0, began + seconds * (number + 1) / (created + 1) - time.monotonic()))
    await asyncio.sleep(max(0.0, began + seconds - time.monotonic()))
    checking.cancel()
    await asyncio.to_thread(temporal.start)
    seen.back_at = time.time()
    seen.broken = await collect(world, seen.sendings, within=CATCH_UP + 60)
    return seen


async def _create_in_turn(world: World, sendings: Sequence[Sending]) -> None:
    for one in sendings:
        await one.until_accepted(world.api)


async def _readiness(api: httpx.AsyncClient, seen: Outage) -> None:
    await asyncio.sleep(1)
    while True:
        answer = await api.get("/readyz")
        seen.readiness.append(f"{answer.status_code} {answer.json()['status']}")
        await asyncio.sleep(0.5)


@two_sizes(timeout=1800)
async def test_posts_are_accepted_while_temporal_is_down_and_none_is_lost(
    tmp_path: Path, own_temporal: TemporalDevServer, large: bool
) -> None:
    due, created, seconds = (100, 200, 60) if large else (6, 9, 8)
    async with open_world(tmp_path, QUICK | {"MUNADI_TEMPORAL__ADDRESS": own_temporal.address}) as world:
        seen = await outage(world, own_temporal, due=due, created=created, seconds=seconds)
        failures = seen.failures() + await orphans(world, await own_temporal.connect())
    behind = seen.behind()
    measured = {
        "sent after its return p50": f"{rank(behind, 0.5):.1f} s",
        "last": f"{rank(behind, 1):.1f} s of {len(behind)}",
        "slowest answer": f"{max(one.slowest for one in seen.created):.2f} s",
    }
    proof = "Temporal killed for 60 s, 100 fall due and 200 are created meanwhile"
    prove("7", proof, trials=len(seen.sendings), failures=failures, seed=SEED, measured=measured, large=large)
    assert len(seen.readiness) > 3
