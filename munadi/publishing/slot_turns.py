"""Keeps posts apart that take slots at the same time.

The unique index of the posts decides who gets a slot, whatever processes there are. Within a process, requests for the
slots of a brand take turns besides, so that they do not all choose the same one again and again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from weakref import WeakValueDictionary

from sqlalchemy.exc import IntegrityError

# In the words of PostgreSQL the name of the index, in those of SQLite the column.
_SLOT, _DATE = "slot_queue", "occurrence"


class SlotTaken(Exception):
    """Another post has taken the chosen slot meanwhile; the transaction must be rolled back."""


class OccurrenceMade(Exception):
    """The series has a post for this date already."""


@contextmanager
def refused_as_taken() -> Iterator[None]:
    """SlotTaken where the database refuses a second post in a slot, OccurrenceMade for a second one of a date."""
    try:
        yield
    except IntegrityError as error:
        if _SLOT in str(error.orig):
            raise SlotTaken from None
        if _DATE in str(error.orig):
            raise OccurrenceMade from None
        raise


class SlotTurns:
    """The turns of one process, by brand."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def of(self, brand_ref: str) -> AsyncIterator[None]:
        """Wait for the brand's turn."""
        lock = self._locks.get(brand_ref)
        if lock is None:
            lock = self._locks[brand_ref] = asyncio.Lock()
        async with lock:
            yield
