"""SIGTERM to worker and API under load: what is in flight is finished, and both exit 0 in time."""

from __future__ import annotations

import random
from pathlib import Path

from tests.faults.crashes import Gallery, Victim
from tests.faults.evidence import prove, two_sizes
from tests.faults.shutdowns import SLOW_CALL, SLOW_MEDIA, end_both
from tests.harness.networks import VISIBLE, plant
from tests.harness.times import p95
from tests.harness.world import QUICK, open_world

SEED = 20261216
# Visible calls are slow, and all of them are in time.
PATIENT = QUICK | {"MUNADI_CHANNELS__BLUESKY__PUBLISH_DEADLINE": "20"}


@two_sizes(timeout=3600)
async def test_sigterm_under_load_aborts_nothing_in_flight(tmp_path: Path, large: bool) -> None:
    dice, count = random.Random(SEED), 30 if large else 1
    async with Gallery.opened(SLOW_MEDIA) as gallery, open_world(tmp_path, PATIENT) as world:
        slow = {"times": None, "delaySeconds": SLOW_CALL}
        await plant(world.sandbox, "bluesky", VISIBLE["bluesky"], "delay", **slow)
        async with Victim.opened(world, gallery) as victim:
            rounds = [await end_both(victim, number, dice) for number in range(count)]
    measured = {
        "visible calls in flight": str(sum(each.in_flight for each in rounds)),
        "requests in flight": str(sum(each.requests for each in rounds)),
        "refused or closed before it was read": str(sum(len(each.unanswered) for each in rounds)),
        "API ends p95": f"{p95(each.api_took for each in rounds):.1f} s",
        "worker ends p95": f"{p95(each.worker_took for each in rounds):.1f} s",
    }
    failures = [word for each in rounds for word in each.judge()]
    proof = "SIGTERM to worker and API under load"
    prove("16", proof, trials=count, failures=failures, seed=SEED, measured=measured, large=large)
    assert large or all(each.in_flight and each.requests for each in rounds), "nothing was in flight"
