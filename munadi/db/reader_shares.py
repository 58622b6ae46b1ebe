"""Shares the connections for reading among brands, so that the slow lists of one brand make only that brand wait.

A process has few of these connections, and a search through many posts holds one for seconds. On PostgreSQL writers
use them too. The brand is that of the API key of the request. Other reads, such as a worker's, do not wait here.

Rule: a block inside `reading()` starts no second read. It could wait for the connection that it holds.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from munadi.domain.audit import current_actor
from munadi.outbound.slots import FairSlots


class ReaderShares:
    """Of `connections`, all brands together use at most four fifths, and one brand at most one fifth.

    `processors` are those that the database shares with this process, as SQLite does; one brand uses half at most.
    """

    def __init__(self, connections: int, processors: int | None = None) -> None:
        one_brand = connections // 5 if processors is None else min(connections // 5, processors // 2)
        self._slots = FairSlots(max(1, connections * 4 // 5), max(1, one_brand))

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """Wait until the brand of this request may use a connection, and use it inside the block."""
        brand_ref = current_actor().brand_ref
        if brand_ref is None:
            yield
            return
        async with self._slots.slot(brand_ref):
            yield
