"""A tenant's own server answers as badly as it can while another brand's post falls due.

Over real processes. Every import from it ends in a named problem within its deadline, the API neither grows nor stops
answering meanwhile, and the other brand's post is on time.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.e2e.brand import ENDED, Brand
from tests.e2e.stack import Stack
from tests.support.hostile import ANSWERS, DRIPS, bomb, hostile_server

# A call has 20 s, and so has a whole check of credentials; the rest is a busy machine.
DEADLINE = 25.0
GROWTH = 30
DUE_IN = 8.0
LATE = 3.0


@dataclass
class Watch:
    """How much the most memory of a process has grown, in megabytes, and how fast it answers, ten times a second."""

    process: psutil.Process
    growth: float = 0.0
    slowest: float = 0.0
    refused: list[int] = field(default_factory=list)

    @asynccontextmanager
    async def watching(self, api: httpx.AsyncClient) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(self._measure()), asyncio.create_task(self._run(api))]
        yield
        for task in tasks:
            task.cancel()

    async def _measure(self) -> None:
        """Apart from the answers: a process that does not answer may be growing just then."""
        before = self.process.memory_info().rss
        while True:
            self.growth = max(self.growth, (self.process.memory_info().rss - before) / 1024**2)
            await asyncio.sleep(0.02)

    async def _run(self, api: httpx.AsyncClient) -> None:
        while True:
            begun = time.monotonic()
            answer = await api.get("/healthz")
            self.slowest = max(self.slowest, time.monotonic() - begun)
            if answer.status_code != 200:
                self.refused.append(answer.status_code)
            await asyncio.sleep(0.1)


async def import_from(api: httpx.AsyncClient, ref: str, url: str) -> tuple[int, dict[str, Any], float]:
    """The status and problem of an import, and its seconds."""
    begun = time.monotonic()
    given = {"identifier": "eve.test", "password": "abcd-efgh-ijkl-mnop"}
    body = {"channel": "bluesky", "serviceUrl": url, "credentials": given}
    answer = await api.post(f"/v1/brands/{ref}/accounts", json=body, timeout=120)
    return answer.status_code, answer.json(), time.monotonic() - begun


async def lateness(healthy: Brand, accepted: dict[str, Any]) -> float:
    """Seconds from the due time to when the post was published."""
    async with asyncio.timeout(60):
        while True:
            content = (await healthy.api.get(f"/v1/contents/{accepted['id']}")).json()
            if content["status"] in ENDED:
                break
            await asyncio.sleep(0.2)
    assert content["status"] == "published", content
    at = datetime.fromisoformat(content["publications"][0]["publishedAt"])
    return (at - datetime.fromisoformat(accepted["scheduledAt"])).total_seconds()


@pytest.mark.faults
async def test_a_hostile_server_harms_nobody_else(tmp_path: Path) -> None:
    bomb()  # packed before anything is measured
    stack = Stack(tmp_path).start()
    try:
        async with stack.client() as api, stack.sandbox() as sandbox, hostile_server() as base:
            healthy = await Brand.create(api, sandbox, "healthy", "bluesky")
            assert (await api.post("/v1/brands", json={"ref": "hostile"})).status_code == 201
            await import_from(api, "hostile", f"{base}/surrogate")  # whatever the first import loads is loaded
            watch = Watch(psutil.Process(stack.pids["api"]))
            async with watch.watching(api):
                accepted = await healthy.submit("On time", seconds=DUE_IN)
                modes = [*DRIPS, *ANSWERS]
                found = await asyncio.gather(*(import_from(api, "hostile", f"{base}/{mode}") for mode in modes))
                late = await lateness(healthy, accepted)
            ended = dict(zip(modes, found, strict=True))
            print({mode: (status, body.get("code"), round(spent, 1)) for mode, (status, body, spent) in ended.items()})
            print(f"grew by {watch.growth:.1f} MB, answered within {watch.slowest:.2f} s, late by {late:.2f} s")
            for mode, (status, body, spent) in ended.items():
                assert 400 <= status < 600, (mode, status, body)
                assert status != 500, (mode, body)
                assert body["code"], (mode, body)
                assert spent < DEADLINE, (mode, spent)
            assert watch.refused == []
            assert watch.growth < GROWTH
            assert watch.slowest < 2
            assert late < LATE
            assert "acc_" not in (await api.get("/v1/brands/hostile/accounts")).text
    finally:
        assert stack.stop() == 0
