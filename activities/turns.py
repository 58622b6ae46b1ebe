"""Fair turns by brand: a brand with ten posts never waits behind another brand's thousand.

In a burst more posts are due than this process can claim at once. Each brand that waits gets the next turn after the
brand before it, however many posts either has.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """A semaphore of `at_once` slots. Waiting callers queue per brand, and brands take turns."""

    def __init__(self, at_once: int) -> None:
        self._free = at_once
        self._queues: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @asynccontextmanager
    async def turn(self, brand_ref: str) -> AsyncIterator[None]:
        """Hold a slot for this brand while the block runs."""
        if self._free:
            self._free -= 1
        else:
            await self._wait(brand_ref)
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, brand_ref: str) -> None:
        mine = asyncio.get_running_loop().create_future()
        self._queues.setdefault(brand_ref, deque()).append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():
                self._pass_on()  # the turn came at the same moment: the next one gets it
            raise

    def _pass_on(self) -> None:
        """Give the slot to the next waiting brand, or free it."""
        while self._queues:
            brand_ref, queue = self._queues.popitem(last=False)
            waiting = queue.popleft()
            if queue:
                self._queues[brand_ref] = queue  # behind all other brands
            if not waiting.done():
                waiting.set_result(None)
                return
        self._free += 1
