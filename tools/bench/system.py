"""A running Munadi to measure, with the bare engine beside it: real processes, ended by their ids.

Each row starts a system of its own in a new folder, so that no row measures what another one left.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import psutil
from temporalio.client import Client

from tests.harness.brand import Brand
from tests.harness.networks import remove_quotas
from tests.harness.stack import Stack
from tests.support.ports import free_port
from tests.support.postgres import PostgresServer
from tests.support.processes import Process
from tools.bench.stored import Stored
from tools.bench.usage import Usage, measure

ROOT = Path(__file__).parents[2]
# A commit is on the disk before it is answered, as in production.
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "shared_buffers": "128MB"}
SCALES = (1, 4, 16)


@dataclass
class Tally:
    """Published posts that the networks' lists were compared with. Early, doubled and lost ones fail the run."""

    posts: int = 0
    early: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        """Every broken promise."""
        named = {"early": self.early, "doubled": self.doubled, "lost": self.lost}
        return [f"{name}: {text}" for name, texts in named.items() for text in texts]


@dataclass
class Bench:
    """What is measured: a program on a kind of database, and how much of it. `stored`: posts that are there before."""

    database: str
    munadi: Path
    folder: Path
    scale: float = 1.0
    scales: tuple[int, ...] = SCALES
    rounds: int = 2
    shapes: tuple[str, ...] = ("three", "pair")
    postgres: PostgresServer | None = None
    stored: int = 0
    tally: Tally = field(default_factory=Tally)

    def count(self, base: int, scale: int = 1, least: int = 4) -> int:
        """How many posts or calls: `base` at a scale of one."""
        return max(least, round(base * scale * self.scale))

    def seconds(self, base: float) -> float:
        """How long to measure what only takes time."""
        return max(2.0, base * min(1.0, self.scale))

    @cached_property
    def databases(self) -> Stored:
        """Where each system's database comes from."""
        return Stored(self.folder, self.stored, self.postgres)

    def new_database(self, folder: Path) -> str:
        """The URL of an empty database."""
        return self.postgres.create_database() if self.postgres else f"sqlite+aiosqlite:///{folder}/bare.db"

    @asynccontextmanager
    async def system(self, env: Mapping[str, str] | None = None) -> AsyncIterator[System]:
        """Start everything; it is stopped, and nothing is left, when the block ends or fails."""
        folder = Path(tempfile.mkdtemp(prefix="system-", dir=self.folder))
        given = {**(env or {}), **await asyncio.to_thread(self.databases.settings, folder)}
        stack = Stack(folder, given, munadi=self.munadi)
        try:
            # Inside: when the run is stopped meanwhile, what has been started is ended too.
            await asyncio.to_thread(stack.start)
            async with stack.client() as api, stack.sandbox() as sandbox:
                await remove_quotas(sandbox, seconds=0)
                address = psutil.Process(stack.pids["worker"]).environ()["MUNADI_TEMPORAL__ADDRESS"]
                yield System(self, stack, folder, api, sandbox, address, await Client.connect(address))
        finally:
            await asyncio.to_thread(stack.stop)
            if self.postgres:
                await asyncio.to_thread(self.postgres.drop_database, given["MUNADI_DATABASE_URL"])


@dataclass
class System:
    """One running Munadi, and clients of its public surfaces."""

    bench: Bench
    stack: Stack
    folder: Path
    api: httpx.AsyncClient
    sandbox: httpx.AsyncClient
    temporal_address: str
    temporal: Client
    # So many posts a second are accepted and scheduled before their common due time; posts.prepare measures it.
    prepared_per_second: float = 10.0

    @property
    def url(self) -> str:
        """The API's address."""
        return str(self.stack.info["api"])

    @property
    def key(self) -> str:
        """An admin key."""
        return str(self.stack.info["apiKey"])

    async def brand(self, ref: str, *channels: str) -> Brand:
        """A new brand with an account on each of these channels."""
        return await Brand.create(self.api, self.sandbox, ref, *channels)

    def usage(self) -> Usage:
        """What each process has used so far."""
        postgres = self.bench.postgres
        return measure(self.stack.process.pid, postgres.process.pid if postgres else None)

    @asynccontextmanager
    async def bare_worker(self) -> AsyncIterator[None]:
        """The bare engine's worker on the same Temporal server."""
        async with self._process("tools.bench.bare", self.temporal_address) as worker:
            await asyncio.to_thread(worker.wait_for_line, "bare worker ready", 60)
            yield

    @asynccontextmanager
    async def bare_api(self) -> AsyncIterator[str]:
        """The bare API on a database of the same kind; its address."""
        port, url = free_port(), self.bench.new_database(self.folder)
        async with self._process("tools.bench.bare_read", url, str(port)) as api:
            await asyncio.to_thread(api.wait_for_port, port)
            yield f"http://127.0.0.1:{port}"

    @asynccontextmanager
    async def _process(self, module: str, *arguments: str) -> AsyncIterator[Process]:
        log = self.folder / f"{module}.log"
        process = Process([sys.executable, "-m", module, *arguments], log=log, cwd=ROOT)
        process.start()
        try:
            yield process
        finally:
            await asyncio.to_thread(process.terminate)


@contextmanager
def database_server(kind: str) -> Any:
    """A durable PostgreSQL server, or None for SQLite, which needs none."""
    if kind == "sqlite":
        yield None
        return
    with PostgresServer(given="", settings=DURABLE) as server:
        yield server
