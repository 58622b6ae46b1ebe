"""Measures bursts with several workers on PostgreSQL: `python -m tools.scale.measure --workers 1,4,16`.

Each number of workers gets a system of its own. On a machine with fewer cores than processes the figures to compare are
processor time and memory, not the rate: docs/scale.md says what was found.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from tests.harness.brand import Brand
from tests.harness.stack import MUNADI
from tests.support.postgres import PostgresServer
from tests.support.processes import Process
from tools.bench.load import p50
from tools.bench.posts import POST_WORKFLOW, closed, create_due_together, prepare, published
from tools.bench.system import DURABLE, ROOT, Bench, System
from tools.bench.usage import MEGABYTE, Usage
from tools.scale.recorded import record

CHANNEL = "bluesky"
WITHIN = 300.0
# Seventeen processes with pools of twenty connections: docs/guides/many-processes.md.
SERVER = {**DURABLE, "max_connections": "400"}


@dataclass(frozen=True)
class Row:
    """A burst: seconds late, and for each post the milliseconds of processor time by part. `memory`: MB of a worker."""

    workers: int
    posts: int
    p50: float
    last: float
    worker: float
    temporal: float
    postgres: float
    memory: float


@asynccontextmanager
async def more_workers(system: System, count: int) -> AsyncIterator[list[Process]]:
    """So many workers beside the one of the system."""
    env = psutil.Process(system.stack.pids["api"]).environ()
    async with AsyncExitStack() as stack:
        running = []
        for number in range(count):
            argv = [sys.executable, "-m", "munadi.cli", "worker"]
            process = Process(argv, log=system.folder / f"worker-{number}.log", env=env, cwd=ROOT)
            process.start()
            stack.push_async_callback(asyncio.to_thread, process.terminate, 120)
            running.append(process)
        for process in running:
            await asyncio.to_thread(process.wait_for_line, "worker ready", 180)
        yield running


async def burst(system: System, brand: Brand, others: Sequence[Process], count: int) -> Row:
    """Publish so many posts that are due together."""
    made = await create_due_together(system, brand.ref, f"scale {count}", count, [CHANNEL])
    before, others_before = system.usage(), _seconds(others)
    await closed(system.temporal, POST_WORKFLOW, made.workflows, WITHIN)
    after, spent = system.usage(), _seconds(others) - others_before
    late = list((await published(system, brand, made)).values())
    cpu = {name: 1000 * seconds / count for name, seconds in after.cpu_since(before).items()}
    return Row(
        workers=1 + len(others),
        posts=count,
        p50=round(p50(late), 2),
        last=round(max(late), 2),
        worker=round(cpu["worker"] + 1000 * spent / count, 1),
        temporal=round(cpu["temporal"], 1),
        postgres=round(cpu["postgres"], 1),
        memory=round(_memory(after, others), 0),
    )


def _seconds(processes: Sequence[Process]) -> float:
    return sum(sum(psutil.Process(each.pid).cpu_times()[:2]) for each in processes)


def _memory(usage: Usage, others: Sequence[Process]) -> float:
    shares = [psutil.Process(each.pid).memory_full_info().pss / MEGABYTE for each in others]
    return (usage.memory["worker"] + sum(shares)) / (1 + len(others))


async def measure(bench: Bench, workers: int, counts: Sequence[int]) -> list[Row]:
    """The bursts of one number of workers."""
    async with bench.system() as system:
        brand = await system.brand("scale", CHANNEL)
        async with more_workers(system, workers - 1) as others:
            await prepare(system, brand, [CHANNEL])
            return [await burst(system, brand, others, count) for count in counts]


def main() -> int:
    """Measure, print, and with --record store the rows in place of those of the same numbers of workers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", default="1,4,16")
    parser.add_argument("--posts", default="100,400,1600")
    parser.add_argument("--record", action="store_true")
    given = parser.parse_args()
    counts = [int(count) for count in given.posts.split(",")]
    rows: list[Row] = []
    with (
        tempfile.TemporaryDirectory(prefix="munadi-scale-") as folder,
        PostgresServer(given="", settings=SERVER) as postgres,
    ):
        bench = Bench("postgresql", MUNADI, Path(folder), postgres=postgres)
        for workers in map(int, given.workers.split(",")):
            rows += asyncio.run(measure(bench, workers, counts))
    for row in rows:
        print(json.dumps(asdict(row)))
    if bench.tally.faults:
        print("\n".join(bench.tally.faults))
        return 1
    if given.record:
        record("bursts", rows, key=("workers", "posts"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
