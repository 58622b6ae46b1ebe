"""Heartbeats while an activity talks to a network, so that a dead worker is noticed within seconds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from temporalio import activity

# A post that waits for its last two seconds, and is then sent, ends before the first heartbeat, which would be a call
# to Temporal each.
FIRST = 2.5
INTERVAL = 1.5


@asynccontextmanager
async def heartbeats() -> AsyncIterator[None]:
    """Send heartbeats until the block ends."""

    async def beat() -> None:
        await asyncio.sleep(FIRST)
        while True:
            activity.heartbeat()
            await asyncio.sleep(INTERVAL)

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()
