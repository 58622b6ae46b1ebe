"""SIGTERM to worker and API under load: what is in flight is finished, and both exit 0 in time."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.faults.crashes import Gallery
from tests.faults.evidence import prove
from tests.faults.shells import own_api
from tests.faults.shutdowns import SLOW_MEDIA, Round, end_both, slow_network
from tests.faults.trials import p95
from tests.faults.world import QUICK, open_world

SEED = 20261216
# Visible calls are slow, and all of them are in time.
PATIENT = QUICK | {"MUNADI_CHANNELS__BLUESKY__PUBLISH_DEADLINE": "20"}


async def rounds_of(folder: Path, count: int) -> list[Round]:
    """`count` rounds on one stack."""
    dice = random.Random(SEED)
    async with Gallery.opened(SLOW_MEDIA) as gallery, open_world(folder, PATIENT) as world:
        await slow_network(world)
        async with own_api(world.stack, "own") as api:
            return [await end_both(world, gallery, api, number, dice) for number in range(count)]


@pytest.mark.faults
@pytest.mark.timeout(240)
async def test_sigterm_under_load_aborts_nothing_in_flight(tmp_path: Path) -> None:
    rounds = await rounds_of(tmp_path, 1)
    for each in rounds:
        print(f"in flight {each.in_flight} calls, {each.requests} requests")
        print(f"API {each.api_took:.1f} s, worker {each.worker_took:.1f} s", *each.unanswered, *each.slow, sep="\n")
    assert not [word for each in rounds for word in each.judge()]
    assert all(each.in_flight and each.requests for each in rounds), "nothing was in flight"


@pytest.mark.soak
@pytest.mark.timeout(3600)
async def test_sigterm_under_load_thirty_times(tmp_path: Path) -> None:
    rounds = await rounds_of(tmp_path, 30)
    failures = [word for each in rounds for word in each.judge()]
    measured = {
        "visible calls in flight": str(sum(each.in_flight for each in rounds)),
        "requests in flight": str(sum(each.requests for each in rounds)),
        "refused or closed before it was read": str(sum(len(each.unanswered) for each in rounds)),
        "API ends p95": f"{p95(each.api_took for each in rounds):.1f} s",
        "worker ends p95": f"{p95(each.worker_took for each in rounds):.1f} s",
    }
    prove("16", "SIGTERM to worker and API under load", trials=30, failures=failures, seed=SEED, measured=measured)
