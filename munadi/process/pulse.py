"""How late the event loop is: a timer in it notes each time that it ran, which other threads read."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from munadi.telemetry import metrics

INTERVAL = 0.5


class Pulse:
    """The event loop's last turn."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    @property
    def seconds_since(self) -> float:
        """Seconds since the loop ran the timer, beyond the time between two of them."""
        return max(time.monotonic() - self._last - INTERVAL, 0.0)

    async def beat(self) -> None:
        """Note each turn until this is cancelled."""
        while True:
            self._last = time.monotonic()
            await asyncio.sleep(INTERVAL)
            metrics.LOOP_LAG.observe(max(time.monotonic() - self._last - INTERVAL, 0.0))


@asynccontextmanager
async def beating() -> AsyncIterator[Pulse]:
    """The pulse of the running loop, until the block ends."""
    pulse = Pulse()
    task = asyncio.create_task(pulse.beat())
    try:
        yield pulse
    finally:
        task.cancel()
