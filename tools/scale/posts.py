"""Measures what a post costs Temporal and the database: `python -m tools.scale.posts`.

Each post goes to so many accounts, and one endpoint receives its events. Sizes are averages over some dozens of posts.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
from temporalio.client import Client

from tests.harness.inbox import Inbox
from tests.harness.stack import MUNADI
from tools.bench.histories import spent
from tools.bench.posts import LATER, POST_WORKFLOW, closed, create, due_in, published
from tools.bench.system import Bench, System, database_server
from tools.scale.recorded import record

SHAPES = {1: ["bluesky"], 3: ["facebook", "threads", "bluesky"]}
WITHIN = 120.0


@dataclass(frozen=True)
class Row:
    """A post to so many accounts: billed actions; bytes of its history, waiting and ended, and of its rows."""

    accounts: int
    actions: float
    waiting: int
    ended: int
    stored: int


async def history_bytes(temporal: Client, workflows: Sequence[str]) -> int:
    """The average size of these workflows' histories, by the server."""
    described = [await temporal.get_workflow_handle(workflow).describe() for workflow in workflows]
    sizes = [each.raw_description.workflow_execution_info.history_size_bytes for each in described]
    return round(sum(sizes) / len(sizes))


async def database_bytes(url: str) -> int:
    """The size of a PostgreSQL database on the disk, with its indexes."""
    async with await psycopg.AsyncConnection.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        found = await (await connection.execute("SELECT pg_database_size(current_database())")).fetchone()
    assert found is not None
    return int(found[0])


async def cost(system: System, accounts: int, count: int) -> Row:
    """Let so many posts be accepted, wait and be published."""
    brand = await system.brand(f"scale{accounts}", *SHAPES[accounts])
    url = psutil.Process(system.stack.pids["api"]).environ()["MUNADI_DATABASE_URL"]
    async with Inbox().listening(system.api, brandRef=brand.ref):
        warm = await create(system, brand.ref, {"warm": due_in(0.5)}, SHAPES[accounts])
        await closed(system.temporal, POST_WORKFLOW, warm.workflows, WITHIN)
        before = await database_bytes(url)
        due = due_in(3 + count / 10)
        made = await create(system, brand.ref, {f"{accounts} {n}": due for n in range(count)}, SHAPES[accounts])
        await closed(system.temporal, POST_WORKFLOW, made.workflows, WITHIN)
        await published(system, brand, made)
        stored = (await database_bytes(url) - before) // count
    later = await create(system, brand.ref, {f"later {n}": due_in(LATER) for n in range(5)}, SHAPES[accounts])
    await asyncio.sleep(3)
    return Row(
        accounts=accounts,
        actions=round((await spent(system.temporal, made.workflows)).actions / count, 1),
        waiting=await history_bytes(system.temporal, later.workflows),
        ended=await history_bytes(system.temporal, made.workflows),
        stored=stored,
    )


async def measure(bench: Bench, accounts: int, count: int) -> Row:
    """The costs of one number of accounts, by a system of their own: it ends with posts that still wait."""
    async with bench.system() as system:
        return await cost(system, accounts, count)


def main() -> int:
    """Measure and print; with --record store the rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=200)
    parser.add_argument("--record", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="munadi-scale-") as folder, database_server("postgresql") as postgres:
        bench = Bench("postgresql", MUNADI, Path(folder), postgres=postgres)
        rows = [asyncio.run(measure(bench, accounts, given.posts)) for accounts in SHAPES]
    for row in rows:
        print(row)
    if bench.tally.faults:
        print("\n".join(bench.tally.faults))
        return 1
    if given.record:
        record("posts", rows, key=("accounts",))
    return 0


if __name__ == "__main__":
    sys.exit(main())
