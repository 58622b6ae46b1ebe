"""The database is killed under load: every acknowledged post is published once, and service returns by itself."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.faults.evidence import prove, two_sizes
from tests.faults.sendings import Sending, collect, orphans, soon
from tests.harness.times import epoch, p95
from tests.harness.world import QUICK, World, open_world
from tests.support.postgres import DURABLE, PostgresServer

SEED = 20261208
# The small version runs beside other tests, and bounds a hang rather than a second.
HEALS, HEALS_BESIDE_OTHERS = 10.0, 30.0
CLIENTS = 3
# Codes of the problems that are answered while the database is down.
AWAY = {"DATABASE_UNAVAILABLE", "NOT_READY"}


@dataclass
class Stop:
    """One stop of the database, and how long it took to work again. Times are seconds since the epoch."""

    killed_at: float
    back_at: float = 0.0
    answers: set[str] = field(default_factory=set)
    accepted_after: float = 0.0
    published_after: float = 0.0
    events: list[str] = field(default_factory=list)

    def failures(self, heals: float) -> list[str]:
        """Every broken promise as text."""
        wrong = [f"while the database was down: {each}" for each in self.answers if each.split()[1] not in AWAY]
        silent = [] if self.answers else ["no request was answered while the database was down"]
        slow = [
            f"{what} only {seconds:.1f} s after the database was back: {self.events}"
            for what, seconds in (("accepted", self.accepted_after), ("published", self.published_after))
            if seconds > heals
        ]
        return wrong + silent + slow


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """A PostgreSQL of the test's own, that stores what it acknowledged."""
    with PostgresServer("", DURABLE) as running:
        yield running


@asynccontextmanager
async def load(world: World, pause: Callable[[], float]) -> AsyncIterator[list[Sending]]:
    """Clients that create one post after the other, some for now and some for soon, until the block ends."""
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
    """Kill it for `seconds`; then measure how soon a new post is accepted, and published."""
    stop = Stop(time.time())
    await asyncio.to_thread(server.crash)
    checking = asyncio.create_task(_answers(world.api, stop))
    await asyncio.sleep(seconds)
    checking.cancel()
    await asyncio.to_thread(server.start_again)
    stop.back_at = time.time()
    fresh = Sending(f"after stop {number:02}", world.brand.ref)
    await fresh.until_accepted(world.api, pause=0.05)
    stop.accepted_after = time.time() - stop.back_at
    await world.brand.published(fresh.ids[0])
    stop.published_after = time.time() - stop.back_at
    for event in (await world.api.get(f"/v1/contents/{fresh.ids[0]}/events")).json()["data"]:
        after = epoch(event["timestamp"]) - stop.back_at
        stop.events.append(f"{event['type']} after {after:.1f} s")
    return stop


async def _answers(api: httpx.AsyncClient, stop: Stop) -> None:
    while True:
        for path in ("/readyz", "/v1/contents?limit=1"):
            answer = await api.get(path)
            if "retry-after" not in answer.headers or answer.status_code != 503:
                stop.answers.add(f"{answer.status_code} {answer.text[:200]}")
            else:
                stop.answers.add(f"503 {answer.json()['code']}")
        await asyncio.sleep(0.2)


@two_sizes(timeout=1800)
async def test_a_killed_database_loses_no_acknowledged_post(
    tmp_path: Path, server: PostgresServer, large: bool
) -> None:
    """It is killed several times while posts are created and published."""
    count, pause, away, heals = (10, 0.4, 8, HEALS) if large else (2, 0.5, 3, HEALS_BESIDE_OTHERS)
    dice = random.Random(SEED)
    stops = []
    async with open_world(tmp_path, QUICK | {"MUNADI_DATABASE_URL": server.create_database()}) as world:
        async with load(world, lambda: dice.uniform(0, 2 * pause)) as sendings:
            for number in range(count):
                await asyncio.sleep(dice.uniform(0.5, 3))
                stops.append(await stop_database(world, server, dice.uniform(0.5, away), number))
        failures = await collect(world, sendings, within=120)
        failures += await orphans(world, await world.temporal())
    failures += [word for stop in stops for word in stop.failures(heals)]
    met = sum(any(answer != "202" for answer in one.answers) for one in sendings)
    measured = {
        "clients that met it": str(met),
        "accepts again p95": f"{p95(stop.accepted_after for stop in stops):.1f} s",
        "publishes again p95": f"{p95(stop.published_after for stop in stops):.1f} s",
    }
    proof = "PostgreSQL killed 10 times under creations and publishes"
    prove("8", proof, trials=len(sendings), failures=failures, seed=SEED, measured=measured, large=large)
    assert any("503" in one.answers for one in sendings), "no client met it"
