"""Row `accept`: posts accepted per second. Row `read`: statuses read per second, beside a bare API."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Any

import httpx
import psutil

from tests.harness.brand import until
from tools.bench.bare_read import ROW
from tools.bench.load import Connection, Load, p50, quantile, run_load
from tools.bench.posts import LATER, create, due_in
from tools.bench.system import Bench, System
from tools.bench.usage import PARTS, quiet

Figures = dict[str, float]


async def accept(bench: Bench) -> Figures:
    """25 posts, four and sixteen times as many, with one and with eight clients; then kill the API and count them.

    A post whose 202 was sent must be there after kill -9: it was committed before it was answered.
    """
    found: Figures = {}
    accepted = 0
    async with bench.system() as system:
        brand = await system.brand("accept", "bluesky")
        await create(system, "accept", {f"warm {number}": due_in(LATER) for number in range(10)}, ["bluesky"])
        for scale in bench.scales:
            for clients in (1, 8):
                count = bench.count(25, scale)
                dues = {f"accept {clients} {scale} {number}": due_in(LATER) for number in range(count)}
                before = system.usage()
                created = await create(system, "accept", dues, ["bluesky"], clients)
                spent = system.usage().cpu_since(before)
                accepted += count
                found |= _of_load(f"c{clients}.x{scale}", created.load)
        found |= {f"cpu.{part}": 1000 * spent[part] / count for part in PARTS if part in spent}
        await _kill_api(system)
        stored = [post for post in await brand.contents() if post["text"].startswith("accept ")]
        bench.tally.lost += [f"{accepted - len(stored)} accepted posts"] if len(stored) < accepted else []
    return found


async def read(bench: Bench) -> Figures:
    """Four clients read the statuses of twenty posts; the bare API returns its row to four clients too."""
    found: Figures = {}
    async with bench.system() as system, system.bare_api() as bare:
        await system.brand("read", "bluesky")
        created = await create(system, "read", {f"read {n}": due_in(LATER) for n in range(20)}, ["bluesky"])
        paths = [f"/v1/contents/{workflow.removeprefix('content/')}" for workflow in created.workflows]
        await quiet(system.stack.pids["worker"], 60)
        await _reads(system.url, system.key, paths, 100)
        await _reads(bare, None, [f"/posts/{ROW}"], 100)
        for scale in bench.scales:
            count = bench.count(250, scale)
            theirs = await _reads(bare, None, [f"/posts/{ROW}"], count)
            ours = await _reads(system.url, system.key, paths, count)
            found[f"x{scale}.rate"], found[f"x{scale}.bare"] = ours.rate, theirs.rate
            found[f"x{scale}.ratio"] = ours.rate / theirs.rate
    return found


async def _reads(url: str, key: str | None, paths: list[str], count: int) -> Load:
    async def call(connection: Connection, number: int) -> None:
        status, answer = await connection.request("GET", paths[number % len(paths)])
        assert status == 200, f"{status}: {answer.decode()}"

    return await run_load(url, key, count, 4, call)


def _of_load(name: str, load: Load) -> Figures:
    times = load.milliseconds
    return {f"{name}.rate": load.rate, f"{name}.p50": p50(times), f"{name}.p99": quantile(times, 0.99)}


async def _kill_api(system: System) -> None:
    """kill -9 the API, which `munadi dev` then starts again."""
    killed = system.stack.pids["api"]
    os.kill(killed, signal.SIGKILL)

    async def is_back() -> Any:
        if system.stack.pids["api"] == killed or not psutil.pid_exists(system.stack.pids["api"]):
            return False
        try:
            return (await system.api.get("/readyz")).is_success
        except httpx.TransportError:
            return False

    await until(is_back, within=60)
    await asyncio.sleep(0.5)
