"""Rows `engine` and `sql`: what one post costs the Temporal server, and what it costs the database."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tools.bench.histories import spent
from tools.bench.posts import POST_WORKFLOW, closed, create, due_in, published
from tools.bench.statements import Counter, counting
from tools.bench.system import Bench, System

Figures = dict[str, float]
SHAPES = {1: ["bluesky"], 3: ["facebook", "threads", "bluesky"]}


async def engine(bench: Bench) -> Figures:
    """Billed actions and history events of one post to one, two and three accounts whose posts need no preparation."""
    found: Figures = {}
    async with bench.system() as system:
        brand = await system.brand("engine", "bluesky", "facebook", "facebook")
        for number in (1, 2, 3):
            channels = (await _accounts(system))[:number]
            made = await create(system, "engine", {f"engine {number}": due_in(5)}, channels)
            await closed(system.temporal, POST_WORKFLOW, made.workflows, 60)
            await published(system, brand, made)
            cost = await spent(system.temporal, made.workflows)
            found |= {f"n{number}.actions": cost.actions, f"n{number}.events": cost.events.total()}
    return found


async def sql(bench: Bench) -> Figures:
    """Statements and commits of one post from accepting it to its end, without those of idle times."""
    found: Figures = {}
    with counting(bench.folder / "statements", bench.postgres) as counter:
        async with bench.system(counter.env) as system:
            await system.brand("sql", *SHAPES[3])
            for number, channels in SHAPES.items():
                warm = await create(system, "sql", {f"warm {number}": due_in(0.5)}, channels)
                await closed(system.temporal, POST_WORKFLOW, warm.workflows, 60)
                await asyncio.sleep(2)
                async with _counted(counter) as idle:
                    await asyncio.sleep(bench.seconds(5))
                posts = bench.count(5, least=3)
                async with _counted(counter) as busy:
                    for post in range(posts):
                        made = await create(system, "sql", {f"sql {number} {post}": due_in(0.5)}, channels)
                        await closed(system.temporal, POST_WORKFLOW, made.workflows, 60)
                        await published(system, None, made)
                    await asyncio.sleep(0.5)
                for index, name in enumerate(("statements", "commits")):
                    meanwhile = idle[index] / idle[-1] * busy[-1]
                    found[f"n{number}.{name}"] = (busy[index] - meanwhile) / posts
    return found


@asynccontextmanager
async def _counted(counter: Counter) -> AsyncIterator[list[float]]:
    """Statements, commits and seconds of the block; filled in at its end."""
    spent: list[float] = []
    began, at = counter.read(), time.monotonic()
    yield spent
    spent += [now - then for now, then in zip(counter.read(), began, strict=True)]
    spent.append(time.monotonic() - at)


async def _accounts(system: System) -> list[dict[str, Any]]:
    """One channel of a post per account of the brand."""
    listed = (await system.api.get("/v1/accounts", params={"brandRef": "engine"})).json()["data"]
    return [
        {"channel": account["channel"], "accountId": account["id"]}
        for account in sorted(listed, key=lambda account: (account["channel"], account["id"]))
    ]
