"""Heartbeats while an activity talks to a network, so that a dead worker is noticed within seconds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from temporalio import activity

INTERVAL = 1.5


@asynccontextmanager
async def heartbeats() -> AsyncIterator[None]:
    """Beat until the block ends."""

    async def beat() -> None:
        while True:
            # Most activities end before the first heartbeat, which would be a call to Temporal each.
            await asyncio.sleep(INTERVAL)
            activity.heartbeat()

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()
