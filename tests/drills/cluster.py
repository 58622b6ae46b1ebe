"""An installation of several machines, as processes: two APIs behind a balancer and three workers.

PostgreSQL and Temporal are the drill's. No supervisor starts a process again: a drill ends and starts each by its name.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpx

from munadi.crypto import create_key
from tests.faults.network import everywhere, hosts
from tests.harness.brand import Brand, until
from tests.harness.networks import FRESH, remove_quotas
from tests.harness.world import QUICK
from tests.support.ports import LOOPBACK, free_port, free_ports
from tests.support.processes import Process

ROOT = Path(__file__).parents[2]
APIS, WORKERS = ("api-1", "api-2"), ("worker-1", "worker-2", "worker-3")
STARTS_WITHIN = 60.0


class Balancer(httpx.AsyncBaseTransport):
    """Gives requests to the APIs in turn. One that does not listen is passed over, as a proxy before them does it."""

    def __init__(self, ports: list[int]) -> None:
        self._ports = ports
        self._turn = 0
        self._network = httpx.AsyncHTTPTransport(limits=FRESH)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer of the next API; httpx.ConnectError when none listens."""
        for left in reversed(range(len(self._ports))):
            self._turn = (self._turn + 1) % len(self._ports)
            request.url = request.url.copy_with(host=LOOPBACK, port=self._ports[self._turn])
            try:
                return await self._network.handle_async_request(request)
            except httpx.ConnectError:
                if not left:
                    raise
        raise AssertionError("no API to ask")

    async def aclose(self) -> None:
        await self._network.aclose()


@dataclass
class Member:
    """A process of Munadi. `monitor`: where it answers monitors."""

    process: Process
    monitor: str


class Cluster:
    """`async with Cluster.open(…) as cluster`: every process runs, and the brand has an account."""

    brand: Brand
    sandbox: httpx.AsyncClient
    api: httpx.AsyncClient

    def __init__(self, folder: Path, database: str, temporal: str, env: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        names = (*APIS, *WORKERS)
        self._ports = dict(zip(names, free_ports(len(names)), strict=True))
        self._sandbox_port = free_port()
        self.members: dict[str, Member] = {}
        networks = hosts(everywhere(f"http://{LOOPBACK}:{self._sandbox_port}"))
        own = {
            "MUNADI_DATA_DIR": str(folder / "data"),
            "MUNADI_SECRET_KEYS": create_key(),
            "MUNADI_PUBLIC_URL": f"http://{LOOPBACK}:{self._ports[APIS[0]]}",
            "MUNADI_METRICS__PUBLIC": "true",
            "MUNADI_DATABASE_URL": database,
            "MUNADI_TEMPORAL__ADDRESS": temporal,
            "PYTHONUNBUFFERED": "1",
        }
        self.env = {**QUICK, **networks, **own, **(env or {})}

    @classmethod
    @asynccontextmanager
    async def open(
        cls, folder: Path, database: str, temporal: str, env: Mapping[str, str] | None = None
    ) -> AsyncIterator[Self]:
        """Start the networks, and Munadi on these servers, with further settings; ended when the block ends."""
        cluster = cls(folder, database, temporal, env)
        async with AsyncExitStack() as stack:
            sandbox = Process(
                [sys.executable, "-m", "munadi.cli", "sandbox", "--port", str(cluster._sandbox_port)],
                log=folder / "sandbox.log",
            )
            stack.enter_context(sandbox)
            await asyncio.to_thread(sandbox.wait_for_port, cluster._sandbox_port)
            at = f"http://{LOOPBACK}:{cluster._sandbox_port}"
            cluster.sandbox = await stack.enter_async_context(httpx.AsyncClient(base_url=at, timeout=20, limits=FRESH))
            await remove_quotas(cluster.sandbox)
            stack.push_async_callback(cluster.end_all)
            await cluster.munadi("db", "upgrade")
            key = (await cluster.munadi("db", "create-key")).strip()
            await cluster.start_all()
            balancer = Balancer([cluster._ports[name] for name in APIS])
            headers = {"authorization": f"Bearer {key}"}
            client = httpx.AsyncClient(transport=balancer, base_url="http://munadi", headers=headers, timeout=30)
            cluster.api = await stack.enter_async_context(client)
            cluster.brand = await Brand.create(cluster.api, cluster.sandbox, "drills", "bluesky")
            yield cluster

    async def munadi(self, *arguments: str, code: Path | None = None) -> str:
        """What a command of this installation prints, run by the code of that folder; AssertionError if it fails."""
        process = await asyncio.create_subprocess_exec(
            *_python(*arguments),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, **self.env, **_of(code)},
            cwd=code or self.folder,
        )
        output, errors = await process.communicate()
        assert process.returncode == 0, f"munadi {arguments}: {errors.decode()}"
        return output.decode()

    async def start_all(self) -> None:
        """Start every process, and wait until all are ready."""
        await asyncio.gather(*(self.start(name) for name in (*APIS, *WORKERS)))

    async def end_all(self) -> None:
        """End every process that runs."""
        await asyncio.gather(*(self.end(name) for name in list(self.members)))

    async def start(self, name: str, code: Path | None = None) -> None:
        """Start a process by the code of that folder, by default this checkout, and wait until it is ready."""
        port, part = self._ports[name], name.partition("-")[0]
        own = {"MUNADI_API__PORT": str(port)} if part == "api" else {"MUNADI_METRICS_LISTEN": f"{LOOPBACK}:{port}"}
        process = Process(
            _python(part),
            log=self.folder / f"{name}.log",
            env={**self.env, **own, **_of(code)},
            cwd=code or self.folder,
        )
        self.members[name] = Member(process.start(), f"http://{LOOPBACK}:{port}")

        async def is_ready() -> bool:
            assert process.running, f"{name} ended with {process.exit_code}:\n{process.output[-3000:]}"
            return (await self.symptom(name)).status == 200

        await until(is_ready, STARTS_WITHIN)

    async def end(self, name: str, how: signal.Signals = signal.SIGTERM) -> int:
        """End a process; its exit code."""
        return await asyncio.to_thread(self.members.pop(name).process.terminate, 60, how)

    async def replace(self, name: str, code: Path | None = None) -> None:
        """What a roll-out does to a process: end it in order, and start its successor."""
        assert await self.end(name) == 0, f"{name} did not end in order"
        await self.start(name, code)

    async def symptom(self, name: str) -> Symptom:
        """What the process says of itself to a monitor."""
        async with httpx.AsyncClient(base_url=self.members[name].monitor, timeout=10, limits=FRESH) as client:
            try:
                ready, metrics = await client.get("/readyz"), await client.get("/metrics")
            except httpx.TransportError as error:
                return Symptom(0, {"detail": type(error).__name__}, {})
        return Symptom(ready.status_code, ready.json(), _figures(metrics.text))

    async def symptoms(self) -> dict[str, Symptom]:
        """The same of every process."""
        names = list(self.members)
        return dict(zip(names, await asyncio.gather(*map(self.symptom, names)), strict=True))


@dataclass
class Symptom:
    """`/readyz` (`status` 0: no answer) and `/metrics` of a process, as they are at one moment."""

    status: int
    body: dict[str, Any]
    metrics: dict[str, float]

    @property
    def words(self) -> str:
        """The status, and which dependency is said to be down."""
        states: dict[str, str] = self.body.get("dependencies", {})
        named = ", ".join(f"{name}: {state}" for name, state in states.items())
        return f"{self.status} {named or self.body.get('detail', '')}"


def _figures(text: str) -> dict[str, float]:
    lines = (line.rpartition(" ") for line in text.splitlines() if line and not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}


def _python(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "munadi.cli", *arguments]


def _of(code: Path | None) -> dict[str, str]:
    return {"PYTHONPATH": str(code or ROOT)}
