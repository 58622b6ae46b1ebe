"""PostgreSQL stops or stands still, Temporal is away, under load: nothing is lost, doubled or early, and it is seen."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.drills.cluster import APIS, WORKERS, Cluster, Symptom
from tests.drills.load import SIZE, Load
from tests.harness.brand import until
from tests.support.postgres import DURABLE, PostgresServer, complete_binaries
from tests.support.temporal import TemporalDevServer

pytestmark = [pytest.mark.drills, pytest.mark.timeout(900)]
READY_WITHIN = 30.0


@dataclass(frozen=True)
class Outage:
    """A fault and how it is seen: what `/readyz` of an API and of a worker says, as expressions."""

    row: str
    name: str
    seconds: float
    begin: Callable[[PostgresServer, TemporalDevServer], None]
    end: Callable[[PostgresServer, TemporalDevServer], None]
    api: str
    worker: str
    figures_are_old: bool


DATABASE_DOWN = r"503 database: down, temporal: up"
OUTAGES = (
    Outage(
        "8",
        "PostgreSQL stopped for 20 s",
        20,
        lambda postgres, _: postgres.shut_down(),
        lambda postgres, _: postgres.start_again(),
        DATABASE_DOWN,
        DATABASE_DOWN,
        figures_are_old=True,
    ),
    Outage(
        "8",
        "PostgreSQL paused for 20 s",
        20,
        lambda postgres, _: postgres.pause(),
        lambda postgres, _: postgres.resume(),
        DATABASE_DOWN,
        DATABASE_DOWN,
        figures_are_old=True,
    ),
    Outage(
        "7",
        "Temporal gone for 60 s",
        60,
        lambda _, temporal: temporal.kill(),
        lambda _, temporal: temporal.restart(),
        r"200 database: up, temporal: down",
        r"503 database: up, temporal: down",
        figures_are_old=False,
    ),
)


@pytest.fixture
def postgres() -> Iterator[PostgresServer]:
    """A server of the drill's own, that stores what it acknowledged."""
    with PostgresServer("", DURABLE, complete_binaries()) as server:
        yield server


def unseen(outage: Outage, symptoms: Mapping[str, Symptom]) -> list[str]:
    """What monitors did not learn of the outage, as text."""
    wrong = [
        f"/readyz of {name} said {symptoms[name].words}, not {wanted}"
        for names, wanted in ((APIS, outage.api), (WORKERS, outage.worker))
        for name in names
        if not re.fullmatch(wanted, symptoms[name].words)
    ]
    for name in APIS:
        ages = [age for figure, age in symptoms[name].metrics.items() if figure.startswith("munadi_figure_age_seconds")]
        if (max(ages, default=0) > 12) != outage.figures_are_old:
            wrong.append(f"/metrics of {name} has figures of {ages} s")
    for name in WORKERS:
        if not any(figure.startswith("munadi_build_info") for figure in symptoms[name].metrics):
            wrong.append(f"/metrics of {name} has nothing")
    return wrong


@pytest.mark.parametrize("outage", OUTAGES, ids=lambda outage: outage.name.replace(" ", "-"))
async def test_an_outage_loses_nothing_and_is_seen(
    outage: Outage, postgres: PostgresServer, own_temporal: TemporalDevServer, tmp_path: Path
) -> None:
    async with Cluster.open(tmp_path, postgres.create_database(), own_temporal.address) as cluster:
        async with Load.running(cluster, outage.name) as load:
            await asyncio.to_thread(outage.begin, postgres, own_temporal)
            began = time.monotonic()
            await asyncio.sleep(outage.seconds - 5)
            symptoms = await cluster.symptoms()
            await asyncio.sleep(max(0.0, began + outage.seconds - time.monotonic()))
            await asyncio.to_thread(outage.end, postgres, own_temporal)
            back_at = time.time()

            async def all_ready() -> bool:
                return all(each.status == 200 for each in (await cluster.symptoms()).values())

            await until(all_ready, READY_WITHIN)
            ready = {"all ready": f"{time.time() - back_at:.1f} s"}
        proof = f"{SIZE}: {outage.name}"
        await load.judge(outage.row, proof, ready, back_at=back_at, broken=unseen(outage, symptoms))
