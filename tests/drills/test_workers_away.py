"""Every worker dies while posts fall due: the autoscaler's figure asks for workers, and they publish all of it once."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Iterator
from math import ceil
from pathlib import Path

import pytest
import yaml

from tests.drills.cluster import APIS, ROOT, WORKERS, Cluster
from tests.drills.load import RATE, SIZE, Load
from tests.harness.brand import until
from tests.support.postgres import DURABLE, PostgresServer, complete_binaries
from tests.support.temporal import TemporalDevServer

pytestmark = [pytest.mark.drills, pytest.mark.timeout(900)]
SCALER = ROOT / "deploy" / "kubernetes" / "overlays" / "autoscaling" / "worker-autoscaler.yaml"
FIGURE = "munadi_contents_overdue"
AWAY = 90.0
# An API counts what is overdue every five seconds, and a scrape comes at any moment in between.
SEEN_WITHIN, CLEAR_WITHIN = 15.0, 120.0


@pytest.fixture
def postgres() -> Iterator[PostgresServer]:
    """A server of the drill's own, that stores what it acknowledged."""
    with PostgresServer("", DURABLE, complete_binaries()) as server:
        yield server


def posts_per_worker() -> int:
    """How many overdue posts the manifest of the autoscaler asks a worker more for."""
    triggers = yaml.safe_load(SCALER.read_text())["spec"]["triggers"]
    (one,) = [each["metadata"] for each in triggers if each["metadata"].get("query") == f"max({FIGURE})"]
    return int(one["threshold"])


async def overdue(cluster: Cluster) -> float:
    """The largest figure of any API, as the autoscaler's query reads it."""
    symptoms = await asyncio.gather(*map(cluster.symptom, APIS))
    return max(symptom.metrics[FIGURE] for symptom in symptoms)


async def test_posts_that_wait_for_workers_ask_for_them(
    postgres: PostgresServer, own_temporal: TemporalDevServer, tmp_path: Path
) -> None:
    async with Cluster.open(tmp_path, postgres.create_database(), own_temporal.address) as cluster:
        async with Load.running(cluster, "workers away") as load:
            await asyncio.gather(*(cluster.end(name, signal.SIGKILL) for name in WORKERS))
            await asyncio.sleep(AWAY)
            waiting, asked_at = await overdue(cluster), time.time()
            # Posts for now, without those of the last moments, which no figure has yet: those with a time come on top.
            fewest = RATE / 2 * (AWAY - SEEN_WITHIN)
            wanted = ceil(waiting / posts_per_worker())
            broken = [] if waiting >= fewest else [f"{waiting} overdue told of at least {fewest}"]
            broken += [] if wanted > 1 else [f"asks for {wanted} workers"]
            await asyncio.gather(*map(cluster.start, WORKERS[: min(wanted, len(WORKERS))]))
            back_at = time.time()

            async def is_clear() -> bool:
                return await overdue(cluster) == 0

            await until(is_clear, CLEAR_WITHIN)
            measured = {
                "told as overdue": f"{waiting:.0f}",
                "workers asked for": str(wanted),
                "workers ready": f"{back_at - asked_at:.1f} s",
                "nothing overdue": f"{time.time() - back_at:.1f} s",
            }
        await load.judge("7", f"{SIZE}: no worker for {AWAY:.0f} s", measured, back_at=back_at, broken=broken)
