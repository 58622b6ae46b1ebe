"""The database is killed under load: every acknowledged post is published once, and service returns by itself."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from tests.faults.evidence import prove
from tests.faults.sendings import Sending, broken, collect, orphans, soon
from tests.faults.trials import p95
from tests.faults.world import QUICK, World, open_world
from tests.support.postgres import DURABLE, PostgresServer
from tests.support.temporal import connect_to

SEED = 20261208
# The small version runs beside other tests, and bounds a hang rather than a second.
HEALS, HEALS_BESIDE_OTHERS = 10.0, 30.0
CLIENTS = 3
# Fields of the problems that were told while the database was away.
AWAY = {"DATABASE_UNAVAILABLE", "NOT_READY"}


@dataclass
class Stop:
    """One stop of the database, and how long it took to work again. Times are seconds since the epoch."""

    killed_at: float
    back_at: float = 0.0
    told: set[str] = field(default_factory=set)
    accepted_after: float = 0.0
    published_after: float = 0.0
    story: list[str] = field(default_factory=list)

    def failures(self, heals: float) -> list[str]:
        """Every broken promise as text."""
        wrong = [f"while the database was away: {told}" for told in self.told if told.split()[1] not in AWAY]
        silent = [] if self.told else ["nobody was told that the database was away"]
        slow = [
            f"{what} only {seconds:.1f} s after the database was back: {self.story}"
            for what, seconds in (("accepted", self.accepted_after), ("published", self.published_after))
            if seconds > heals
        ]
        return wrong + silent + slow


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """A PostgreSQL of the test's own, that keeps what it acknowledged."""
    with PostgresServer("", DURABLE) as running:
        yield running


@asynccontextmanager
async def load(world: World, pause: Callable[[], float]) -> AsyncIterator[list[Sending]]:
    """Clients that create one content after the other, some for now and some for soon, until the block ends."""
    made: list[Sending] = []
    stop = asyncio.Event()

    async def client(name: int) -> None:
        number = 0
        while not stop.is_set():
            one = Sending(f"client {name} sends {number:04}", world.brand.ref, fault="database killed")
            one.due = soon(20 + name) if number % 3 == 2 else None  # late enough to be repeated for a while
            made.append(one)
            await one.until_accepted(world.api)
            await asyncio.sleep(pause())
            number += 1

    clients = [asyncio.create_task(client(name)) for name in range(CLIENTS)]
    try:
        yield made
    finally:
        stop.set()
        await asyncio.gather(*clients)


async def stop_database(world: World, server: PostgresServer, seconds: float, number: int) -> Stop:
    """Kill it for `seconds`; then see how soon a new content is accepted, and published."""
    stop = Stop(time.time())
    await asyncio.to_thread(server.crash)
    asking = asyncio.create_task(_told(world.api, stop))
    await asyncio.sleep(seconds)
    asking.cancel()
    await asyncio.to_thread(server.start_again)
    stop.back_at = time.time()
    fresh = Sending(f"after stop {number:02}", world.brand.ref)
    await fresh.until_accepted(world.api, pause=0.05)
    stop.accepted_after = time.time() - stop.back_at
    content = await world.brand.ended(fresh.ids[0], 60)
    assert content["status"] == "published", content
    stop.published_after = time.time() - stop.back_at
    for event in (await world.api.get(f"/v1/contents/{fresh.ids[0]}/events")).json()["data"]:
        after = datetime.fromisoformat(event["timestamp"]).timestamp() - stop.back_at
        stop.story.append(f"{event['type']} after {after:.1f} s")
    return stop


async def _told(api: httpx.AsyncClient, stop: Stop) -> None:
    while True:
        for path in ("/readyz", "/v1/contents?limit=1"):
            answer = await api.get(path)
            if "retry-after" not in answer.headers or answer.status_code != 503:
                stop.told.add(f"{answer.status_code} {answer.text[:200]}")
            else:
                stop.told.add(f"503 {answer.json()['code']}")
        await asyncio.sleep(0.2)


@dataclass
class Found:
    """What came of a run."""

    stops: list[Stop]
    sendings: list[Sending]
    failures: list[str]


async def stops_under_load(
    world: World, server: PostgresServer, *, count: int, pause: float, away: float, heals: float = HEALS
) -> Found:
    """`count` stops while contents are created and published."""
    dice = random.Random(SEED)
    stops = []
    async with load(world, lambda: dice.uniform(0, 2 * pause)) as sendings:
        for number in range(count):
            await asyncio.sleep(dice.uniform(0.5, 3))
            stops.append(await stop_database(world, server, dice.uniform(0.5, away), number))
    await collect(world, sendings, within=120)
    failures = broken(sendings) + await orphans(world, await connect_to(world.stack.temporal))
    return Found(stops, sendings, failures + [word for stop in stops for word in stop.failures(heals)])


@pytest.mark.faults
@pytest.mark.timeout(300)
async def test_a_killed_database_loses_no_acknowledged_post(tmp_path: Path, server: PostgresServer) -> None:
    async with open_world(tmp_path, QUICK | {"MUNADI_DATABASE_URL": server.create_database()}) as world:
        found = await stops_under_load(world, server, count=2, pause=0.5, away=3, heals=HEALS_BESIDE_OTHERS)
    print(*found.stops, f"{len(found.sendings)} contents", sep="\n")
    assert not found.failures
    assert any("503" in answer for one in found.sendings for answer in one.answers), "no client met it"


@pytest.mark.soak
@pytest.mark.timeout(1800)
async def test_killed_ten_times_under_load(tmp_path: Path, server: PostgresServer) -> None:
    async with open_world(tmp_path, QUICK | {"MUNADI_DATABASE_URL": server.create_database()}) as world:
        found = await stops_under_load(world, server, count=10, pause=0.4, away=8)
    met = sum(any(answer != "202" for answer in one.answers) for one in found.sendings)
    measured = {
        "clients that met it": str(met),
        "accepts again p95": f"{p95(stop.accepted_after for stop in found.stops):.1f} s",
        "publishes again p95": f"{p95(stop.published_after for stop in found.stops):.1f} s",
    }
    proof = "PostgreSQL killed 10 times under creations and publishes"
    prove("8", proof, trials=len(found.sendings), failures=found.failures, seed=SEED, measured=measured)
