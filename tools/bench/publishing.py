"""Row `publish`: posts of several channels published per second, beside the bare engine on the same Temporal server."""

from __future__ import annotations

import asyncio
import time
from uuid import uuid4

from tests.harness.brand import Brand
from tools.bench.bare import QUEUE, TimerAndThree
from tools.bench.posts import CLIENTS, POST_WORKFLOW, closed, create_due_together, due_in, prepare, published
from tools.bench.system import Bench, System
from tools.bench.usage import PARTS

Figures = dict[str, float]
SHAPES = {"three": ("facebook", "threads", "bluesky"), "pair": ("facebook", "threads")}
LARGEST = 16
WITHIN = 180.0
# The bare engine starts at least twice as many.
STARTED_PER_SECOND = 40.0


async def publish(bench: Bench) -> Figures:
    """25 posts due at the same moment, four and sixteen times as many: workflows that end per second from then on.

    The largest amount is published to three channels only, to save time.
    """
    found: Figures = {}
    async with bench.system() as system, system.bare_worker():
        brand = await system.brand("publish", *SHAPES["three"])
        await _bare_rate(system, 10)
        await prepare(system, brand, list(SHAPES["three"]))
        for scale in bench.scales:
            count = bench.count(25, scale)
            theirs = found[f"bare.x{scale}.rate"] = await _bare_rate(system, count)
            for shape in bench.shapes if scale < LARGEST else ("three",):
                ours, spent = await _our_rate(system, brand, shape, f"x{scale}", count)
                found[f"{shape}.x{scale}.rate"] = ours
                found[f"{shape}.x{scale}.ratio"] = ours / theirs
                if shape == "three":
                    cpu = {f"cpu.{part}": 1000 * spent[part] / count for part in PARTS if part in spent}
        found |= cpu
    return found


async def _our_rate(system: System, brand: Brand, shape: str, name: str, count: int) -> tuple[float, dict[str, float]]:
    """Posts per second, and the CPU seconds of each process from the due time to the end."""
    made = await create_due_together(system, "publish", f"{shape} {name}", count, list(SHAPES[shape]))
    before = system.usage()
    ended = await closed(system.temporal, POST_WORKFLOW, made.workflows, WITHIN)
    spent = system.usage().cpu_since(before)
    await published(system, brand, made)
    return count / (max(ended.values()) - next(iter(made.dues.values()))), spent


async def _bare_rate(system: System, count: int) -> float:
    """Bare workflows per second. They are started before their common due time, as ours are."""
    due = due_in(2 + count / STARTED_PER_SECOND)
    ids = [f"bare-{uuid4().hex}" for _ in range(count)]
    waiting = iter(ids)

    async def client() -> None:
        for name in waiting:
            await system.temporal.start_workflow(TimerAndThree.run, due, id=name, task_queue=QUEUE)

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    assert time.time() < due - 0.2, f"{count} bare workflows were not started before they were due"
    await asyncio.sleep(due - time.time())
    ended = await closed(system.temporal, "TimerAndThree", ids, WITHIN)
    return count / (max(ended.values()) - due)
