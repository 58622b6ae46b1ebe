"""Limits how much runs at the same time, shared fairly among brands.

Rule: the brand with the fewest slots goes next, and no brand may have all. So one brand's slow servers or costly
pictures make only that brand wait.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class FairSlots:
    """`total` slots, at most `share` of them for one brand. None is the brand of media that every brand may use."""

    def __init__(self, total: int, share: int) -> None:
        self._free = total
        self._share = share
        self._held: Counter[str | None] = Counter()
        # By brand, in the order in which they came.
        self._waiting: dict[str | None, deque[asyncio.Future[None]]] = {}

    @asynccontextmanager
    async def slot(self, brand_ref: str | None) -> AsyncIterator[None]:
        """Wait for a slot and hold it inside the block."""
        await self.acquire(brand_ref)
        try:
            yield
        finally:
            self.release(brand_ref)

    async def acquire(self, brand_ref: str | None) -> None:
        """Wait for a slot; `release` gives it back."""
        ticket: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(brand_ref, deque()).append(ticket)
        self._hand_out()
        try:
            await ticket
        except asyncio.CancelledError:
            if ticket.done() and not ticket.cancelled():
                self.release(brand_ref)
            else:
                self._forget(brand_ref, ticket)
            raise

    def release(self, brand_ref: str | None) -> None:
        """Release a slot."""
        self._free += 1
        self._held[brand_ref] -= 1
        if self._held[brand_ref] <= 0:
            del self._held[brand_ref]
        self._hand_out()

    def _hand_out(self) -> None:
        """Free slots to the brands that hold the fewest; among those, to the one that was served longest ago."""
        while self._free and (ready := [brand for brand in self._waiting if self._held[brand] < self._share]):
            brand = min(ready, key=lambda each: self._held[each])
            waiting = self._waiting.pop(brand)
            ticket = waiting.popleft()
            if waiting:
                self._waiting[brand] = waiting
            if not ticket.done():
                self._free -= 1
                self._held[brand] += 1
                ticket.set_result(None)

    def _forget(self, brand_ref: str | None, ticket: asyncio.Future[None]) -> None:
        waiting = self._waiting.get(brand_ref, deque())
        if ticket in waiting:
            waiting.remove(ticket)
            if not waiting:
                del self._waiting[brand_ref]
