"""Further API processes beside a stack, which a test kills and restarts without a supervisor."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self

import httpx
import psutil

from tests.e2e.stack import MUNADI, Stack
from tests.faults.points import Points
from tests.support.ports import LOOPBACK, free_port
from tests.support.processes import Process

STARTS_WITHIN = 60.0


class OwnApi:
    """One more API over the stack's database and Temporal, on a port and with failpoints of its own."""

    def __init__(self, stack: Stack, name: str) -> None:
        self.points = Points(stack.folder / f"failpoints-{name}")
        self._port = free_port()
        env = psutil.Process(stack.pids["api"]).environ()
        # Its media have the address of the stack's own API, which stays.
        env |= {"MUNADI_API__PORT": str(self._port), "MUNADI_FAILPOINTS": self.points.setting}
        log = stack.folder / f"{name}.log"
        self.process = Process([MUNADI, "api"], log=log, env=env, cwd=stack.folder)
        self.client = httpx.AsyncClient(
            base_url=f"http://{LOOPBACK}:{self._port}",
            headers={"authorization": f"Bearer {stack.info['apiKey']}"},
            timeout=60,
        )

    async def start(self) -> Self:
        """Start it, and wait until it listens."""
        self.process.start()
        await asyncio.to_thread(self.process.wait_for_port, self._port, STARTS_WITHIN)
        return self

    async def died(self, within: float = 10) -> int:
        """Wait for a kill that was planted; its exit code."""
        return await asyncio.to_thread(self.process.wait, within)


@asynccontextmanager
async def own_api(stack: Stack, name: str) -> AsyncIterator[OwnApi]:
    """An API that runs until the block ends."""
    api = await OwnApi(stack, name).start()
    try:
        async with api.client:
            yield api
    finally:
        await asyncio.to_thread(api.process.terminate, 30)
