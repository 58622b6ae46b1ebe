"""Two APIs and three workers under load, with PostgreSQL behind PgBouncer in transaction mode, and without it.

Behind it five processes share a few sessions of the server. Without it each opens its own, and the drill counts them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from signal import SIGKILL

import psycopg
import pytest

from tests.drills.cluster import APIS, WORKERS, Cluster
from tests.drills.load import SIZE, Load
from tests.support.pgbouncer import PgBouncer
from tests.support.postgres import DURABLE, PostgresServer, complete_binaries
from tests.support.temporal import TemporalDevServer

pytestmark = [pytest.mark.drills, pytest.mark.timeout(900)]
SESSIONS = 8
LASTS, SAMPLED_EVERY = 30.0, 0.5
POOLED = {"MUNADI_DATABASE_POOL__TRANSACTION_MODE": "true"}
# Without settings each process may have so many connections.
OF_PROCESS = 20


def sessions_of(server: PostgresServer) -> int:
    """How many sessions of the server serve a client at a database of the test; the server's own helpers do not."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname LIKE 'munadi_%' AND backend_type = 'client backend'"
    with psycopg.connect(server.admin_url, autocommit=True) as connection:
        [count] = connection.execute(query).fetchone() or (0,)
        return int(count)


@asynccontextmanager
async def sampled(count: Callable[[], int]) -> AsyncIterator[list[int]]:
    """What `count` returned while the block ran."""
    found: list[int] = []

    async def sample() -> None:
        while True:
            found.append(await asyncio.to_thread(count))
            await asyncio.sleep(SAMPLED_EVERY)

    sampling = asyncio.create_task(sample())
    try:
        yield found
    finally:
        sampling.cancel()
        await asyncio.gather(sampling, return_exceptions=True)


@pytest.mark.parametrize("pooled", [True, False], ids=["pgbouncer", "direct"])
async def test_five_processes_share_a_server(pooled: bool, own_temporal: TemporalDevServer, tmp_path: Path) -> None:
    with PostgresServer("", DURABLE, complete_binaries()) as server:
        url = server.create_database()
        with PgBouncer(url, sessions=SESSIONS) if pooled else nullcontext() as pooler:
            database, env = (pooler.url, POOLED) if pooler else (url, {})
            async with Cluster.open(tmp_path, database, own_temporal.address, env) as cluster:
                async with (
                    Load.running(cluster, "many processes") as load,
                    sampled(lambda: sessions_of(server)) as seen,
                ):
                    await cluster.end(WORKERS[1], SIGKILL)
                    await asyncio.sleep(LASTS)
                    await cluster.start(WORKERS[1])
                allowed = SESSIONS if pooled else OF_PROCESS * len((*APIS, *WORKERS))
                broken = [f"{max(seen)} sessions at the server"] if max(seen) > allowed else []
                how = f"PgBouncer in transaction mode with {SESSIONS} sessions" if pooled else "its own connections"
                found = {"sessions at PostgreSQL, at most": str(max(seen))}
                await load.judge("35", f"{SIZE}, a worker killed: {how}", found, broken=broken)
