"""Rows `idle` and `crowd`: what the processes cost while posts only wait."""

from __future__ import annotations

import asyncio

from tools.bench.posts import LATER, POST_WORKFLOW, closed, create, create_due_together, due_in, published
from tools.bench.system import Bench, System
from tools.bench.usage import PARTS, Usage, quiet

Figures = dict[str, float]
OF_DEV = PARTS[:-1]  # PostgreSQL is no process of `munadi dev`
SECONDS = 15.0


async def idle(bench: Bench) -> Figures:
    """CPU and memory just started, and with 1 000 posts waiting after a load of published posts."""
    found: Figures = {}
    async with bench.system() as system:
        await system.brand("idle", "bluesky")
        await quiet(system.stack.pids["worker"], 60)
        await _rest(system, "started", found)
        made = await create_due_together(system, "idle", "load", bench.count(100), ["bluesky"])
        await closed(system.temporal, POST_WORKFLOW, made.workflows, 120)
        await published(system, None, made)
        await _wait_for(system, bench.count(1000))
        await _rest(system, "waiting", found)
    return found


async def crowd(bench: Bench) -> Figures:
    """CPU and memory with 10 000 posts waiting, and how much more memory the worker has than when it had published."""
    found: Figures = {}
    async with bench.system() as system:
        await system.brand("idle", "bluesky")
        made = await create_due_together(system, "idle", "load", bench.count(100), ["bluesky"])
        await closed(system.temporal, POST_WORKFLOW, made.workflows, 120)
        await published(system, None, made)
        before = system.usage()
        await _wait_for(system, bench.count(10_000))
        after = await _rest(system, "waiting", found)
        found["growth"] = after.memory["worker"] - before.memory["worker"]
    return found


async def _wait_for(system: System, count: int) -> None:
    """Create posts for later, and wait until the worker has done what there is to do about them now."""
    due = due_in(LATER)
    await create(system, "idle", {f"wait {number}": due for number in range(count)}, ["bluesky"])
    # The starts are paced: while there are some, worker and engine use a fifth of a core each, afterwards a hundredth.
    for part in ("worker", "temporal"):
        await quiet(system.stack.pids[part], 240, below=0.03)


async def _rest(system: System, name: str, found: Figures) -> Usage:
    """Measure a while in which nothing is asked of the system."""
    before = system.usage()
    await asyncio.sleep(system.bench.seconds(SECONDS))
    after = system.usage()
    found[f"{name}.cpu"] = after.share_since(before, OF_DEV)
    found[f"{name}.memory"] = sum(after.memory.get(part, 0.0) for part in OF_DEV)
    found |= {f"{name}.memory.{part}": after.memory[part] for part in OF_DEV if part in after.memory}
    return after
