"""What is known of callers for one second: valid keys, and which brands are test brands.

What this process changes is forgotten at once. Another process notices a key's change within that second, and a new
brand's mode within two, for a caller is stored with the test brands that were known.
"""

from __future__ import annotations

import time
from typing import Generic, TypeVar

from sqlalchemy import Connection, select
from sqlmodel import col

from munadi.db.prebuilt import Prebuilt
from munadi.db.tables import BrandRow
from munadi.domain.brand import BrandMode
from munadi.domain.usage import Month

Caller = TypeVar("Caller")
CACHE_SECONDS = 1.0
MAX_REMEMBERED = 1_000
# The hash of a key, the brand that the call names, and the month that it counts for.
CacheKey = tuple[str, str | None, Month]
_TEST_BRANDS = Prebuilt(select(col(BrandRow.ref)).where(col(BrandRow.mode) == BrandMode.TEST.value))


class CallerCache(Generic[Caller]):
    """`changes` counts how often it was cleared: what was read before is not stored after."""

    def __init__(self) -> None:
        self.changes = 0
        self._until: dict[CacheKey, tuple[float, Caller]] = {}
        self._test_brands: tuple[float, frozenset[str]] = (0.0, frozenset())

    def get(self, cache_key: CacheKey) -> Caller | None:
        """A caller that was stored within the last second."""
        until, caller = self._until.get(cache_key, (0.0, None))
        return caller if time.monotonic() < until else None

    def put(self, cache_key: CacheKey, caller: Caller) -> None:
        """Store a caller for a second."""
        if len(self._until) >= MAX_REMEMBERED:
            self._until.clear()
        self._until[cache_key] = (time.monotonic() + CACHE_SECONDS, caller)

    def test_brands(self, connection: Connection) -> frozenset[str]:
        """The refs of all test brands, read at most once a second."""
        until, refs = self._test_brands
        if time.monotonic() < until:
            return refs
        changes = self.changes
        refs = frozenset(row.ref for row in _TEST_BRANDS.read(connection, {}))
        if changes == self.changes:
            self._test_brands = (time.monotonic() + CACHE_SECONDS, refs)
        return refs

    def forget(self) -> None:
        """Clear it."""
        self.changes += 1
        self._until.clear()
        self._test_brands = (0.0, frozenset())
