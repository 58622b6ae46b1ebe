"""Whether Temporal answers: asked on each `/readyz`, and for pages every few seconds at most."""

from __future__ import annotations

import asyncio
from datetime import datetime

from api.process.services import Services
from munadi.process.temporal import is_up

# How long pages use a result, and how long one of them waits for it.
FRESH, PATIENCE = 5.0, 0.3


async def temporal_is_up(services: Services, seconds: float = 1.0) -> bool:
    """Whether Temporal answers within `seconds`."""
    return services.temporal is not None and await is_up(services.temporal, seconds)


class TemporalWatch:
    """The last result for pages. While Temporal hangs, one page in `FRESH` seconds waits for it.

    `down_since`: when a page first saw that it does not answer, None while it does. It may have failed before that."""

    def __init__(self) -> None:
        self._asking = asyncio.Lock()
        self._last = True
        self._fresh_until = 0.0
        self.down_since: datetime | None = None

    async def is_up(self, services: Services) -> bool:
        """Whether Temporal answered lately. While another page asks, the result before."""
        loop = asyncio.get_running_loop()
        if loop.time() >= self._fresh_until and not self._asking.locked():
            async with self._asking:
                self._last = await temporal_is_up(services, PATIENCE)
                self._fresh_until = loop.time() + FRESH
                self.down_since = None if self._last else self.down_since or services.clock.now()
        return self._last
