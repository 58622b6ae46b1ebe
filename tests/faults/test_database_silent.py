"""The database's host swallows packets under load, and comes back: every request is answered, and nothing is lost.

Nothing is refused and no connection closes, as when a machine or its network vanishes. An answer that was lost may have
been that of a commit: the same Idempotency-Key shows the post.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from sqlalchemy.engine import make_url

from tests.faults.evidence import prove, two_sizes
from tests.faults.sendings import Sending, collect, orphans, soon
from tests.faults.test_database_down import load
from tests.harness.times import p95
from tests.harness.world import QUICK, World, open_world
from tests.support.faultproxy import FaultProxy, Mode
from tests.support.ports import LOOPBACK

SEED = 20261201
ANSWERS, READY_ANSWERS, ALIVE_ANSWERS = 5.0, 4.0, 0.5
PUBLISHES = 30.0
# Beside other tests an answer comes later.
BESIDE_OTHERS = 2.0
PATHS = {"/v1/contents?limit=1": ANSWERS, "/v1/brands": ANSWERS, "/readyz": READY_ANSWERS, "/healthz": ALIVE_ANSWERS}


@dataclass
class Silence:
    """One silence of the database. `slowest`: seconds by path. `answers`: what was answered in it."""

    slowest: dict[str, float] = field(default_factory=dict)
    answers: set[str] = field(default_factory=set)
    published_after: float = 0.0

    def failures(self, factor: float) -> list[str]:
        """Every broken promise as text."""
        known = {"/healthz 200", "/readyz 503 NOT_READY", *(f"{path} 503 DATABASE_UNAVAILABLE" for path in PATHS)}
        wrong = [f"while the database was silent: {each}" for each in sorted(self.answers - known)]
        slow = [
            f"{path} was answered after {seconds:.1f} s"
            for path, seconds in self.slowest.items()
            if seconds > PATHS[path] * factor
        ]
        late = [f"published {self.published_after:.1f} s after"] if self.published_after > PUBLISHES else []
        return wrong + slow + late


@asynccontextmanager
async def asked(api: httpx.AsyncClient, silence: Silence) -> AsyncIterator[None]:
    """Ask every path again and again until the block ends."""

    async def ask(path: str) -> None:
        while True:
            began = time.monotonic()
            answer = await api.get(path)
            silence.slowest[path] = max(silence.slowest.get(path, 0.0), time.monotonic() - began)
            code = f" {answer.json().get('code')}" if answer.status_code >= 400 else ""
            assert answer.status_code != 503 or "retry-after" in answer.headers
            silence.answers.add(f"{path} {answer.status_code}{code}")
            await asyncio.sleep(0.2)

    asking = [asyncio.create_task(ask(path)) for path in PATHS]
    try:
        yield
    finally:
        for task in asking:
            task.cancel()
        for result in await asyncio.gather(*asking, return_exceptions=True):
            if isinstance(result, Exception):
                raise result


async def be_silent(world: World, proxy: FaultProxy, seconds: float, number: int) -> Silence:
    """Swallow everything for `seconds`; then measure how soon a new post, and one that fell due meanwhile, is live."""
    silence = Silence()
    due = Sending(f"falls due in silence {number:02}", world.brand.ref, due=soon(4))
    await due.until_accepted(world.api)
    await asyncio.sleep(max(0.0, (due.due or 0) - time.time() - 1))
    await proxy.set_mode(Mode.HANG)
    async with asked(world.api, silence):
        await asyncio.sleep(seconds)
    await proxy.set_mode(Mode.PASS)
    back = time.monotonic()
    fresh = Sending(f"after silence {number:02}", world.brand.ref)
    await fresh.until_accepted(world.api, pause=0.05)
    for one in (fresh, due):
        await world.brand.published(one.ids[0])
    silence.published_after = time.monotonic() - back
    return silence


@two_sizes(timeout=1800)
async def test_a_silent_database_is_answered_for_and_loses_no_acknowledged_post(
    tmp_path: Path, postgres_url: str, large: bool
) -> None:
    count, seconds, factor = (10, 20.0, 1.0) if large else (1, 12.0, BESIDE_OTHERS)
    dice, given = random.Random(SEED), make_url(postgres_url)
    async with FaultProxy(given.host or LOOPBACK, given.port or 5432) as proxy:
        url = given.set(host=LOOPBACK, port=proxy.port).render_as_string(hide_password=False)
        async with open_world(tmp_path, QUICK | {"MUNADI_DATABASE_URL": url}, channels=("bluesky",)) as world:
            async with load(world, lambda: dice.uniform(0, 1)) as sendings:
                silences = [await be_silent(world, proxy, seconds, number) for number in range(count)]
            failures = await collect(world, sendings, within=120)
            failures += await orphans(world, await world.temporal())
    failures += [word for silence in silences for word in silence.failures(factor)]
    met = sum(any(answer != "202" for answer in one.answers) for one in sendings)
    slowest = {path: max(each.slowest[path] for each in silences) for path in PATHS}
    measured = {
        "clients that met it": str(met),
        "slowest answer": f"{max(slowest[path] for path in slowest if path.startswith('/v1')):.1f} s",
        "slowest /readyz": f"{slowest['/readyz']:.1f} s",
        "slowest /healthz": f"{slowest['/healthz']:.2f} s",
        "publishes again p95": f"{p95(each.published_after for each in silences):.1f} s",
    }
    proof = "PostgreSQL's host swallows packets 10 times for 20 s under creations and publishes"
    prove("8", proof, trials=len(sendings), failures=failures, seed=SEED, measured=measured, large=large)
    assert any("503" in one.answers for one in sendings), "no client met it"
