"""A PostgreSQL and its standby, which receives every commit before it is acknowledged, behind one address."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg

from tests.support.faultproxy import FaultProxy, Mode
from tests.support.ports import LOOPBACK
from tests.support.postgres import DURABLE, PostgresServer, complete_binaries


class Standby(PostgresServer):
    """A copy of a running server by pg_basebackup, which follows it until it is promoted."""

    def __init__(self, primary: PostgresServer) -> None:
        super().__init__("", DURABLE, complete_binaries())
        self._primary = primary

    def _make_data(self, binaries: Path, data: Path, who: dict[str, Any]) -> None:
        source = ["--host", LOOPBACK, "--port", str(self._primary.port), "--username", "postgres"]
        command = [
            binaries / "pg_basebackup",
            *source,
            "--pgdata",
            data,
            "--write-recovery-conf",
            "--checkpoint",
            "fast",
        ]
        subprocess.run(command, cwd=data, check=True, capture_output=True, **who)

    def promote(self) -> None:
        """Make it the server that takes writes."""
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            assert connection.execute("SELECT pg_promote(true, 30)").fetchone() == (True,)


class PostgresPair:
    """`async with PostgresPair.open() as pair`: `pair.url(database)` leads to the server that `pair.address` names."""

    def __init__(self, primary: PostgresServer, standby: Standby, address: FaultProxy) -> None:
        self.primary, self.standby, self.address = primary, standby, address

    @classmethod
    @asynccontextmanager
    async def open(cls) -> AsyncIterator[PostgresPair]:
        """Both servers and the address, which leads to the first one."""
        with PostgresServer("", DURABLE, complete_binaries()) as primary, Standby(primary) as standby:
            await asyncio.to_thread(_make_synchronous, primary)
            async with FaultProxy(LOOPBACK, primary.port) as address:
                yield cls(primary, standby, address)

    async def fail_over(self, promoted_after: float) -> float:
        """Kill the primary and lead the address to the standby, which is promoted so much later. When, by the clock.

        Until then it answers, and takes no writes.
        """
        await asyncio.to_thread(self.primary.crash)
        await self.address.set_mode(Mode.REFUSE)
        self.address.lead_to(LOOPBACK, self.standby.port)
        await self.address.set_mode(Mode.PASS)
        await asyncio.sleep(promoted_after)
        await asyncio.to_thread(self.standby.promote)
        return time.time()


def _make_synchronous(primary: PostgresServer) -> None:
    """From now on a commit is acknowledged once the standby has it."""
    with psycopg.connect(primary.admin_url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
        connection.execute("SELECT pg_reload_conf()")
        deadline = time.monotonic() + 30
        while connection.execute("SELECT sync_state FROM pg_stat_replication").fetchall() != [("sync",)]:
            assert time.monotonic() < deadline, "the standby does not follow"
            time.sleep(0.1)
